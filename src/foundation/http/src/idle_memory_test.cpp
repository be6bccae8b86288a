// Ten thousand idle clients fit in bounded memory. The clients live in a process of their own, so that their memory and
// their descriptors aren't counted as the server's.
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tls_client.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define FREEHOLD_TEST_SANITIZED 1
#endif
#endif

namespace freehold::http::testing {
namespace {

#ifdef FREEHOLD_TEST_SANITIZED
constexpr std::size_t kWanted = 300;
#else
constexpr std::size_t kWanted = 10'000;
#endif
constexpr std::size_t kOtherDescriptors = 200;

std::size_t allowed_connections() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return std::min<std::size_t>(kWanted, limit.rlim_cur - kOtherDescriptors);
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

// The child: reads a port, connects, has one request answered on each connection, says so, and waits to be let go.
class Crowd {
 public:
  Crowd(std::size_t size, bool tls) {
    if (::pipe(to_child_.data()) != 0 || ::pipe(to_parent_.data()) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) ::_exit(live(size, tls));
  }
  ~Crowd() {
    ::close(to_child_[1]);
    ::waitpid(child_, nullptr, 0);
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  // The number of connections that got an answer.
  std::size_t gather(std::uint16_t port) {
    std::size_t connected = 0;
    if (::write(to_child_[1], &port, sizeof(port)) != sizeof(port)) return 0;
    ::close(to_parent_[1]);
    if (::read(to_parent_[0], &connected, sizeof(connected)) != sizeof(connected)) return 0;
    return connected;
  }

 private:
  int live(std::size_t size, bool tls) {
    ::close(to_child_[1]);
    std::uint16_t port = 0;
    if (::read(to_child_[0], &port, sizeof(port)) != sizeof(port)) return 1;
    const std::string request = "GET /describe HTTP/1.1\r\nHost: h\r\n\r\n";
    std::vector<std::unique_ptr<RawClient>> plain;
    std::vector<std::unique_ptr<TlsClient>> encrypted;
    std::size_t connected = 0;
    for (std::size_t i = 0; i < size; ++i) {
      if (tls) {
        auto& client = *encrypted.emplace_back(std::make_unique<TlsClient>(port));
        client.send(request);
        if (client.receive_body(25) == "GET /describe /describe h") ++connected;
        client.forget();
      } else {
        auto& client = *plain.emplace_back(std::make_unique<RawClient>(port));
        client.send(request);
        if (client.reply().status == 200) ++connected;
      }
    }
    if (::write(to_parent_[1], &connected, sizeof(connected)) != sizeof(connected)) return 1;
    char ignored = 0;
    return static_cast<int>(::read(to_child_[0], &ignored, 1));
  }

  std::array<int, 2> to_child_{}, to_parent_{};
  pid_t child_ = 0;
};

void expect_small(bool tls, std::size_t bytes_each) {
  const std::size_t size = allowed_connections();
  Crowd crowd(size, tls);  // before there are threads
  TestServer server;
  const auto https = server.server.listen(Listener::kHttps, {"127.0.0.1"}, 0);
  ASSERT_TRUE(https);
  ASSERT_TRUE(server.server.set_tls_identity(make_identity("h")));
  server.start();
  const std::size_t before = resident_bytes();
  EXPECT_EQ(crowd.gather(tls ? *https : server.port), size);
  EXPECT_EQ(server.server.stats().connections, size);
  const std::size_t each = (resident_bytes() - before) / size;
  std::printf("%zu idle %s connections: %zu bytes each\n", size, tls ? "TLS" : "plain", each);
  ::testing::Test::RecordProperty("bytes_each", static_cast<int>(each));
#ifndef FREEHOLD_TEST_SANITIZED
  EXPECT_LE(each, bytes_each);
#else
  (void)bytes_each;
#endif
}

TEST(IdleMemory, PlainConnections) { expect_small(false, 40 * 1024); }
TEST(IdleMemory, TlsConnections) { expect_small(true, 100 * 1024); }

}  // namespace
}  // namespace freehold::http::testing

// The client against our own server, and against servers that say whatever they like.
#include "http/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "runtime/task_scope.h"
#include "test_server.h"

namespace freehold::http::testing {
namespace {

using runtime::run_blocking;

// Answers each connection with the same bytes, whatever it is asked, and then closes it or says no more.
class Parrot {
 public:
  enum class Then { kClose, kHold };
  explicit Parrot(std::string bytes, Then then = Then::kClose) : bytes_(std::move(bytes)), then_(then) {
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(::bind(listening_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listening_, 16), 0);
    ::getsockname(listening_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~Parrot() {
    stopping_ = true;
    thread_.join();
    ::close(listening_);
  }
  [[nodiscard]] std::string asked() const { return asked_; }  // once a client was answered
  std::uint16_t port = 0;

 private:
  [[nodiscard]] bool readable(int fd) const {
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, 10) > 0;
  }
  void serve() {
    while (!stopping_) {
      if (!readable(listening_)) continue;
      const int fd = ::accept(listening_, nullptr, nullptr);
      std::array<char, 4096> buffer;
      std::string asked;
      while (!stopping_ && !asked.ends_with("\r\n\r\n")) {
        if (!readable(fd)) continue;
        const auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (got <= 0) break;
        asked.append(buffer.data(), static_cast<std::size_t>(got));
      }
      asked_ = asked;
      [[maybe_unused]] const auto sent = ::send(fd, bytes_.data(), bytes_.size(), MSG_NOSIGNAL);
      while (then_ == Then::kHold && !stopping_ && !readable(fd)) {
      }
      ::close(fd);
    }
  }
  std::string bytes_;
  Then then_;
  int listening_ = -1;
  std::string asked_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

struct Fetched {
  int status = 0;
  Headers headers;
  Bytes body;
};

Task<Result<Fetched>> fetch_whole(Client& client, Method method, std::string text, std::string address) {
  const auto url = parse_url(text);
  if (!url) co_return fail(ErrorCode::kInvalidArgument, "no URL");
  FH_CO_TRY(auto response, co_await client.fetch(method, *url, address, {}));
  FH_CO_TRY(auto body, co_await read_all(*response.body, 64 * 1024 * 1024));
  co_return Fetched{response.status, std::move(response.headers), std::move(body)};
}

class ClientTest : public ::testing::Test {
 protected:
  static std::unique_ptr<Client> make(std::string authorities = {}) {
    auto options = default_client_options();
    options.authorities_pem = std::move(authorities);
    options.head_timeout = options.read_timeout = options.connect_timeout = std::chrono::milliseconds(300);
    auto client = Client::make(std::move(options));
    EXPECT_TRUE(client) << client.error().message;
    return std::move(*client);
  }
  static std::string url(std::uint16_t port, const std::string& target, const char* scheme = "http") {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(port) + target;
  }
  Result<Fetched> get(const std::string& text, Method method = Method::kGet) {
    return run_blocking(fetch_whole(*client_, method, text, "127.0.0.1"));
  }
  std::string error_of(const std::string& answer, Parrot::Then then = Parrot::Then::kClose) {
    const Parrot parrot(answer, then);
    const auto got = get(url(parrot.port, "/"));
    return got ? std::to_string(got->status) + ' ' + got->body : std::string(to_string(got.error().code));
  }
  std::unique_ptr<Client> client_ = make();
};

TEST_F(ClientTest, GetsWhatTheServerHas) {
  TestServer server;
  server.start();
  const auto described = get(url(server.port, "/describe?a=b%20c"));
  ASSERT_TRUE(described) << described.error().message;
  EXPECT_EQ(described->status, 200);
  EXPECT_EQ(described->headers.get("content-type"), "text/plain");
  EXPECT_EQ(described->body, "GET /describe /describe 127.0.0.1 a=b c");
  const auto long_body = get(url(server.port, "/stream?n=5000001"));
  ASSERT_TRUE(long_body);
  ASSERT_EQ(long_body->body.size(), 5'000'001u);
  EXPECT_EQ(long_body->body[4'999'999], stream_byte(4'999'999));
  const auto head = get(url(server.port, "/stream?n=5000001"), Method::kHead);
  ASSERT_TRUE(head) << head.error().message << head.error().detail;
  EXPECT_EQ(head->headers.get("content-length"), "5000001");
  EXPECT_TRUE(head->body.empty());
}

TEST_F(ClientTest, ReadsEveryFramingThatIsCertain) {
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "200 hi");
  EXPECT_EQ(error_of("HTTP/1.0 404\r\nContent-Length: 2\r\n\r\nhi"), "404 hi");
  EXPECT_EQ(error_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "200 ");
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3\r\n yo\r\n0\r\n\r\n"),
            "200 hi yo");
  EXPECT_EQ(error_of("HTTP/1.1 204 No Content\r\n\r\n"), "204 ");
  EXPECT_EQ(error_of("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n"), "302 ");
}

TEST_F(ClientTest, RefusesWhatIsNot) {
  const std::string invalid(to_string(ErrorCode::kInvalidArgument));
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\n\r\nuntil the end"), invalid);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!"), invalid);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi"), invalid);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), invalid);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), invalid);
  EXPECT_EQ(error_of("HTTP/1.1 101 Switching Protocols\r\n\r\n"), invalid);
  EXPECT_EQ(error_of("SSH-2.0-OpenSSH_9.2\r\n\r\n"), invalid);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n"), invalid);
  std::string interim;
  for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(error_of(interim), invalid);
}

TEST_F(ClientTest, ABodyThatEndsEarlyIsNotWhole) {
  const std::string gone(to_string(ErrorCode::kCancelled));
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi"), gone);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi"), gone);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Len"), gone);
  EXPECT_EQ(error_of(""), gone);
}

TEST_F(ClientTest, SlowServersAreCutOff) {
  const std::string late(to_string(ErrorCode::kTimeout));
  EXPECT_EQ(error_of("", Parrot::Then::kHold), late);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-", Parrot::Then::kHold), late);
  EXPECT_EQ(error_of("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi", Parrot::Then::kHold), late);
}

TEST_F(ClientTest, ConnectsToTheAddressItIsGivenAndNamesTheHost) {
  const Parrot parrot("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const auto text = "http://files.example:" + std::to_string(parrot.port) + "/x?y";
  ASSERT_TRUE(run_blocking(fetch_whole(*client_, Method::kGet, text, "127.0.0.1")));
  EXPECT_TRUE(parrot.asked().starts_with("GET /x?y HTTP/1.1\r\nHost: files.example:" + std::to_string(parrot.port)));
}

TEST_F(ClientTest, NobodyThereIsUnavailable) {
  std::uint16_t port = 0;
  {
    const Parrot gone("");
    port = gone.port;
  }
  EXPECT_EQ(get(url(port, "/")).error().code, ErrorCode::kUnavailable);
}

TEST_F(ClientTest, OverTlsTheServerProvesWhoItIs) {
  TestServer server;
  const auto port = server.server.listen(Listener::kHttps, {"127.0.0.1"}, 0);
  ASSERT_TRUE(port);
  auto identity = make_identity("127.0.0.1");
  const auto authority = identity.certificate_chain_pem;
  ASSERT_TRUE(server.server.set_tls_identity(std::move(identity)));
  server.start();
  EXPECT_EQ(get(url(*port, "/describe", "https")).error().code, ErrorCode::kDenied);  // of nobody we know
  client_ = make(authority);
  EXPECT_EQ(get(url(*port, "/describe", "https")).error().code, ErrorCode::kDenied);  // for no address
  client_ = make(authority);
  const auto named = "https://named.example:" + std::to_string(*port) + "/stream?n=3000000";
  EXPECT_EQ(run_blocking(fetch_whole(*client_, Method::kGet, named, "127.0.0.1")).error().code, ErrorCode::kDenied);
  auto other = make_identity("named.example");
  client_ = make(other.certificate_chain_pem);
  ASSERT_TRUE(server.server.set_tls_identity(std::move(other)));
  const auto got = run_blocking(fetch_whole(*client_, Method::kGet, named, "127.0.0.1"));
  ASSERT_TRUE(got) << got.error().message << got.error().detail;
  EXPECT_EQ(got->body.size(), 3'000'000u);
  EXPECT_EQ(got->body[2'999'999], stream_byte(2'999'999));
}

TEST_F(ClientTest, FindsAddresses) {
  const auto of = [&](const std::string& host) { return run_blocking(client_->resolve(host)); };
  EXPECT_EQ(*of("127.0.0.1"), std::vector<std::string>{"127.0.0.1"});
  EXPECT_EQ(*of("[::ffff:7f00:1]"), std::vector<std::string>{"::ffff:127.0.0.1"});
  const auto local = of("localhost");
  ASSERT_TRUE(local);
  for (const auto& address : *local) EXPECT_TRUE(address == "127.0.0.1" || address == "::1") << address;
}

TEST(UrlTest, SaysWhereItPoints) {
  const auto url = parse_url("https://Acct.Blob.Example:8443/c/a%20b?snapshot=x");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->host, "acct.blob.example");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->target, "/c/a%20b?snapshot=x");
  const auto request = request_for(Method::kGet, *url);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->decoded_path, "/c/a b");
  EXPECT_EQ(request->parameter("snapshot"), "x");
  EXPECT_EQ(request->headers.get("host"), "acct.blob.example:8443");
  EXPECT_EQ(parse_url("http://h")->target, "/");
  EXPECT_EQ(parse_url("http://h?x")->target, "/?x");
  EXPECT_EQ(parse_url("http://h")->port, 80);
  for (const char* bad : {"", "h", "/c/b", "ftp://h/", "https://", "https://user@h/", "https://h:0/",
                          "https://h:70000/", "https://h/#f", "https://h/a b", "https://[::1/", "https://h\\@i/"}) {
    EXPECT_FALSE(parse_url(bad)) << bad;
  }
  EXPECT_FALSE(request_for(Method::kGet, *parse_url("https://h/%zz")));
}

}  // namespace
}  // namespace freehold::http::testing

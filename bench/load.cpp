// fh_load: a cheap load generator, the same for every peer. One thread, N keep-alive connections, one request under way
// on each; prints one JSON object. See bench.py for how it is used.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "requests.h"
#include "response_reader.h"

namespace freehold::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "fh_load: %s\n", what.c_str());
  std::exit(64);
}

struct Options {
  std::string op = "get";
  std::uint16_t port = 0;
  std::size_t connections = 1;
  double seconds = 1;
  double warmup = 0.2;
  std::size_t requests = 0;  // > 0: stop after so many instead of after `seconds`, or after `patience`
  double patience = 300;
  std::size_t size = 4096;
  std::size_t objects = 0;
  std::uint64_t seed = 0;
  bool tls = false;
  std::string prefix;
  Peer peer;
  PlainRequest plain;
};

// One connection: sends a head and a body, reads a response, then the next.
class Connection {
 public:
  Connection(const Options& options, SSL_CTX* tls) : options_(options), tls_context_(tls) { open(); }
  ~Connection() { close_all(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  enum class Event { kNothing, kResponse, kLost };

  void begin(RequestSource& source) {
    source.next_head(head_);
    body_ = source.body();
    sent_ = 0;
    reader_.reset();
    started_ = SteadyClock::now();
  }

  // Goes on as far as the socket lets it.
  Event advance() {
    while (sent_ < head_.size() + body_.size()) {
      const ssize_t n = write_some();
      if (n == 0) return Event::kNothing;
      if (n < 0) return Event::kLost;
      sent_ += static_cast<std::size_t>(n);
    }
    for (;;) {
      const ssize_t n = read_some();
      if (n == 0) return Event::kNothing;
      if (n < 0) return Event::kLost;
      const auto state = reader_.feed({buffer().data(), static_cast<std::size_t>(n)});
      if (state == ResponseReader::State::kBroken) return Event::kLost;
      if (state == ResponseReader::State::kDone) return Event::kResponse;
    }
  }

  void reopen() {
    close_all();
    open();
  }

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool wants_to_write() const { return sent_ < head_.size() + body_.size() || tls_wants_write_; }
  [[nodiscard]] const ResponseReader& reader() const { return reader_; }
  [[nodiscard]] SteadyClock::time_point started() const { return started_; }
  bool registered_for_write = false;

 private:
  static std::vector<char>& buffer() {
    static std::vector<char> bytes(256 * 1024);
    return bytes;
  }

  void open() {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      die("can't connect to 127.0.0.1:" + std::to_string(options_.port));
    }
    const int on = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (tls_context_ != nullptr) {
      ssl_ = SSL_new(tls_context_);
      SSL_set_fd(ssl_, fd_);
      SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
      if (SSL_connect(ssl_) != 1) die("the TLS handshake failed");
    }
    ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  }

  void close_all() {
    if (ssl_ != nullptr) SSL_free(ssl_);
    ssl_ = nullptr;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  // Bytes moved, 0 to wait, -1 when the connection is lost.
  ssize_t write_some() {
    const std::size_t head_done = std::min(sent_, head_.size());
    const std::size_t body_done = sent_ - head_done;
    std::array<iovec, 2> parts = {{{head_.data() + head_done, head_.size() - head_done},
                                   {const_cast<char*>(body_.data()) + body_done, body_.size() - body_done}}};
    if (ssl_ == nullptr) return waiting(::writev(fd_, parts.data(), 2));
    const iovec& part = parts[0].iov_len > 0 ? parts[0] : parts[1];
    return tls_result(SSL_write(ssl_, part.iov_base, static_cast<int>(part.iov_len)));
  }

  ssize_t read_some() {
    if (ssl_ != nullptr) return tls_result(SSL_read(ssl_, buffer().data(), static_cast<int>(buffer().size())));
    const ssize_t n = ::recv(fd_, buffer().data(), buffer().size(), 0);
    return n == 0 ? -1 : waiting(n);
  }

  static ssize_t waiting(ssize_t n) {
    if (n >= 0) return n;
    return errno == EAGAIN || errno == EINTR ? 0 : -1;
  }

  ssize_t tls_result(int n) {
    tls_wants_write_ = false;
    if (n > 0) return n;
    const int why = SSL_get_error(ssl_, n);
    tls_wants_write_ = why == SSL_ERROR_WANT_WRITE;
    return why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? 0 : -1;
  }

  const Options& options_;
  SSL_CTX* tls_context_;
  SSL* ssl_ = nullptr;
  int fd_ = -1;
  bool tls_wants_write_ = false;
  std::string head_;
  std::string_view body_;
  std::size_t sent_ = 0;
  ResponseReader reader_;
  SteadyClock::time_point started_;
};

// Runs the connections until the time is over or the requests are done, and counts.
class LoadLoop {
 public:
  LoadLoop(const Options& options, RequestSource& source, SSL_CTX* tls) : options_(options), source_(source) {
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    for (std::size_t i = 0; i < options.connections; ++i) {
      connections_.push_back(std::make_unique<Connection>(options, tls));
      watch(*connections_.back(), i, EPOLL_CTL_ADD);
    }
    latencies_us_.reserve(1 << 20);
  }
  ~LoadLoop() { ::close(epoll_); }
  LoadLoop(const LoadLoop&) = delete;
  LoadLoop& operator=(const LoadLoop&) = delete;

  void run() {
    begun_ = SteadyClock::now();
    const auto warm = begun_ + duration(options_.requests > 0 ? 0 : options_.warmup);
    measured_from_ = warm;
    const auto end = warm + duration(options_.requests > 0 ? options_.patience : options_.seconds);
    for (std::size_t i = 0; i < connections_.size(); ++i) start(i);
    while (busy_ > 0) {
      std::array<epoll_event, 256> events{};
      const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
      for (int i = 0; i < n; ++i) advance(events[static_cast<std::size_t>(i)].data.u64);
      now_ = SteadyClock::now();
      if (now_ >= end && !stopping_) {
        stopping_ = true;
        measured_to_ = now_;
      }
      if (now_ >= end + std::chrono::seconds(30)) break;  // a peer that hangs: what was measured still counts
    }
    if (!stopping_) measured_to_ = SteadyClock::now();
  }

  [[nodiscard]] std::string report() {
    const double seconds = std::chrono::duration<double>(measured_to_ - measured_from_).count();
    std::ranges::sort(latencies_us_);
    const auto at = [this](double share) {
      return latencies_us_.empty()
                 ? 0U
                 : latencies_us_[static_cast<std::size_t>(share * static_cast<double>(latencies_us_.size() - 1))];
    };
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    std::array<char, 512> text{};
    const double count = static_cast<double>(latencies_us_.size());
    std::snprintf(text.data(), text.size(),
                  "{\"requests\": %zu, \"completed\": %zu, \"errors\": %zu, \"lost\": %zu, \"last_bad_status\": %d, "
                  "\"seconds\": %.3f, "
                  "\"rps\": %.1f, \"mb_per_s\": %.2f, \"p50_us\": %u, \"p99_us\": %u, \"client_cpu_s\": %.3f}",
                  latencies_us_.size(), completed_, errors_, lost_, last_bad_status_, seconds, count / seconds,
                  count * static_cast<double>(options_.size) / 1e6 / seconds, at(0.5), at(0.99), cpu_seconds(usage));
    return text.data();
  }

 private:
  static SteadyClock::duration duration(double seconds) {
    return std::chrono::duration_cast<SteadyClock::duration>(std::chrono::duration<double>(seconds));
  }
  static double cpu_seconds(const rusage& usage) {
    const auto of = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
  }

  // Begins the next request on the connection, if there is to be one.
  bool begin(std::size_t index) {
    if (stopping_ || (options_.requests > 0 && started_ >= options_.requests)) return false;
    ++started_;
    ++busy_;
    connections_[index]->begin(source_);
    return true;
  }

  void start(std::size_t index) {
    if (begin(index)) advance(index);
  }

  // Goes on until the connection has to wait or has nothing more to do.
  void advance(std::size_t index) {
    Connection& connection = *connections_[index];
    for (;;) {
      const Connection::Event event = connection.advance();
      if (event == Connection::Event::kNothing) {
        if (connection.wants_to_write() != connection.registered_for_write) watch(connection, index, EPOLL_CTL_MOD);
        return;
      }
      --busy_;
      if (event == Connection::Event::kResponse) count(connection);
      if (event == Connection::Event::kLost && ++lost_ > 100 * options_.connections) {
        die("the peer keeps closing connections");
      }
      if (event == Connection::Event::kLost || connection.reader().closes()) reopen(connection, index);
      if (!begin(index)) return;
    }
  }

  void count(const Connection& connection) {
    ++completed_;
    const bool wanted = connection.reader().status() == source_.expected_status() &&
                        (options_.op != "get" || connection.reader().body_bytes() == options_.size);
    if (!wanted) {
      ++errors_;
      last_bad_status_ = connection.reader().status();
    } else if (const auto now = SteadyClock::now(); now >= measured_from_ && !stopping_) {
      const auto taken = now - connection.started();
      latencies_us_.push_back(
          static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::microseconds>(taken).count()));
    }
  }

  void reopen(Connection& connection, std::size_t index) {
    connection.reopen();
    watch(connection, index, EPOLL_CTL_ADD);
  }

  void watch(Connection& connection, std::size_t index, int how) {
    connection.registered_for_write = connection.wants_to_write();
    epoll_event event{};
    event.events = EPOLLIN | (connection.registered_for_write ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
    event.data.u64 = index;
    ::epoll_ctl(epoll_, how, connection.fd(), &event);
  }

  const Options& options_;
  RequestSource& source_;
  int epoll_ = -1;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<std::uint32_t> latencies_us_;
  SteadyClock::time_point begun_, measured_from_, measured_to_, now_;
  std::size_t started_ = 0, completed_ = 0, busy_ = 0, errors_ = 0, lost_ = 0;
  int last_bad_status_ = 0;
  bool stopping_ = false;
};

template <class T>
void read_number(std::map<std::string, std::string, std::less<>>& given, std::string_view name, T& out) {
  const auto found = given.find(name);
  if (found == given.end()) return;
  const std::string& text = found->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) die("--" + std::string(name) + " needs a number");
  given.erase(found);
}

void read_text(std::map<std::string, std::string, std::less<>>& given, std::string_view name, std::string& out) {
  if (const auto found = given.find(name); found != given.end()) {
    out = found->second;
    given.erase(found);
  }
}

Options parse(int argc, char** argv) {
  std::map<std::string, std::string, std::less<>> given;
  Options out;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--tls") {
      out.tls = true;
    } else if (!word.starts_with("--") || i + 1 == argc) {
      die("usage: fh_load --op get|put|block|list|plain --port N [--tls] [--connections N] [--seconds S] [--warmup S] "
          "[--requests N] [--patience S] [--size BYTES] [--objects N] [--seed N] [--prefix TEXT] [--account NAME] "
          "[--container NAME] (key: FH_LOAD_KEY) [--host NAME] [--path PATH] [--body JSON] [--method M] [--status N] "
          "(token: FH_LOAD_TOKEN)");
    } else {
      given[word.substr(2)] = argv[++i];
    }
  }
  read_text(given, "op", out.op);
  read_number(given, "port", out.port);
  read_number(given, "connections", out.connections);
  read_number(given, "seconds", out.seconds);
  read_number(given, "warmup", out.warmup);
  read_number(given, "requests", out.requests);
  read_number(given, "patience", out.patience);
  read_number(given, "size", out.size);
  read_number(given, "objects", out.objects);
  read_number(given, "seed", out.seed);
  read_text(given, "prefix", out.prefix);
  read_text(given, "account", out.peer.account);
  read_text(given, "container", out.peer.container);
  read_text(given, "host", out.plain.host);
  read_text(given, "path", out.plain.path);
  read_text(given, "body", out.plain.body);
  read_text(given, "method", out.plain.method);
  read_number(given, "status", out.plain.status);
  if (!given.empty()) die("unknown option --" + given.begin()->first);
  if (out.port == 0 || out.connections == 0) die("--port and --connections must be above 0");
  if (out.op == "get" && out.objects == 0) die("--op get needs --objects");
  if (out.op == "plain" && (out.plain.host.empty() || out.plain.path.empty())) die("--op plain needs --host, --path");
  if (const char* key = std::getenv("FH_LOAD_KEY"); key != nullptr) out.peer.key = key;
  if (const char* token = std::getenv("FH_LOAD_TOKEN"); token != nullptr) out.plain.token = token;
  out.peer.host = "127.0.0.1:" + std::to_string(out.port);
  return out;
}

std::unique_ptr<RequestSource> source_of(const Options& options) {
  if (options.op == "get") return get_requests(options.peer, options.objects, options.seed);
  if (options.op == "put") return put_requests(options.peer, options.prefix, options.size, options.objects);
  if (options.op == "block") return block_requests(options.peer, options.prefix, options.size);
  if (options.op == "list") return list_requests(options.peer);
  if (options.op == "plain") return plain_requests(options.plain, options.objects);
  die("no such --op: " + options.op);
}

// What is measured shares the processors with what measures it, and isn't to be interrupted by it each time that an
// answer comes: sched(7), SCHED_BATCH.
void give_way() {
  const sched_param none{};
  if (::sched_setscheduler(0, SCHED_BATCH, &none) != 0) die("can't be scheduled as batch work");
}

int run(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  give_way();
  const Options options = parse(argc, argv);
  const auto source = source_of(options);
  // Certificates aren't checked here: what is measured is speed, on loopback; the conformance tests check them.
  SSL_CTX* tls = options.tls ? SSL_CTX_new(TLS_client_method()) : nullptr;
  {
    LoadLoop loop(options, *source, tls);
    loop.run();
    std::puts(loop.report().c_str());
  }
  SSL_CTX_free(tls);
  return 0;
}

}  // namespace
}  // namespace freehold::bench

int main(int argc, char** argv) { return freehold::bench::run(argc, argv); }

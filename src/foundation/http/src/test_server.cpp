#include "test_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "base/encoding.h"

namespace freehold::http::testing {
namespace {

constexpr std::chrono::seconds kPatience{10};

class PatternWriter final : public BodyWriter {
 public:
  PatternWriter(std::uint64_t length, std::size_t piece) : left_(length), piece_(piece) {}
  Task<Result<BytesView>> next() override {
    bytes_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece_)));
    for (auto& byte : bytes_) byte = stream_byte(offset_++);
    left_ -= bytes_.size();
    co_return BytesView(bytes_);
  }

 private:
  std::uint64_t left_, offset_ = 0;
  std::size_t piece_;
  Bytes bytes_;
};

Response text(int status, std::string body) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", "text/plain");
  response.body = std::move(body);
  return response;
}

std::string describe(const Request& request) {
  std::string out =
      std::string(to_string(request.method)) + " " + request.path + " " + request.decoded_path + " " + request.host;
  for (const auto& parameter : request.query) out += " " + parameter.name + "=" + parameter.value;
  return out;
}

}  // namespace

char stream_byte(std::uint64_t offset) { return static_cast<char>((offset * 131) >> 3); }

Task<Response> TestHandler::handle(Request& request) {
  {
    const std::lock_guard lock(mutex_);
    paths_.push_back(request.path);
  }
  const std::string path = request.path;
  if (path == "/echo") {
    auto body = co_await read_all(*request.body, 64 * 1024 * 1024);
    if (body) co_return text(200, std::move(*body));
    const std::lock_guard lock(mutex_);
    body_errors_.push_back(body.error().code);
    co_return text(500, "unread");
  }
  if (path == "/at-hand") co_return text(200, request.body->is_at_hand() ? "all" : "some");
  if (path == "/wait") co_await released_.wait();
  if (path == "/throw") throw std::runtime_error("on purpose");
  Response response = text(200, describe(request));
  if (path == "/tls") {
    response.body = std::to_string(request.peer.tls_version);
  } else if (path == "/stream") {
    const auto n = parse_u64(request.parameter("n")).value_or(0);
    response.body = StreamBody{n, std::make_unique<PatternWriter>(n, 100'000)};
  } else if (path == "/short") {
    response.body = StreamBody{100, std::make_unique<PatternWriter>(10, 10)};
  } else if (path == "/doubled") {
    for (const char* name : {"content-length", "Transfer-Encoding", "Connection", "Date", "Server"}) {
      response.headers.add(name, "7");
    }
  } else if (path == "/inject") {
    response.headers.add("x-evil", "a\r\nSet-Cookie: b");
  }
  co_return response;
}

std::vector<std::string> TestHandler::paths() const {
  const std::lock_guard lock(mutex_);
  return paths_;
}

std::vector<ErrorCode> TestHandler::body_errors() const {
  const std::lock_guard lock(mutex_);
  return body_errors_;
}

TestServer::TestServer(ServerOptions options, unsigned loop_count)
    : loops(loop_count), server(loops, handler, std::move(options)) {
  const auto bound = server.listen(Listener::kHttp, {"127.0.0.1"}, 0);
  if (!bound) throw std::runtime_error(bound.error().message);
  port = *bound;
}

TestServer::~TestServer() {
  server.drain(std::chrono::milliseconds(0));
  loops.stop();
}

void TestServer::start() {
  server.start();
  loops.start();
}

std::string Reply::header(std::string_view name) const {
  std::string_view lines = head;
  while (!lines.empty()) {
    const std::size_t end = lines.find("\r\n");
    const std::string_view line = lines.substr(0, end);
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos && equals_ignoring_case(line.substr(0, colon), name)) {
      return std::string(line.substr(colon + 2));
    }
    lines.remove_prefix(std::min(end + 2, lines.size()));
  }
  return {};
}

RawClient::RawClient(std::uint16_t port, const std::string& address) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&v4), sizeof(v4)), 0) << std::strerror(errno);
  } else {
    ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr);
    fd_ = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&v6), sizeof(v6)), 0) << std::strerror(errno);
  }
}

RawClient::RawClient(const std::string& unix_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, unix_path.data(), unix_path.size());
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0) << std::strerror(errno);
}

RawClient::~RawClient() { close(); }

void RawClient::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void RawClient::reset() {
  const linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
  close();
}

void RawClient::shrink_receive_buffer() {
  const int bytes = 4'096;
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

// A server that closes early is for the caller to see in what it reads.
void RawClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void RawClient::send_slowly(std::string_view bytes) {
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  for (std::size_t i = 0; i < bytes.size(); ++i) send(bytes.substr(i, 1));
}

bool RawClient::receive(std::chrono::milliseconds timeout) {
  if (eof_) return false;
  pollfd waiting{fd_, POLLIN, 0};
  if (::poll(&waiting, 1, static_cast<int>(timeout.count())) <= 0) {
    ADD_FAILURE() << "the server neither answered nor closed";
    eof_ = true;
    return false;
  }
  std::array<char, 65'536> buffer;
  const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (got <= 0) {
    eof_ = true;
    return false;
  }
  received_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

Reply RawClient::reply(bool to_head) {
  Reply reply;
  while (received_.find("\r\n\r\n") == std::string::npos) {
    if (!receive(kPatience)) return reply;
  }
  const std::size_t end = received_.find("\r\n\r\n") + 4;
  reply.head = received_.substr(0, end);
  received_.erase(0, end);
  reply.status = std::atoi(reply.head.c_str() + std::strlen("HTTP/1.1 "));
  const auto length = parse_u64(reply.header("content-length"));
  if (to_head || !length) return reply;
  while (received_.size() < *length && receive(kPatience)) {
  }
  const std::size_t size = std::min<std::size_t>(received_.size(), *length);
  reply.body = received_.substr(0, size);
  received_.erase(0, size);
  return reply;
}

std::string RawClient::rest() {
  while (receive(kPatience)) {
  }
  return std::exchange(received_, {});
}

TlsIdentity make_identity(const std::string& name) {
  EVP_PKEY* const key = EVP_EC_gen("P-256");
  X509* const certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86'400);
  X509_set_pubkey(certificate, key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  X509_sign(certificate, key, EVP_sha256());
  const auto pem = [](auto write) {
    BIO* const bio = BIO_new(BIO_s_mem());
    write(bio);
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string bytes(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return bytes;
  };
  TlsIdentity identity;
  identity.certificate_chain_pem = pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
  identity.private_key_pem =
      Secret(pem([&](BIO* bio) { PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); }));
  X509_free(certificate);
  EVP_PKEY_free(key);
  return identity;
}

}  // namespace freehold::http::testing

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstring>
#include <string>

#include "base/check.h"
#include "base/secret.h"
#include "tls.h"
#include "tls_context.h"

namespace freehold::http {
namespace {

using runtime::Task;

constexpr std::size_t kRecordBytes = 16 * 1024;    // the most that one record carries
constexpr std::size_t kIdleInputBytes = 4 * 1024;  // what an idle connection waits with
constexpr std::size_t kInputBytes = 64 * 1024;
constexpr std::size_t kBatchBytes = 256 * 1024;  // records made before they are sent

// The bytes between OpenSSL and the socket.
struct Wire {
  std::unique_ptr<char[]> input;
  std::size_t capacity = 0, begin = 0, end = 0;
  bool eof = false;
  std::string output;
  std::size_t sent = 0;

  void want_capacity(std::size_t bytes) {
    if (begin != end || capacity >= bytes) return;
    input = std::make_unique_for_overwrite<char[]>(bytes);
    capacity = bytes;
  }
  [[nodiscard]] BytesView pending() const { return BytesView(output).substr(sent); }
};

int wire_read(BIO* bio, char* out, int size) {
  auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const std::size_t n = std::min(static_cast<std::size_t>(size), wire.end - wire.begin);
  if (n == 0) {
    if (wire.eof) return 0;
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(out, wire.input.get() + wire.begin, n);
  wire.begin += n;
  return static_cast<int>(n);
}

int wire_write(BIO* bio, const char* in, int size) {
  auto& wire = *static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  wire.output.append(in, static_cast<std::size_t>(size));
  return size;
}

long wire_control(BIO* bio, int command, long /*number*/, void* /*pointer*/) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return static_cast<Wire*>(BIO_get_data(bio))->eof ? 1 : 0;
    default:
      return 0;
  }
}

const BIO_METHOD* wire_method() {
  struct Free {
    void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
  };
  static const std::unique_ptr<BIO_METHOD, Free> method = [] {
    std::unique_ptr<BIO_METHOD, Free> made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "freehold wire"));
    FH_CHECK(made != nullptr);
    BIO_meth_set_read(made.get(), wire_read);
    BIO_meth_set_write(made.get(), wire_write);
    BIO_meth_set_ctrl(made.get(), wire_control);
    return made;
  }();
  return method.get();
}

// So that what SSL_get_error() says is of the call that follows. Clearing costs more than looking.
void forget_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

std::unexpected<Error> broken(const char* what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_peek_error(), text.data(), text.size());
  ERR_clear_error();
  return fail(ErrorCode::kCancelled, what, text.data());
}

class TlsTransport final : public Transport {
 public:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  TlsTransport(std::unique_ptr<SSL, Free> ssl, Socket socket, Deadline& deadline, Traffic& traffic)
      : stream_(std::move(socket), deadline, traffic), ssl_(std::move(ssl)) {}

  Result<> attach() {
    BIO* const bio = BIO_new(wire_method());
    if (bio == nullptr) return fail(ErrorCode::kInternal, "no memory for a TLS connection");
    BIO_set_data(bio, &wire_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    return {};
  }

  Task<Result<>> handshake() override {
    while (true) {
      forget_errors();
      const int done = SSL_do_handshake(ssl_.get());
      const int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), done);
      if (done != 1 && error != SSL_ERROR_WANT_READ) {
        send_what_fits();  // the alert
        co_return broken("the TLS handshake failed");
      }
      FH_CO_CHECK_OK(co_await flush({}));
      if (done == 1) co_return Result<>();
      if (wire_.eof) co_return broken("the client went away");
      FH_CO_CHECK_OK(co_await fill());
    }
  }

  std::uint16_t tls_version() const override { return static_cast<std::uint16_t>(SSL_version(ssl_.get())); }

  Task<Result<std::size_t>> read_some(std::span<char> out) override {
    wire_.want_capacity(out.size() >= kRecordBytes ? kInputBytes : kIdleInputBytes);
    while (true) {
      if (must_wait()) {
        FH_CO_CHECK_OK(co_await receive());
      }
      std::size_t filled = 0;
      int error = SSL_ERROR_NONE;
      while (filled < out.size() && error == SSL_ERROR_NONE && !(filled > 0 && must_wait())) {
        std::size_t got = 0;
        forget_errors();
        const int done = SSL_read_ex(ssl_.get(), out.data() + filled, out.size() - filled, &got);
        if (done == 1) {
          filled += got;
        } else {
          error = SSL_get_error(ssl_.get(), done);
          ended_ = error != SSL_ERROR_WANT_READ;
        }
      }
      if (filled > 0) co_return filled;  // an error comes back with the next call
      if (error == SSL_ERROR_ZERO_RETURN) co_return 0;
      if (error != SSL_ERROR_WANT_READ) {
        send_what_fits();
        co_return broken("the TLS connection broke");
      }
      FH_CO_CHECK_OK(co_await receive());
    }
  }

  Result<bool> write_now(Pieces& pieces) override {
    while (true) {
      if (wire_.pending().empty()) {
        if (pieces.size() == 0) return true;
        if (auto made = make_records(pieces); !made) return pass_on(made);
      }
      FH_TRY(const bool all, send_pending());
      if (!all) return false;
    }
  }

  Task<Result<>> flush(Pieces pieces) override {
    while (true) {
      FH_CO_CHECK_OK(co_await stream_.flush({{wire_.pending(), {}}}));
      clear_output();
      if (pieces.size() == 0) co_return Result<>();
      FH_CO_CHECK_OK(make_records(pieces));
    }
  }

  void shut_down() override {
    forget_errors();
    SSL_shutdown(ssl_.get());
    send_what_fits();
    stream_.shut_down();
  }

  void rest() override {
    if (wire_.begin == wire_.end && wire_.capacity > kIdleInputBytes) {
      wire_.input.reset();
      wire_.capacity = 0;
    }
    if (wire_.output.capacity() > kRecordBytes && wire_.pending().empty()) wire_.output = std::string();
  }

  void save_memory() override { SSL_free_buffers(ssl_.get()); }  // but for one that holds a part of a record

  void cancel() override { stream_.cancel(); }

 private:
  // Encrypts from the front of `pieces` until it is empty or a batch is full. A head and the beginning of its body
  // share a record.
  Result<> make_records(Pieces& pieces) {
    if (pieces.size() > kRecordBytes) wire_.output.reserve(std::min(pieces.size(), kBatchBytes) + kRecordBytes);
    while (pieces.size() > 0 && wire_.output.size() < kBatchBytes) {
      std::array<char, kRecordBytes> gathered;
      BytesView record = pieces.views[0].empty() ? pieces.views[1] : pieces.views[0];
      if (!pieces.views[1].empty() && record.size() < kRecordBytes && !pieces.views[0].empty()) {
        const std::size_t rest = std::min(pieces.views[1].size(), kRecordBytes - record.size());
        std::memcpy(gathered.data(), record.data(), record.size());
        std::memcpy(gathered.data() + record.size(), pieces.views[1].data(), rest);
        record = {gathered.data(), record.size() + rest};
      }
      std::size_t taken = 0;
      forget_errors();
      const int done = SSL_write_ex(ssl_.get(), record.data(), std::min(record.size(), kRecordBytes), &taken);
      if (record.data() == gathered.data()) wipe(gathered.data(), record.size());  // a secret may be what was asked for
      if (done != 1) return broken("the TLS connection broke");
      pieces.advance(taken);
    }
    return {};
  }

  Result<bool> send_pending() {
    Pieces pending{{wire_.pending(), {}}};
    auto all = stream_.write_now(pending);
    wire_.sent = wire_.output.size() - pending.size();
    if (wire_.pending().empty()) clear_output();
    return all;
  }

  // For goodbyes: nobody waits for them, and an error changes nothing.
  void send_what_fits() { [[maybe_unused]] const auto ignored = send_pending(); }

  void clear_output() {
    wire_.output.clear();
    wire_.sent = 0;
  }

  // Would reading find nothing, neither to decrypt nor decrypted, and no end?
  bool must_wait() const {
    return !ended_ && !wire_.eof && wire_.begin == wire_.end && SSL_has_pending(ssl_.get()) == 0;
  }

  Task<Result<>> receive() {
    FH_CO_CHECK_OK(co_await flush({}));
    co_return co_await fill();
  }

  Task<Result<>> fill() {
    if (wire_.begin == wire_.end) {
      wire_.begin = wire_.end = 0;
      wire_.want_capacity(kIdleInputBytes);
    }
    FH_CHECK(wire_.end < wire_.capacity);
    FH_CO_TRY(const std::size_t got,
              co_await stream_.read_some({wire_.input.get() + wire_.end, wire_.capacity - wire_.end}));
    if (got == 0) wire_.eof = true;
    wire_.end += got;
    co_return Result<>();
  }

  SocketStream stream_;
  Wire wire_;  // outlives ssl_, whose BIO points to it
  std::unique_ptr<SSL, Free> ssl_;
  bool ended_ = false;  // nothing comes any more: the other side closed, or broke the protocol
};

}  // namespace

Result<std::unique_ptr<Transport>> make_tls_transport(const TlsContext& context, Socket socket, Deadline& deadline,
                                                      Traffic& traffic) {
  std::unique_ptr<SSL, TlsTransport::Free> ssl(SSL_new(context.native()));
  if (!ssl) return fail(ErrorCode::kInternal, "no memory for a TLS connection");
  SSL_set_accept_state(ssl.get());
  auto transport = std::make_unique<TlsTransport>(std::move(ssl), std::move(socket), deadline, traffic);
  if (auto attached = transport->attach(); !attached) return pass_on(attached);
  return transport;
}

// RFC 6125; RFC 6066 section 3: an address is never told as a server name.
Result<std::unique_ptr<Transport>> make_tls_client_transport(const TlsContext& context, const std::string& host,
                                                             Socket socket, Deadline& deadline, Traffic& traffic) {
  std::unique_ptr<SSL, TlsTransport::Free> ssl(SSL_new(context.native()));
  if (!ssl) return fail(ErrorCode::kInternal, "no memory for a TLS connection");
  SSL_set_connect_state(ssl.get());
  const std::string bare = host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), bare.c_str()) != 1) {
    SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(ssl.get(), bare.c_str()) != 1 || SSL_set_tlsext_host_name(ssl.get(), bare.c_str()) != 1) {
      return fail(ErrorCode::kInvalidArgument, "not a host name");
    }
  }
  auto transport = std::make_unique<TlsTransport>(std::move(ssl), std::move(socket), deadline, traffic);
  if (auto attached = transport->attach(); !attached) return pass_on(attached);
  return transport;
}

}  // namespace freehold::http

#include "tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <array>
#include <string>

#include "tls.h"

namespace freehold::http {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

std::unexpected<Error> refuse(const char* what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  ERR_clear_error();
  return fail(ErrorCode::kInvalidArgument, what, text.data());
}

Owned<BIO> memory_bio(BytesView bytes) {
  return Owned<BIO>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// No one types a pass phrase into a server: without this OpenSSL would ask the terminal.
int no_pass_phrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*user*/) { return -1; }

Result<> use_chain(SSL_CTX* context, BytesView pem) {
  const auto bio = memory_bio(pem);
  const Owned<X509> leaf(PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) return refuse("the certificate can't be read");
  while (X509* issuer = PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, issuer) != 1) {
      X509_free(issuer);
      return refuse("the certificate chain can't be used");
    }
  }
  ERR_clear_error();  // "no start line" is how the end of the file shows
  return {};
}

Result<> use_key(SSL_CTX* context, BytesView pem) {
  const auto bio = memory_bio(pem);
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (!key || SSL_CTX_use_PrivateKey(context, key.get()) != 1) return refuse("the private key can't be used");
  if (SSL_CTX_check_private_key(context) != 1) return refuse("the private key is not the certificate's");
  return {};
}

// RFC 7301: http/1.1 or, if the client insists on something else, its alert.
int choose_protocol(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned in_size, void* /*user*/) {
  static constexpr std::array<unsigned char, 9> kOurs{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, out_size, kOurs.data(), kOurs.size(), in, in_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> make_tls_context(const TlsIdentity& identity) {
  std::unique_ptr<SSL_CTX, TlsContext::Free> context(SSL_CTX_new(TLS_server_method()));
  if (!context) return fail(ErrorCode::kInternal, "no memory for a TLS context");
  SSL_CTX* const native = context.get();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  // Record buffers are kept from record to record (Transport::save_memory gives them back): what was read in one is
  // overwritten.
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                  SSL_OP_IGNORE_UNEXPECTED_EOF | SSL_OP_CLEANSE_PLAINTEXT);
  // A record may leave in pieces and from a buffer that moved.
  SSL_CTX_set_mode(native, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_set_cipher_list(native, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) return refuse("no TLS 1.2 ciphers");
  // Tickets carry the sessions; nothing is kept here.
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 1);
  SSL_CTX_set_alpn_select_cb(native, choose_protocol, nullptr);
  if (auto chain = use_chain(native, identity.certificate_chain_pem); !chain) return pass_on(chain);
  if (auto key = use_key(native, identity.private_key_pem.view()); !key) return pass_on(key);
  return std::make_shared<const TlsContext>(std::move(context));
}

namespace {

Result<> believe(SSL_CTX* context, BytesView pem) {
  const auto bio = memory_bio(pem);
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  int count = 0;
  while (X509* read = PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr)) {
    const Owned<X509> authority(read);
    if (X509_STORE_add_cert(store, authority.get()) != 1) return refuse("a certificate authority can't be used");
    ++count;
  }
  ERR_clear_error();  // "no start line" is how the end of the file shows
  if (count == 0) return fail(ErrorCode::kInvalidArgument, "no certificate authority in the file");
  return {};
}

}  // namespace

Result<std::shared_ptr<const TlsContext>> make_tls_client_context(const std::string& authorities_pem) {
  std::unique_ptr<SSL_CTX, TlsContext::Free> context(SSL_CTX_new(TLS_client_method()));
  if (!context) return fail(ErrorCode::kInternal, "no memory for a TLS context");
  SSL_CTX* const native = context.get();
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(native, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(native, SSL_VERIFY_PEER, nullptr);
  if (!authorities_pem.empty()) {
    FH_CHECK_OK(believe(native, authorities_pem));
  } else if (SSL_CTX_set_default_verify_paths(native) != 1) {
    return refuse("the system's certificate authorities can't be read");
  }
  return std::make_shared<const TlsContext>(std::move(context));
}

void TlsContextSlot::set(std::shared_ptr<const TlsContext> context) {
  const std::lock_guard lock(mutex_);
  context_.swap(context);
}

std::shared_ptr<const TlsContext> TlsContextSlot::get() const {
  const std::lock_guard lock(mutex_);
  return context_;
}

}  // namespace freehold::http

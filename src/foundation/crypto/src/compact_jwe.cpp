#include "crypto/compact_jwe.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/encoding.h"
#include "base/json_depth.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

using Json = nlohmann::json;
using KdfPtr = std::unique_ptr<EVP_KDF, OpensslFree<EVP_KDF_free>>;
using KdfContextPtr = std::unique_ptr<EVP_KDF_CTX, OpensslFree<EVP_KDF_CTX_free>>;

constexpr std::string_view kContent = "A256CBC-HS512";
constexpr std::string_view kToKey = "RSA-OAEP-256";
constexpr std::size_t kHalf = kContentKeyBytes / 2;
constexpr std::size_t kTagBytes = 32;
constexpr std::size_t kHeaderDepth = 4;
constexpr int kLeastBits = 2'048;
constexpr int kMostBits = 8'192;

struct Parts {
  std::array<std::string_view, 5> text;  // header, key, iv, content, tag: as sent
  Json header;
};

Result<Parts> take_apart(std::string_view text) {
  Parts out;
  if (text.size() > kMaxCompactJwe) return cannot_decrypt();
  for (std::size_t i = 0; i < out.text.size(); ++i) {
    const auto dot = text.find('.');
    if ((dot == text.npos) != (i + 1 == out.text.size())) return cannot_decrypt();
    out.text[i] = text.substr(0, dot);
    text.remove_prefix(dot == text.npos ? text.size() : dot + 1);
  }
  const auto header = from_base64url(out.text[0]);
  if (!header || nests_deeper_than(*header, kHeaderDepth)) return cannot_decrypt();
  out.header = Json::parse(*header, nullptr, false);
  // What must be understood (RFC 7516 section 4.1.13) isn't.
  if (!out.header.is_object() || out.header.contains("crit") || out.header.contains("zip")) return cannot_decrypt();
  if (out.header.value("enc", Json()) != kContent) return cannot_decrypt();
  return out;
}

Bytes tag_of(const Secret& key, BytesView header, BytesView iv, BytesView content) {
  Bytes text(header);
  text += iv;
  text += content;
  append_u64(text, static_cast<std::uint64_t>(header.size()) * 8);
  return hmac(Secret(key.view().substr(0, kHalf)), HashName::kSha512, text).substr(0, kTagBytes);
}

Result<std::string> seal_content(const Secret& key, const Json& header, BytesView wrapped, const Secret& plain,
                                 Random& random) {
  static const auto* const cbc = find_algorithm("A256CBCPAD");
  const Secret aes(key.view().substr(kHalf));
  FH_TRY(const auto made, aes_encrypt(aes, *cbc, plain.view(), random.bytes(kCbcIvBytes), {}));
  std::string out = to_base64url(header.dump());
  const Bytes tag = tag_of(key, out, made.iv, made.text);
  for (const BytesView part : {wrapped, BytesView(made.iv), BytesView(made.text), BytesView(tag)}) {
    out.append(".").append(to_base64url(part));
  }
  return out;
}

Result<Secret> open_content(const Secret& key, const Parts& parts) {
  const auto iv = from_base64url(parts.text[2]);
  auto content = from_base64url(parts.text[3]);
  const auto tag = from_base64url(parts.text[4]);
  if (!iv || !content || !tag || key.size() != kContentKeyBytes) return cannot_decrypt();
  if (!constant_time_equal(tag_of(key, parts.text[0], *iv, *content), *tag)) return cannot_decrypt();
  static const auto* const cbc = find_algorithm("A256CBCPAD");
  return aes_decrypt(Secret(key.view().substr(kHalf)), *cbc, {.text = std::move(*content), .iv = *iv}, {});
}

}  // namespace

Result<std::string> seal_to_certificate(BytesView der, const Secret& plain, Random& random) {
  const auto* at = octets(der.data());
  const CertificatePtr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  ERR_clear_error();
  if (certificate == nullptr || at != octets(der.data()) + der.size()) {
    return wrong_input("It is no X.509 certificate.");
  }
  const PkeyPtr key(X509_get_pubkey(certificate.get()));
  ERR_clear_error();
  if (key == nullptr || EVP_PKEY_is_a(key.get(), "RSA") != 1 || EVP_PKEY_get_bits(key.get()) < kLeastBits ||
      EVP_PKEY_get_bits(key.get()) > kMostBits) {
    return wrong_input("The certificate isn't of an RSA key of 2048 to 8192 bits.");
  }
  Secret content_key(kContentKeyBytes);
  random.fill(content_key.span());
  static const auto* const oaep = find_algorithm(kToKey);
  FH_TRY(const Bytes wrapped, rsa_encrypt(key.get(), *oaep, content_key.view()));
  return seal_content(content_key, {{"alg", kToKey}, {"enc", kContent}, {"kid", "not used"}}, wrapped, plain, random);
}

Result<Secret> open_sealed_to(const JoseKey& key, std::string_view text) {
  FH_TRY(const auto parts, take_apart(text));
  const auto wrapped = from_base64url(parts.text[1]);
  if (!wrapped || parts.header.value("alg", Json()) != kToKey) return cannot_decrypt();
  static const auto* const oaep = find_algorithm(kToKey);
  FH_TRY(const Secret content_key, key.unwrap(*oaep, *wrapped));
  return open_content(content_key, parts);
}

Result<std::string> seal_direct(const Secret& key, std::string_view key_id, const Secret& plain, Random& random) {
  FH_CHECK(key.size() == kContentKeyBytes);
  return seal_content(key, {{"alg", "dir"}, {"enc", kContent}, {"kid", key_id}}, {}, plain, random);
}

Result<Secret> open_direct(const Secret& key, std::string_view text) {
  FH_TRY(const auto parts, take_apart(text));
  if (!parts.text[1].empty() || parts.header.value("alg", Json()) != "dir") return cannot_decrypt();
  return open_content(key, parts);
}

Secret derive_by_counter(const Secret& key, std::string_view label, std::size_t bytes) {
  FH_CHECK(!label.empty() && label.size() <= 256);
  const KdfPtr kdf(EVP_KDF_fetch(nullptr, "KBKDF", nullptr));
  FH_CHECK(kdf != nullptr);
  const KdfContextPtr context(EVP_KDF_CTX_new(kdf.get()));
  FH_CHECK(context != nullptr);
  std::string mode = "counter";
  std::string mac = "HMAC";
  std::string digest = "SHA512";
  std::string salt(label);  // OpenSSL's name for the label
  Secret in = key.clone();
  const std::array<OSSL_PARAM, 6> params = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MODE, mode.data(), 0),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_MAC, mac.data(), 0),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, in.span().data(), in.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
      OSSL_PARAM_construct_end()};
  Secret out(bytes);
  FH_CHECK(EVP_KDF_derive(context.get(), octets(out.span().data()), out.size(), params.data()) == 1);
  return out;
}

}  // namespace freehold::crypto

#include "crypto/verification_keys.h"

#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/encoding.h"
#include "base/json_depth.h"
#include "crypto/client_proof.h"
#include "src/jose_state.h"

namespace freehold::crypto {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxSetBytes = 64 * 1'024;
constexpr std::size_t kMaxKeys = 64;
constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxDigest = 64;

std::unexpected<Error> no_set() {
  return fail(ErrorCode::kInvalidArgument, "not a JWK set with RSA or EC keys that sign");
}

std::string text_of(const Json& json, const char* name) {
  const auto at = json.find(name);
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

Bytes number_in(const Json& json, const char* name) { return from_base64url(text_of(json, name)).value_or(Bytes()); }

std::optional<Curve> curve_of(std::string_view name) {
  for (const auto curve : {Curve::kP256, Curve::kP384, Curve::kP521}) {
    if (name == name_of(curve)) return curve;
  }
  return std::nullopt;
}

// Some attestation services give certificates and no numbers.
Result<PublicNumbers> rsa_of(const Json& entry) {
  PublicNumbers out{.type = KeyType::kRsa, .n = number_in(entry, "n"), .e = number_in(entry, "e")};
  const auto chain = entry.find("x5c");
  if (!out.n.empty() || chain == entry.end() || !chain->is_array() || chain->empty() || !chain->front().is_string()) {
    return out;
  }
  const auto der = from_base64(chain->front().get_ref<const std::string&>());
  if (!der) return no_set();
  FH_TRY(const auto certificate, read_client_certificate(*der));
  out.n = certificate.key.modulus();
  out.e = certificate.key.exponent();
  return out;
}

// nullopt: a key for something else.
Result<std::optional<PublicNumbers>> numbers_of(const Json& entry) {
  const std::string use = text_of(entry, "use");
  const std::string type = text_of(entry, "kty");
  if (!use.empty() && use != "sig") return std::nullopt;
  if (type == "RSA") {
    FH_TRY(auto numbers, rsa_of(entry));
    return std::optional(std::move(numbers));
  }
  const auto curve = curve_of(text_of(entry, "crv"));
  if (type != "EC" || !curve) return std::nullopt;
  return std::optional(
      PublicNumbers{.type = KeyType::kEc, .curve = *curve, .x = number_in(entry, "x"), .y = number_in(entry, "y")});
}

bool is_signature(Scheme scheme) {
  return scheme == Scheme::kRsaPkcs1Signature || scheme == Scheme::kRsaPss || scheme == Scheme::kEcdsa;
}

Bytes digest_by(HashName hash, BytesView text) {
  Bytes out(kMaxDigest, '\0');
  unsigned int size = 0;
  FH_CHECK(EVP_Digest(text.data(), text.size(), octets(out.data()), &size, digest_of(hash), nullptr) == 1);
  out.resize(size);
  return out;
}

}  // namespace

Result<std::vector<VerificationKey>> read_verification_keys(std::string_view json) {
  if (json.size() > kMaxSetBytes || nests_deeper_than(json, kMaxDepth)) return no_set();
  const auto set = Json::parse(json, nullptr, false);
  const auto keys = set.is_object() ? set.find("keys") : set.end();
  if (!set.is_object() || keys == set.end() || !keys->is_array() || keys->size() > kMaxKeys) return no_set();
  std::vector<VerificationKey> out;
  for (const auto& entry : *keys) {
    if (!entry.is_object()) return no_set();
    FH_TRY(const auto numbers, numbers_of(entry));
    if (!numbers) continue;
    auto key = JoseKey::from_public(*numbers);
    if (!key) return no_set();
    out.push_back({text_of(entry, "kid"), text_of(entry, "alg"), std::move(*key)});
  }
  if (out.empty()) return no_set();
  return out;
}

bool verify_by(const Jwt& token, const VerificationKey& key) {
  const auto name = token.header.text("alg");
  const auto* algorithm = name ? find_algorithm(*name) : nullptr;
  if (algorithm == nullptr || !is_signature(algorithm->scheme)) return false;
  if (!key.algorithm.empty() && key.algorithm != *name) return false;
  const auto right = key.key.verify(*algorithm, digest_by(algorithm->hash, token.signed_part), token.signature);
  return right && *right;
}

}  // namespace freehold::crypto

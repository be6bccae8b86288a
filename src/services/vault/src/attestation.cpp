#include "src/attestation.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/jwk.h"

namespace freehold::vault {
namespace {

constexpr std::chrono::minutes kSkew{5};               // as of access tokens
constexpr std::int64_t kLastSecond = 253'402'300'799;  // of the year 9999
constexpr std::size_t kMaxKeys = 32;
constexpr std::size_t kMaxKeyIdBytes = 256;
constexpr std::string_view kVirtualTpm = "TpmEphemeralEncryptionKey";

// One text: which check failed is told to nobody but the log.
std::unexpected<Error> denied(std::string why) {
  return fail(ErrorCode::kDenied, "the attestation isn't believed", std::move(why));
}

const AttestationIssuer* issuer_of(const crypto::Jwt& token, std::span<const AttestationIssuer> issuers) {
  const std::string url = authority_of(token.claims.text("iss").value_or(""));
  const auto at = std::ranges::find(issuers, url, &AttestationIssuer::url);
  return url.empty() || at == issuers.end() ? nullptr : &*at;
}

bool is_signed(const crypto::Jwt& token, const AttestationIssuer& issuer) {
  const auto id = token.header.text("kid").value_or("");
  return std::ranges::any_of(issuer.keys, [&](const auto& key) { return key.id == id && verify_by(token, key); });
}

std::optional<WallTime> time_claim(const crypto::Jwt& token, std::string_view name) {
  const auto seconds = token.claims.number(name);
  if (!seconds || *seconds < 0 || *seconds > kLastSecond) return std::nullopt;
  return WallTime(std::chrono::seconds(*seconds));
}

bool is_current(const crypto::Jwt& token, WallTime now) {
  const auto end = time_claim(token, "exp");
  if (!end || *end + kSkew <= now) return false;
  if (!token.claims.values.contains("nbf")) return true;
  const auto begin = time_claim(token, "nbf");
  return begin && *begin <= now + kSkew;
}

bool is_text(const Json& value, std::string_view wanted) {
  return value.is_string() && value.get_ref<const std::string&>() == wanted;
}

// By "use" of a JWK, by "key_use" as Azure's attestation says it, or by what it may do.
bool encrypts(const Json& key) {
  if (is_text(member(key, "use"), "enc") || is_text(member(key, "key_use"), "enc")) return true;
  const auto& ops = member(key, "key_ops");
  return ops.is_array() &&
         std::ranges::any_of(ops, [](const Json& op) { return is_text(op, "encrypt") || is_text(op, "wrapKey"); });
}

// The key of a virtual TPM if there is one; else the first that is there to encrypt.
const Json* transport_key(const Json& claims) {
  const auto& keys = member(member(claims, "x-ms-runtime"), "keys");
  if (!keys.is_array() || keys.size() > kMaxKeys) return nullptr;
  const auto is_rsa = [](const Json& key) { return is_text(member(key, "kty"), "RSA"); };
  const Json* found = nullptr;
  for (const auto& key : keys) {
    if (!is_rsa(key)) continue;
    if (is_text(member(key, "kid"), kVirtualTpm)) return &key;
    if (found == nullptr && encrypts(key)) found = &key;
  }
  return found;
}

Result<AttestedEnvironment> environment_of(const Json& claims) {
  const Json* jwk = transport_key(claims);
  if (jwk == nullptr) return denied("x-ms-runtime.keys has no RSA key that encrypts");
  AttestedEnvironment out{.key_id = {}, .key = {.type = crypto::KeyType::kRsa}};
  auto id = text_member(*jwk, "kid", kMaxKeyIdBytes);
  auto n = bytes_member(*jwk, "n", 4'096 / 8 + 1);
  auto e = bytes_member(*jwk, "e", 16);
  if (!id || !n || !e) return denied("the key to encrypt by is not as a JWK has it");
  out.key_id = id->value_or("");
  out.key.n = std::move(*n);
  out.key.e = std::move(*e);
  const auto key = crypto::JoseKey::from_public(out.key);
  if (!key) return denied("the key to encrypt by is none of 2,048 to 4,096 bits");
  out.key = key->numbers();
  return out;
}

}  // namespace

Result<AttestationIssuer> read_attestation_issuer(std::string_view url, std::string_view jwks) {
  AttestationIssuer out{.url = authority_of(url), .keys = {}};
  if (out.url.empty()) return fail(ErrorCode::kInvalidArgument, "an issuer is an https URL");
  FH_TRY(out.keys, crypto::read_verification_keys(jwks));
  return out;
}

Result<AttestedEnvironment> read_attestation(std::string_view text, std::span<const AttestationIssuer> issuers,
                                             const ReleasePolicy& policy, WallTime now) {
  const auto token = crypto::parse_jwt(text);
  if (!token) return denied("no token: " + token.error().detail);
  const auto* issuer = issuer_of(*token, issuers);
  if (issuer == nullptr) return denied("its issuer isn't one that the operator named");
  if (!is_signed(*token, *issuer)) return denied("its signature is by no key of its issuer");
  if (!is_current(*token, now)) return denied("it is over, or not yet valid");
  // The claims with all that is nested in them, of which no two may have one name.
  const std::string_view middle = std::string_view(token->signed_part).substr(token->signed_part.find('.') + 1);
  const auto claims = parse_object(from_base64url(middle).value_or(Bytes()));
  if (!claims) return denied("its claims are ambiguous, or nest too deep");
  if (!releases(policy, issuer->url, *claims)) return denied("its claims don't meet the policy");
  return environment_of(*claims);
}

}  // namespace freehold::vault

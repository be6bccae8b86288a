#include "src/jwk.h"

#include <algorithm>

#include "base/encoding.h"

namespace freehold::vault {
namespace {

using crypto::Curve;
using crypto::KeyType;

constexpr std::size_t kMaxNumberBytes = 4'096 / 8 + 1;
constexpr std::string_view kOperations[] = {"encrypt", "decrypt",   "sign",   "verify",
                                            "wrapKey", "unwrapKey", "import", "export"};

}  // namespace

std::optional<KeyKind> key_kind(std::string_view kty) {
  constexpr std::string_view kHsm = "-HSM";
  KeyKind kind;
  if (kty.size() > kHsm.size() && equals_ignoring_case(kty.substr(kty.size() - kHsm.size()), kHsm)) {
    kind.hsm = true;
    kty.remove_suffix(kHsm.size());
  }
  for (const auto type : {KeyType::kRsa, KeyType::kEc, KeyType::kOct}) {
    if (!equals_ignoring_case(kty, name_of(type))) continue;
    kind.type = type;
    return kind;
  }
  return std::nullopt;
}

std::string_view name_of(KeyType type) {
  constexpr std::string_view kNames[] = {"RSA", "EC", "oct"};
  return kNames[static_cast<std::size_t>(type)];
}

std::optional<Curve> curve_named(std::string_view name) {
  for (const auto curve : {Curve::kP256, Curve::kP384, Curve::kP521, Curve::kP256K}) {
    if (equals_ignoring_case(name, crypto::name_of(curve))) return curve;
  }
  // What 7.0 called it, and what RFC 8812 does.
  if (equals_ignoring_case(name, "SECP256K1")) return Curve::kP256K;
  return std::nullopt;
}

bool is_key_operation(std::string_view name) { return std::ranges::find(kOperations, name) != std::end(kOperations); }

Result<std::optional<std::vector<std::string>>> read_key_ops(const Json& object) {
  FH_TRY(const auto* list, array_member(object, "key_ops", 16));
  if (list == nullptr) return std::nullopt;
  std::vector<std::string> out;
  for (const auto& each : *list) {
    const auto text = each.is_string() ? each.get<std::string>() : std::string();
    const bool twice = std::ranges::find(out, text) != out.end();
    if (!is_key_operation(text) || twice) {
      return fail(ErrorCode::kInvalidArgument, "'key_ops' names something that is no key operation, or one twice.");
    }
    out.push_back(text);
  }
  return out;
}

std::vector<std::string> default_key_ops(KeyType type) {
  if (type == KeyType::kEc) return {"sign", "verify"};
  if (type == KeyType::kOct) return {"encrypt", "decrypt", "wrapKey", "unwrapKey"};
  return {"encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"};
}

Result<Bytes> bytes_member(const Json& object, std::string_view name, std::size_t most) {
  FH_TRY(auto text, text_member(object, name, most / 3 * 4 + 4));
  if (!text) return Bytes();
  auto bytes = from_base64url(*text);
  wipe(*text);
  if (!bytes || bytes->size() > most) {
    return fail(ErrorCode::kInvalidArgument,
                "'" + std::string(name) + "' must be base64url of at most " + std::to_string(most) + " bytes.");
  }
  return std::move(*bytes);
}

Result<Secret> secret_member(const Json& object, std::string_view name, std::size_t most) {
  FH_TRY(Bytes bytes, bytes_member(object, name, most));
  Secret secret{BytesView(bytes)};
  wipe(bytes);
  return secret;
}

Result<ReadJwk> read_jwk(const Json& jwk) {
  FH_TRY(const auto kty, text_member(jwk, "kty", 16));
  const auto kind = key_kind(kty.value_or(""));
  if (!kind) return fail(ErrorCode::kInvalidArgument, "'kty' must be RSA, EC or oct, or one of them with -HSM.");
  ReadJwk out{.kind = *kind, .open = {.type = kind->type}, .hidden = {}};
  if (kind->type == KeyType::kOct) {
    FH_TRY(out.hidden.k, secret_member(jwk, "k", 64));
    return out;
  }
  FH_TRY(out.hidden.d, secret_member(jwk, "d", kMaxNumberBytes));
  if (kind->type == KeyType::kEc) {
    FH_TRY(const auto crv, text_member(jwk, "crv", 16));
    const auto curve = curve_named(crv.value_or(""));
    if (!curve) return fail(ErrorCode::kInvalidArgument, "'crv' must be P-256, P-384, P-521 or P-256K.");
    out.open.curve = *curve;
    FH_TRY(out.open.x, bytes_member(jwk, "x", 66));
    FH_TRY(out.open.y, bytes_member(jwk, "y", 66));
    return out;
  }
  FH_TRY(out.open.n, bytes_member(jwk, "n", kMaxNumberBytes));
  FH_TRY(out.open.e, bytes_member(jwk, "e", 16));
  FH_TRY(out.hidden.p, secret_member(jwk, "p", kMaxNumberBytes));
  FH_TRY(out.hidden.q, secret_member(jwk, "q", kMaxNumberBytes));
  FH_TRY(out.hidden.dp, secret_member(jwk, "dp", kMaxNumberBytes));
  FH_TRY(out.hidden.dq, secret_member(jwk, "dq", kMaxNumberBytes));
  FH_TRY(out.hidden.qi, secret_member(jwk, "qi", kMaxNumberBytes));
  return out;
}

Json show_jwk(const crypto::PublicNumbers& numbers, const std::vector<std::string>& key_ops) {
  Json out = {{"kty", name_of(numbers.type)}, {"key_ops", key_ops}};
  if (numbers.type == KeyType::kRsa) {
    out["n"] = to_base64url(numbers.n);
    out["e"] = to_base64url(numbers.e);
  }
  if (numbers.type == KeyType::kEc) {
    out["crv"] = crypto::name_of(numbers.curve);
    out["x"] = to_base64url(numbers.x);
    out["y"] = to_base64url(numbers.y);
  }
  return out;
}

}  // namespace freehold::vault

#include "src/key_rules.h"

#include <algorithm>
#include <array>
#include <functional>

#include "base/encoding.h"

namespace freehold::vault {
namespace {

using crypto::KeyType;
using vault_errors::bad_parameter;
using vault_errors::not_implemented;

ApiResult<> read_size(const Json& body, KeySpec& spec) {
  FH_TRY(const auto size, said(number_member(body, "key_size")));
  if (spec.type == KeyType::kOct) spec.bits = 256;
  if (spec.type == KeyType::kEc || !size) return {};
  const bool rsa = spec.type == KeyType::kRsa;
  const bool good =
      rsa ? *size == 2'048 || *size == 3'072 || *size == 4'096 : *size == 128 || *size == 192 || *size == 256;
  if (!good) {
    return bad_parameter(rsa ? "'key_size' of an RSA key must be 2048, 3072 or 4096."
                             : "'key_size' of a symmetric key must be 128, 192 or 256.");
  }
  spec.bits = static_cast<unsigned>(*size);
  return {};
}

// Of an exponent with many small factors it takes long to find primes for.
bool is_prime(std::int64_t number) {
  for (std::int64_t i = 3; i * i <= number; i += 2) {
    if (number % i == 0) return false;
  }
  return true;
}

ApiResult<> read_exponent(const Json& body, KeySpec& spec) {
  FH_TRY(const auto exponent, said(number_member(body, "public_exponent")));
  if (!exponent || *exponent == 0) return {};
  if (*exponent < 65'537 || *exponent > std::int64_t{1} << 32 || *exponent % 2 == 0 || !is_prime(*exponent)) {
    return bad_parameter("'public_exponent' must be a prime, at least 65537 and at most 2^32.");
  }
  spec.exponent = static_cast<std::uint64_t>(*exponent);
  return {};
}

}  // namespace

ApiResult<> check_ops(const KeyKind& kind, const std::vector<std::string>& key_ops, crypto::Leaving leaving) {
  if (leaving == crypto::Leaving::kNever && std::ranges::find(key_ops, "export") != key_ops.end()) {
    return bad_parameter("The key operation 'export' is for exportable keys.");
  }
  if (std::ranges::find(key_ops, "import") != key_ops.end()) {
    if (key_ops.size() == 1 && kind.hsm && kind.type == KeyType::kRsa) return {};
    return bad_parameter("The key operation 'import' is for keys of type RSA-HSM, which then have no other.");
  }
  const bool none = kind.type == KeyType::kEc && std::ranges::any_of(key_ops, [](const auto& op) {
                      return op != "sign" && op != "verify" && op != "export";
                    });
  if (none) return bad_parameter("Elliptic curve keys sign and verify, and do nothing else: 'key_ops'.");
  return {};
}

ApiResult<> check_hsm(const KeyKind& kind, const Vault& vault) {
  if (!kind.hsm || vault.pool) return {};
  if (kind.type == KeyType::kOct) return vault_errors::key_type_not_supported("oct-HSM");
  if (vault.settings.sku != "premium") return bad_parameter("Hardware key operation not allowed on standard vault");
  return {};
}

ApiResult<> refuse_release(const Json& body) {
  if (!member(body, "release_policy").is_null()) return not_implemented("A key's release policy");
  FH_TRY(const auto exportable, said(bool_member(member(body, "attributes"), "exportable")));
  if (exportable && *exportable) return not_implemented("An exportable key");
  return {};
}

ApiResult<KeySpec> read_key_spec(const Json& body) {
  FH_CHECK_OK(refuse_release(body));
  return read_key_spec(body, crypto::Leaving::kNever);
}

ApiResult<KeySpec> read_key_spec(const Json& body, crypto::Leaving leaving) {
  FH_TRY(const auto kty, said(text_member(body, "kty", 16)));
  const auto kind = key_kind(kty.value_or(""));
  if (!kind) return bad_parameter("'kty' must be RSA, EC or oct, or one of them with -HSM.");
  KeySpec spec{.type = kind->type, .hsm = kind->hsm, .leaving = leaving};
  FH_CHECK_OK(read_size(body, spec));
  if (kind->type == KeyType::kRsa) {
    FH_CHECK_OK(read_exponent(body, spec));
  }
  FH_TRY(const auto crv, said(text_member(body, "crv", 16)));
  if (crv && kind->type == KeyType::kEc) {
    const auto curve = curve_named(*crv);
    if (!curve) return bad_parameter("'crv' must be P-256, P-384, P-521 or P-256K.");
    spec.curve = *curve;
  }
  FH_TRY(auto ops, said(read_key_ops(body)));
  spec.key_ops = ops ? std::move(*ops) : default_key_ops(spec.type);
  FH_CHECK_OK(check_ops(*kind, spec.key_ops, leaving));
  return spec;
}

KeyType type_of(const Json& shown) {
  const auto kind = key_kind(shown.value("kty", ""));
  return kind ? kind->type : KeyType::kRsa;
}

ApiResult<KeySpec> spec_of(const Json& shown) {
  KeySpec spec{.type = type_of(shown)};
  const auto kind = key_kind(shown.value("kty", ""));
  spec.hsm = kind && kind->hsm;
  if (const auto n = from_base64url(shown.value("n", "")); n && spec.type == KeyType::kRsa) {
    spec.bits = static_cast<unsigned>(n->size() * 8);
  }
  if (const auto e = from_base64url(shown.value("e", "")); e && spec.type == KeyType::kRsa) {
    spec.exponent = 0;
    for (const char c : *e) spec.exponent = spec.exponent << 8 | static_cast<unsigned char>(c);
  }
  if (spec.type == KeyType::kOct) spec.bits = static_cast<unsigned>(shown.value("bits", 256));
  if (const auto curve = curve_named(shown.value("crv", ""))) spec.curve = *curve;
  FH_TRY(auto ops, said(read_key_ops(shown)));
  if (ops) spec.key_ops = std::move(*ops);
  return spec;
}

ApiResult<> check_enabled(const ItemVersion& key, std::string_view operation) {
  return key.attributes.enabled ? ApiResult<>() : ApiResult<>(vault_errors::disabled(ItemKind::kKey, operation));
}

namespace {

// Taking a key's public part apart takes longer than all else that a use checks, and keys are used over and over: each
// thread keeps what it lately found in such texts.
const std::vector<std::string>& ops_in(const std::string& open) {
  struct Known {
    std::string open;
    std::vector<std::string> ops;
  };
  constexpr std::size_t kKnown = 64;
  thread_local std::array<Known, kKnown> known;
  auto& at = known[std::hash<std::string>()(open) % kKnown];
  if (at.open != open) {
    const Json shown = Json::parse(open, nullptr, false);
    std::vector<std::string> ops;
    for (const auto& op : member(shown, "key_ops")) {
      if (op.is_string()) ops.push_back(op.get<std::string>());
    }
    at = {open, std::move(ops)};
  }
  return at.ops;
}

}  // namespace

ApiResult<> check_use(const ItemVersion& key, const KeyUse& use, std::int64_t now) {
  const auto& attributes = key.attributes;
  FH_CHECK_OK(check_enabled(key, use.said));
  if (use.held_to_dates) {
    if (attributes.expires && *attributes.expires <= now) return vault_errors::key_outside_its_time(use.said, true);
    if (attributes.not_before && *attributes.not_before > now) {
      return vault_errors::key_outside_its_time(use.said, false);
    }
  }
  const auto& ops = ops_in(key.open);
  return std::ranges::find(ops, use.operation) != ops.end() ? ApiResult<>()
                                                            : ApiResult<>(vault_errors::key_not_for(use.said));
}

}  // namespace freehold::vault

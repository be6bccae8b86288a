#include "src/token_material.h"

#include "base/encoding.h"

namespace freehold::vault {
namespace {

constexpr std::uint8_t kHandleFormat = 1;
constexpr std::size_t kIdBytes = 16;

// Which vault the key is bound to: a backup takes it along.
Bytes handle_of(const Vault& vault) {
  Bytes out;
  append_u8(out, kHandleFormat);
  out += Bytes(vault.id.view());
  return out;
}

Bytes context_of(TenantId tenant, BytesView vault, std::string_view name, std::string_view version) {
  Bytes out = "freehold vault key";
  out += tenant.view();
  out += vault;
  append_sized(out, to_lower(name));
  append_sized(out, version);
  return out;
}

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "a key of a token is not as it was written"); }

}  // namespace

Result<crypto::PublicNumbers> public_numbers_of(const Json& shown) {
  const auto kind = key_kind(shown.value("kty", ""));
  const auto bytes = [&shown](const char* name) { return from_base64url(shown.value(name, "")).value_or(Bytes()); };
  if (!kind || !kind->hsm) return corrupt();
  crypto::PublicNumbers out{.type = kind->type};
  if (kind->type == crypto::KeyType::kOct) {
    out.bits = static_cast<unsigned>(shown.value("bits", 0));
    return out;
  }
  if (kind->type == crypto::KeyType::kRsa) {
    out.n = bytes("n");
    out.e = bytes("e");
    out.bits = static_cast<unsigned>(out.n.size() * 8);
    return out;
  }
  const auto curve = curve_named(shown.value("crv", ""));
  if (!curve) return corrupt();
  constexpr unsigned kBits[] = {256, 384, 521, 256};
  out.curve = *curve;
  out.bits = kBits[static_cast<std::size_t>(*curve)];
  out.x = bytes("x");
  out.y = bytes("y");
  return out;
}

Result<crypto::TokenKeys*> tokens_of(VaultParts& parts) {
  if (parts.tokens == nullptr) return fail(ErrorCode::kUnavailable, "there is no HSM token for keys of vaults");
  return parts.tokens;
}

crypto::TokenKeyPlace token_place(const KeyName& key) {
  return {.context = context_of(key.vault->tenant, key.vault->id.view(), key.name, key.version),
          .owner = Bytes(key.vault->id.view()),
          .turn = fair_key(key.vault->tenant),
          .leaving = key.leaving};
}

bool is_in_token(const ItemContent& content) { return content.protection == Protection::kToken; }

ItemContent content_of(const crypto::TokenKey& key, const std::vector<std::string>& key_ops, const KeyName& name) {
  Json shown = show_jwk(key.open, key_ops);
  shown["kty"] = std::string(name_of(key.open.type)) + "-HSM";
  if (key.open.type == crypto::KeyType::kOct) shown["bits"] = key.open.bits;
  return {.shown = {.version = name.version, .open = shown.dump()},
          .protection = Protection::kToken,
          .handle = handle_of(*name.vault),
          .material = Secret(BytesView(key.wrapped))};
}

Result<crypto::TokenKeyUse> token_use(const KeyName& name, const ItemContent& content, std::uint64_t forgets) {
  const Json shown = Json::parse(content.shown.open, nullptr, false);
  if (!shown.is_object()) return corrupt();
  FH_TRY(auto open, public_numbers_of(shown));
  return crypto::TokenKeyUse{.key = {.open = std::move(open), .wrapped = Bytes(content.material.view())},
                             .place = token_place(name),
                             .forgets = forgets};
}

std::uint64_t forgets_of(const VaultParts& parts) { return parts.tokens == nullptr ? 0 : parts.tokens->forgets(); }

void drop_unwrapped(VaultParts& parts, VaultId vault) {
  if (parts.tokens != nullptr) parts.tokens->forget(Bytes(vault.view()));
}

Task<Result<ItemContent>> make_version(VaultParts& parts, VaultPtr vault, std::string name, KeySpec spec) {
  KeyName key{.vault = vault, .name = std::move(name), .version = new_version(parts.random), .leaving = spec.leaving};
  const auto key_ops = spec.key_ops;
  if (!spec.hsm) {
    FH_CO_TRY(const auto made, co_await make_key(parts, vault->tenant, std::move(spec)));
    co_return content_of(made, key_ops, std::move(key.version), {});
  }
  FH_CO_TRY(auto* const tokens, tokens_of(parts));
  const crypto::TokenKeySpec asked{
      .type = spec.type, .bits = spec.bits, .exponent = spec.exponent, .curve = spec.curve};
  FH_CO_TRY(const auto made, co_await tokens->make(asked, token_place(key)));
  co_return content_of(made, key_ops, key);
}

Task<Result<std::vector<ItemContent>>> bind_here(VaultParts& parts, VaultPtr vault, TenantId tenant, std::string name,
                                                 std::vector<ItemContent> versions) {
  for (auto& each : versions) {
    if (!is_in_token(each)) continue;
    if (vault->settings.sku != "premium" && !vault->pool) {
      co_return fail(ErrorCode::kInvalidArgument, "Hardware key operation not allowed on standard vault");
    }
    ByteReader handle(each.handle);
    const auto format = handle.u8();
    const Bytes from(handle.rest());
    if (format != kHandleFormat || from.size() != kIdBytes) co_return corrupt();
    const KeyName here{.vault = vault, .name = name, .version = each.shown.version};
    FH_CO_TRY(auto use, token_use(here, each, 0));
    FH_CO_TRY(auto* const tokens, tokens_of(parts));
    crypto::TokenKeyPlace before = use.place;
    before.context = context_of(tenant, from, name, each.shown.version);
    FH_CO_TRY(const auto moved, co_await tokens->move(std::move(use.key), std::move(before), token_place(here)));
    each.material = Secret(BytesView(moved.wrapped));
    each.handle = handle_of(*vault);
  }
  co_return std::move(versions);
}

}  // namespace freehold::vault

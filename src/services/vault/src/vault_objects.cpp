#include "src/vault_objects.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/certificate_checks.h"
#include "src/certificate_rules.h"
#include "src/object_policies.h"
#include "src/rotation_rules.h"

namespace freehold::vault {
namespace {

using gate::resource::DataPage;
using gate::resource::ResourceId;

constexpr std::uint32_t kPage = 200;

std::optional<ItemKind> kind_of(std::string_view type) {
  for (const auto kind : {ItemKind::kKey, ItemKind::kSecret, ItemKind::kCertificate}) {
    if (equals_ignoring_case(object_type(kind).type, type)) return kind;
  }
  return std::nullopt;
}

bool is_seen(ItemKind kind, const ItemHead& head) {
  return !head.current.version.empty() && (kind == ItemKind::kCertificate || !head.current.managed);
}

Json seen(ItemKind kind, const ItemHead& head) {
  if (kind == ItemKind::kKey) return seen_key(head.current, rotation_due(head));
  if (kind == ItemKind::kSecret) return seen_secret(head.current);
  return seen_certificate(member(kept_of(head), "policy"), head.current, issuer_name_of(head.current));
}

}  // namespace

std::string_view VaultObjects::container_type() const { return "Microsoft.KeyVault/vaults"; }
std::string_view VaultObjects::mode() const { return kObjectMode; }

Task<Result<DataPage>> VaultObjects::page(ResourceId container, std::string type, std::string from,
                                          gate::resource::Caller caller) {
  DataPage out;
  const auto kind = kind_of(type);
  auto vault = parts_.vaults.known(container.name());
  const bool there =
      kind && vault && vault->tenant == caller.tenant && equals_ignoring_case(vault_path(*vault), container.text());
  if (!there) co_return out;
  FH_CO_TRY(const VaultPtr opened, co_await parts_.vaults.opened(std::move(vault)));
  FH_CO_TRY(const auto found, co_await parts_.items.list(opened, *kind, Life::kLive, from, kPage));
  const auto& row = object_type(*kind);
  const std::string collection(row.type.substr(row.type.rfind('/') + 1));
  for (const auto& head : found.items) {
    if (!is_seen(*kind, head)) continue;
    out.objects.push_back({.container = container,
                           .mode = kObjectMode,
                           .type = row.type,
                           .name = collection + "/" + head.name,
                           .resource = seen(*kind, head),
                           .caller = caller});
  }
  out.next = found.next;
  co_return out;
}

}  // namespace freehold::vault

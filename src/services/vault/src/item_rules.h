// What requests say of any kind of object (attributes, tags), and how objects are named and shown. Pure.
//
// Sources: "Keys", "Secrets" of the Key Vault data plane reference (attributes, recoveryLevel, maxresults).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/item_row.h"
#include "src/vault_call.h"

namespace freehold::vault {

// One kind of object as the API has it.
struct KindApi {
  ItemKind kind;
  std::string_view collection;  // "secrets"
  std::string_view deleted;     // "deletedsecrets"
  // One version, and one in a list; `id` is its URL.
  Json (*show)(const ItemVersion& version, const std::string& id);
  Json (*show_listed)(const ItemVersion& version, const std::string& id);
};
extern const KindApi kSecretApi;
extern const KindApi kKeyApi;

// "https://v1.vault.D:8443/secrets/s1[/version]".
[[nodiscard]] std::string item_id(const VaultCall& call, const KindApi& api, std::string_view name,
                                  std::string_view version = {});

// What a body says of attributes: what it doesn't name stays. 400 BadParameter: no times, or nbf behind exp.
[[nodiscard]] ApiResult<> read_attributes(const Json& body, ItemAttributes& attributes);
// "tags": 15 at most, 256 characters a name and a value; they replace all of before. Absent: they stay.
[[nodiscard]] ApiResult<> read_tags(const Json& body, std::map<std::string, std::string>& tags);

[[nodiscard]] Json show_attributes(const ItemAttributes& attributes, const VaultSettings& vault);
// Puts "attributes" and "tags" to what the kind shows.
[[nodiscard]] Json show_item(const VaultCall& call, const KindApi& api, std::string_view name,
                             const ItemVersion& version);
[[nodiscard]] Json show_deleted(const VaultCall& call, const KindApi& api, const ItemHead& head);
// In lists no version is named, in a list of versions each.
[[nodiscard]] Json show_listed(const VaultCall& call, const KindApi& api, const ItemHead& head);
[[nodiscard]] Json show_listed_version(const VaultCall& call, const KindApi& api, std::string_view name,
                                       const ItemVersion& version);
[[nodiscard]] Json show_listed_deleted(const VaultCall& call, const KindApi& api, const ItemHead& head);

// The names of a path, checked: 400 BadParameter.
[[nodiscard]] ApiResult<std::string> name_in(const VaultCall& call);
// The version of a path, empty if there is none; 404 for what is no version.
[[nodiscard]] ApiResult<std::string> version_in(const VaultCall& call, const KindApi& api);

// maxresults (1 to 25, 25 if it isn't named) and $skiptoken.
struct PageAsked {
  std::uint32_t limit = 25;
  std::string from = {};
};
[[nodiscard]] ApiResult<PageAsked> page_asked(const VaultCall& call);
// {"value": [...], "nextLink": ...}; `next` is where the next page goes on.
[[nodiscard]] Json page_json(const VaultCall& call, const PageAsked& asked, Json items, std::string_view next);

}  // namespace freehold::vault

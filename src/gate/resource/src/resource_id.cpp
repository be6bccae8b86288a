#include "resource/resource_id.h"

#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"

namespace freehold::gate::resource {
namespace {

constexpr std::string_view kForbidden = "<>%&\\?/*#\"";

bool may_stand_in_name(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x20 && u != 0x7f && !kForbidden.contains(c);
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxNameBytes && name != "." && name != ".." && name.front() != ' ' &&
         name.back() != ' ' && std::ranges::all_of(name, may_stand_in_name) && is_valid_utf8(name);
}

bool may_stand_in_type(char c) {
  c = ascii_lower(c);
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' || c == '$';
}

// Namespaces and types are words of providers, not of customers.
bool is_word(std::string_view word) {
  return !word.empty() && word.size() <= kMaxNameBytes && std::ranges::all_of(word, may_stand_in_type);
}

// The segments of a path, one after the other. Ids are as they are, paths are decoded.
class Segments {
 public:
  Segments(std::string_view rest, bool encoded) : rest_(rest), encoded_(encoded) {}
  [[nodiscard]] bool done() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  // nullopt: there is none, or it is empty or broken.
  [[nodiscard]] std::optional<std::string> take() {
    if (!rest_.starts_with('/')) return std::nullopt;
    const auto raw = rest_.substr(1, rest_.find('/', 1) - 1);
    auto decoded = encoded_ ? percent_decode(raw) : std::string(raw);
    if (!decoded || decoded->empty()) return std::nullopt;
    rest_.remove_prefix(1 + raw.size());
    return decoded;
  }
  [[nodiscard]] bool take_word(std::string_view word) {
    const auto before = rest_;
    const auto found = take();
    if (found && equals_ignoring_case(*found, word)) return true;
    rest_ = before;
    return false;
  }

 private:
  std::string_view rest_;
  bool encoded_;
};

// One "/providers/..." with all its pairs of type and name; leaves what has no name. False: malformed. A name may be
// "providers" where nothing follows it: else "a/x/providers/NS/locks/y" would read as something that stands beside `a`,
// while routes take it for a lock on what is below `a`.
bool take_part(Segments& segments, ResourceId& id) {
  auto provider = segments.take();
  if (!provider || !is_word(*provider) || id.parts.size() == kMaxParts) return false;
  IdPart part{.provider = std::move(*provider), .types = {}, .names = {}};
  while (!segments.done()) {
    Segments ahead = segments;
    auto type = ahead.take();
    if (!type || equals_ignoring_case(*type, "providers") || ahead.done()) break;
    auto name = ahead.take();
    if (!name || !is_word(*type) || !is_name(*name) || part.types.size() == kMaxTypes) return false;
    if (equals_ignoring_case(*name, "providers") && !ahead.done()) return false;
    part.types.push_back(std::move(*type));
    part.names.push_back(std::move(*name));
    segments = ahead;
  }
  id.parts.push_back(std::move(part));
  return true;
}

// As much of an id as there is. False: malformed.
bool take_id(Segments& segments, ResourceId& id) {
  Segments before = segments;
  if (segments.take_word("subscriptions")) {
    if (segments.done()) {
      segments = before;
      return true;
    }
    const auto text = segments.take();
    id.subscription = text ? parse_guid<SubscriptionId>(*text) : std::nullopt;
    if (!id.subscription) return false;
    before = segments;
    if (segments.take_word("resourceGroups")) {
      if (segments.done()) {
        segments = before;
        return true;
      }
      auto group = segments.take();
      if (!group || !is_group_name(*group)) return false;
      id.group = std::move(*group);
    }
  }
  for (before = segments; segments.take_word("providers"); before = segments) {
    const auto parts = id.parts;
    if (!segments.done()) {
      if (!take_part(segments, id)) return false;
      if (!id.parts.back().types.empty()) continue;
    }
    id.parts = parts;  // a provider, or a list of a type's: what stands before it is meant
    segments = before;
    break;
  }
  return true;
}

// "/x/providers/NS.Y/...": something on something that no id names. A provider has a dot in its name.
bool hides_provider(std::string_view rest) {
  constexpr std::string_view kProviders = "/providers/";
  for (auto at = rest.find('/', 1); at != rest.npos; at = rest.find('/', at + 1)) {
    if (!equals_ignoring_case(rest.substr(at, kProviders.size()), kProviders)) continue;
    const auto provider = rest.substr(at + kProviders.size());
    if (provider.substr(0, provider.find('/')).contains('.')) return true;
  }
  return false;
}

}  // namespace

std::string IdPart::type() const {
  std::string out = provider;
  for (const auto& word : types) out.append("/").append(word);
  return out;
}

ScopeKind ResourceId::kind() const {
  if (parts.size() == 1 && !management_group().empty() && parts[0].names.size() == 1) {
    return ScopeKind::kManagementGroup;
  }
  if (!parts.empty()) return ScopeKind::kResource;
  if (!group.empty()) return ScopeKind::kResourceGroup;
  return subscription ? ScopeKind::kSubscription : ScopeKind::kTenant;
}

std::string ResourceId::text() const {
  std::string out;
  if (subscription) out.append("/subscriptions/").append(to_string(*subscription));
  if (!group.empty()) out.append("/resourceGroups/").append(group);
  for (const auto& part : parts) {
    out.append("/providers/").append(part.provider);
    for (std::size_t i = 0; i < part.types.size(); ++i) {
      out.append("/").append(part.types[i]).append("/").append(part.names[i]);
    }
  }
  return out.empty() ? "/" : out;
}

std::string ResourceId::type() const {
  if (!parts.empty()) return parts.back().type();
  if (!group.empty()) return "Microsoft.Resources/resourceGroups";
  return subscription ? "Microsoft.Resources/subscriptions" : "Microsoft.Resources/tenants";
}

std::string ResourceId::name() const {
  if (!parts.empty()) return parts.back().names.back();
  if (!group.empty()) return group;
  return subscription ? to_string(*subscription) : std::string();
}

std::string ResourceId::full_name() const {
  if (parts.empty()) return name();
  std::string out;
  for (const auto& each : parts.back().names) out.append(out.empty() ? "" : "/").append(each);
  return out;
}

std::string_view ResourceId::management_group() const {
  if (subscription || parts.empty()) return {};
  const auto& first = parts.front();
  const bool is_one = !first.types.empty() && equals_ignoring_case(first.provider, "Microsoft.Management") &&
                      equals_ignoring_case(first.types[0], "managementGroups");
  return is_one ? std::string_view(first.names[0]) : std::string_view();
}

ResourceId ResourceId::parent() const {
  ResourceId out = *this;
  if (!out.parts.empty() && out.parts.back().types.size() > 1) {
    out.parts.back().types.pop_back();
    out.parts.back().names.pop_back();
  } else if (!out.parts.empty()) {
    out.parts.pop_back();
  } else if (!out.group.empty()) {
    out.group.clear();
  } else {
    out.subscription.reset();
  }
  return out;
}

ResourceId ResourceId::scope() const {
  ResourceId out = *this;
  if (!out.parts.empty()) out.parts.pop_back();
  return out;
}

std::string key_of(const ResourceId& id) { return to_lower(id.text()); }

std::optional<ResourceId> parse_resource_id(std::string_view text) {
  while (text.size() > 1 && text.ends_with('/')) text.remove_suffix(1);
  if (!text.starts_with('/') || text.size() > authz::kMaxScopeBytes) return std::nullopt;
  ResourceId id;
  if (text == "/") return id;
  Segments segments(text, false);
  if (!take_id(segments, id) || !segments.done()) return std::nullopt;
  return id;
}

std::optional<ResourcePath> parse_resource_path(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  if (!path.starts_with('/')) return std::nullopt;
  if (path == "/") return ResourcePath{};
  ResourcePath out;
  Segments segments(path, true);
  if (!take_id(segments, out.id) || out.id.text().size() > authz::kMaxScopeBytes) return std::nullopt;
  out.rest = segments.rest();
  if (hides_provider(out.rest)) return std::nullopt;
  return out;
}

authz::ScopeChain chain_of(const ResourceId& id, TenantId tenant, const authz::ManagementTree& tree) {
  authz::ScopeChain chain = authz::tenant_chain(tenant);
  std::size_t part = 0;
  std::size_t pair = 0;
  if (id.subscription) {
    chain = authz::subscription_chain(tenant, *id.subscription, tree);
  } else if (!id.management_group().empty()) {
    chain = authz::management_group_chain(tenant, id.management_group(), tree);
    pair = 1;
  }
  if (!id.group.empty()) chain = authz::with_below(std::move(chain), "/resourcegroups/" + id.group);
  for (; part < id.parts.size(); ++part, pair = 0) {
    const auto& each = id.parts[part];
    for (; pair < each.types.size(); ++pair) {
      const std::string front = pair == 0 ? "/providers/" + each.provider : std::string();
      chain = authz::with_below(std::move(chain), front + "/" + each.types[pair] + "/" + each.names[pair]);
    }
  }
  return chain;
}

bool is_group_name(std::string_view name) {
  const auto good = [](char c) {
    const char l = ascii_lower(c);
    const bool ascii = (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || std::string_view("-_.()").contains(c);
    return ascii || static_cast<unsigned char>(c) >= 0x80;
  };
  return !name.empty() && name.size() <= kMaxGroupNameBytes && !name.ends_with('.') &&
         std::ranges::all_of(name, good) && is_valid_utf8(name);
}

}  // namespace freehold::gate::resource

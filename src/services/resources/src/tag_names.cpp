// The names of tags that a subscription knows: those that were made beforehand, and those that are in use.
#include <algorithm>
#include <map>

#include "base/encoding.h"
#include "src/arm_errors.h"
#include "src/tag_operations.h"

namespace freehold::resources {
namespace {

using gate::Permit;
using gate::resource::ScopeKind;
using http::Method;

constexpr std::string_view kRead = "Microsoft.Resources/subscriptions/tagNames/read";
constexpr std::string_view kWrite = "Microsoft.Resources/subscriptions/tagNames/write";
constexpr std::string_view kDelete = "Microsoft.Resources/subscriptions/tagNames/delete";
constexpr std::string_view kValueWrite = "Microsoft.Resources/subscriptions/tagNames/tagValues/write";
constexpr std::string_view kValueDelete = "Microsoft.Resources/subscriptions/tagNames/tagValues/delete";

constexpr std::size_t kMaxTagNamesBytes = 24 * 1'024;  // a subscription's are one row, and escaped they may double

// "/tagNames/NAME/tagValues/VALUE"
struct Named {
  std::string name;
  std::string value;
};
ApiResult<Named> read_names(const ArmCall& call) {
  std::vector<std::string> words;
  std::string_view rest = call.rest;
  while (rest.starts_with('/')) {
    rest.remove_prefix(1);
    const auto word = percent_decode(rest.substr(0, rest.find('/')));
    rest.remove_prefix(std::min(rest.size(), rest.find('/')));
    words.push_back(word.value_or(""));
  }
  Named out{.name = words.size() > 1 ? words[1] : "", .value = words.size() > 3 ? words[3] : ""};
  const bool good = !out.name.empty() && out.name.size() <= kMaxTagNameBytes && is_valid_utf8(out.name) &&
                    out.name.find_first_of("<>%&\\?/") == std::string::npos && out.value.size() <= kMaxTagValueBytes &&
                    is_valid_utf8(out.value);
  if (!good) return std::unexpected(arm_errors::invalid_tags("The name or value of the tag is not valid."));
  return out;
}

using Counts = std::map<std::string, std::map<std::string, std::uint64_t>>;

void count_tags(const Json& resource, Counts& counts) {
  const auto tags = resource.find("tags");
  if (tags == resource.end() || !tags->is_object()) return;
  for (const auto& [name, value] : tags->items()) {
    if (value.is_string()) ++counts[name][value.get<std::string>()];
  }
}

gate::Task<ApiResult<Counts>> counted(const ArmParts& parts, ArmCall call) {
  Counts counts;
  for (const auto& [name, values] : call.subscription->tag_names) {
    counts[name];
    for (const auto& value : values) counts[name][value];
  }
  for (const auto& [key, group] : call.state->groups) {
    if (group->subscription != call.subscription->id) continue;
    for (const auto& [name, value] : group->tags) ++counts[name][value];
  }
  for (const auto& [name, value] : call.subscription->tags) ++counts[name][value];
  for (const auto& type : parts.registry.types()) {
    if (!type.taggable || type.at != ScopeKind::kResourceGroup || type.type.contains('/')) continue;
    FH_CO_TRY(const auto found,
              co_await type.behind->list(type, {.tenant = call.caller.tenant, .subscription = call.subscription->id},
                                         {.api_version = type.api_versions.front(), .caller = call.caller}));
    for (const auto& resource : found) count_tags(resource, counts);
  }
  co_return counts;
}

Json count_json(std::uint64_t n) { return {{"type", "Total"}, {"value", n}}; }

Json name_json(const ArmCall& call, const std::string& name, const std::map<std::string, std::uint64_t>& values) {
  const std::string id = "/subscriptions/" + to_string(call.subscription->id) + "/tagNames/" + name;
  Json list = Json::array();
  std::uint64_t total = 0;
  for (const auto& [value, n] : values) {
    total += n;
    list.push_back({{"id", id + "/tagValues/" + value}, {"tagValue", value}, {"count", count_json(n)}});
  }
  return {{"id", id}, {"tagName", name}, {"count", count_json(total)}, {"values", std::move(list)}};
}

gate::Task<Reply> list_names(const ArmParts& parts, Permit<ListTagNames> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto counts, co_await counted(parts, call));
  std::vector<Json> items;
  for (const auto& [name, values] : counts) items.push_back(name_json(call, name, values));
  co_return list_answer(permit.request(), call, std::move(items));
}

using Names = std::map<std::string, std::vector<std::string>>;
using NamesEdit = std::function<ApiResult<int>(Names&)>;  // the status to answer

gate::Task<ApiResult<int>> change_names(const ArmParts& parts, ArmCall call, NamesEdit edit) {
  int status = 200;
  const auto apply = [&](Draft& draft) -> ApiResult<> {
    Subscription changed = *draft.state().subscription(*call.id.subscription);
    FH_TRY(status, edit(changed.tag_names));
    std::size_t bytes = 0;
    for (const auto& [name, values] : changed.tag_names) {
      bytes += name.size() + 8;
      for (const auto& value : values) bytes += value.size() + 4;
    }
    if (bytes > kMaxTagNamesBytes)
      return std::unexpected(arm_errors::too_many("bytes of tag names", kMaxTagNamesBytes));
    draft.put(std::move(changed));
    return {};
  };
  FH_CO_CHECK_OK(co_await parts.store.change(call.caller.tenant, apply));
  co_return status;
}

gate::Task<Reply> put_name(const ArmParts& parts, Permit<PutTagName> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto named, read_names(call));
  FH_CO_TRY(const auto status, co_await change_names(parts, call, [&](Names& names) -> ApiResult<int> {
              if (names.contains(named.name)) return 200;
              if (names.size() >= kMaxTagNames) return std::unexpected(arm_errors::too_many("tag names", kMaxTagNames));
              names[named.name];
              return 201;
            }));
  co_return json_answer(status, name_json(call, named.name, {}));
}

gate::Task<Reply> delete_name(const ArmParts& parts, Permit<DeleteTagName> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto named, read_names(call));
  FH_CO_TRY(const auto status, co_await change_names(parts, call, [&](Names& names) -> ApiResult<int> {
              const auto at = names.find(named.name);
              if (at == names.end()) return 204;
              if (!at->second.empty()) {
                return std::unexpected(arm_errors::make(409, "TagNameHasValues", "The tag's values go first."));
              }
              names.erase(at);
              return 200;
            }));
  co_return empty_answer(status);
}

gate::Task<Reply> put_value(const ArmParts& parts, Permit<PutTagValue> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto named, read_names(call));
  FH_CO_TRY(const auto status, co_await change_names(parts, call, [&](Names& names) -> ApiResult<int> {
              const auto at = names.find(named.name);
              if (at == names.end()) {
                return std::unexpected(arm_errors::make(404, "TagNameNotFound", "There is no such tag name."));
              }
              if (std::ranges::find(at->second, named.value) != at->second.end()) return 200;
              if (at->second.size() >= kMaxTagNames) {
                return std::unexpected(arm_errors::too_many("values of the tag", kMaxTagNames));
              }
              at->second.push_back(named.value);
              return 201;
            }));
  const std::string id = "/subscriptions/" + to_string(call.subscription->id) + "/tagNames/" + named.name;
  co_return json_answer(
      status, {{"id", id + "/tagValues/" + named.value}, {"tagValue", named.value}, {"count", count_json(0)}});
}

gate::Task<Reply> delete_value(const ArmParts& parts, Permit<DeleteTagValue> permit) {
  FH_CO_TRY(const auto call, read_call(parts, permit));
  FH_CO_TRY(const auto named, read_names(call));
  FH_CO_TRY(const auto status, co_await change_names(parts, call, [&](Names& names) -> ApiResult<int> {
              const auto at = names.find(named.name);
              return at != names.end() && std::erase(at->second, named.value) > 0 ? 200 : 204;
            }));
  co_return empty_answer(status);
}

}  // namespace

void add_tag_name_routes(ArmGate& gate, const ArmParts& parts) {
  constexpr std::string_view kNames = "/subscriptions/{subscription}/tagNames";
  constexpr std::string_view kName = "/subscriptions/{subscription}/tagNames/{name}";
  constexpr std::string_view kValue = "/subscriptions/{subscription}/tagNames/{name}/tagValues/{value}";
  gate.add_as<ListTagNames>(kRead, arm_row(Method::kGet, kNames, kRead),
                            [&parts](Permit<ListTagNames> permit) { return list_names(parts, std::move(permit)); });
  gate.add_as<PutTagName>(kWrite, arm_row(Method::kPut, kName, kWrite),
                          [&parts](Permit<PutTagName> permit) { return put_name(parts, std::move(permit)); });
  gate.add_as<DeleteTagName>(kDelete, arm_row(Method::kDelete, kName, kDelete),
                             [&parts](Permit<DeleteTagName> permit) { return delete_name(parts, std::move(permit)); });
  gate.add_as<PutTagValue>(kValueWrite, arm_row(Method::kPut, kValue, kValueWrite),
                           [&parts](Permit<PutTagValue> permit) { return put_value(parts, std::move(permit)); });
  gate.add_as<DeleteTagValue>(
      kValueDelete, arm_row(Method::kDelete, kValue, kValueDelete),
      [&parts](Permit<DeleteTagValue> permit) { return delete_value(parts, std::move(permit)); });
}

}  // namespace freehold::resources

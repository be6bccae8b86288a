#include "src/certificate_requests.h"

#include "base/encoding.h"
#include "src/certificate_checks.h"

namespace freehold::vault {
namespace {

using FoundContent = std::shared_ptr<const ItemContent>;

bool is_cancelled(const Json& open) { return open.value("cancelled", false); }

Json show_waiting(const VaultCall& call, std::string_view name, const ItemContent& content) {
  const std::string id = item_id(call, kCertificateApi, name);
  const Json open = Json::parse(content.shown.open, nullptr, false);
  return {{"id", id + "/pending"},
          {"issuer", {{"name", kUnknown}}},
          {"csr", open.value("csr", "")},
          {"cancellation_requested", is_cancelled(open)},
          {"status", is_cancelled(open) ? "cancelled" : "inProgress"},
          {"status_details", is_cancelled(open)
                                 ? "The request was cancelled."
                                 : "Pending certificate created. Please perform merge to complete the request."},
          {"request_id", open.value("request_id", "")}};
}

Task<ApiResult<FoundContent>> find_waiting(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  co_return said(co_await parts.items.find(call.vault, kWaiting, name, ""));
}

// The certificates of "x5c", the one for the key first.
ApiResult<std::vector<Bytes>> read_chain(const Json& body) {
  FH_TRY(const auto* list, said(array_member(body, "x5c", crypto::kMaxChain)));
  if (list == nullptr || list->empty())
    return vault_errors::bad_parameter("'x5c' is required: a list of certificates.");
  std::vector<Bytes> out;
  for (const auto& each : *list) {
    auto der = each.is_string() ? from_base64(each.get_ref<const std::string&>()) : std::nullopt;
    if (!der || !crypto::certificate_facts(*der)) {
      return vault_errors::bad_parameter("'x5c' has something that is no certificate in base64.");
    }
    out.push_back(std::move(*der));
  }
  return out;
}

// As it was when it was made, to rest as a certificate's: what waits is erased when that is there. Those of earlier
// builds have no more than the type besides.
ApiResult<CertificateKey> key_that_waits(const ItemContent& found, const Json& open) {
  ItemContent key = found.clone();
  key.erasure = {};
  key.shown = {.version = found.shown.version, .open = open.value("key", Json{{"kty", open.value("kty", "")}}.dump())};
  auto out = key_as_kept(key);
  if (out && out->here)
    out->content.shown.open = content_of(*out->here, default_key_ops(out->open.type), "", {}).shown.open;
  return out;
}

}  // namespace

Task<Reply> begin_request(VaultParts& parts, VaultCall& call, NewCertificate made) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto key, co_await make_certificate_key(parts, call.vault, name, made.policy));
  FH_CO_TRY(auto document, said(crypto::unsigned_request(key.open, terms_of(made.policy))));
  FH_CO_TRY(const Bytes csr, co_await sign_document(parts, call.vault, name, key, std::move(document)));
  const auto content = std::make_shared<ItemContent>(key.content.clone());
  content->shown = {.version = key.content.shown.version, .attributes = made.attributes, .tags = made.tags};
  content->shown.attributes.created = content->shown.attributes.updated = call.seconds();
  content->shown.open = Json{{"policy", made.policy},
                             {"csr", to_base64(csr)},
                             {"kty", name_of(key.open.type)},
                             {"key", key.content.shown.open},
                             {"request_id", to_hex(parts.random.bytes(16))}}
                            .dump();
  const auto edit = [content, name](const ItemState& state) -> ApiResult<ItemChange> {
    if (state.live) return vault_errors::exists(ItemKind::kCertificate, name + "/pending");
    if (state.deleted) return vault_errors::being_purged(ItemKind::kCertificate, name + "/pending");
    return ItemChange{.live = ItemHead{.name = name, .current = content->shown}, .versions = {content}};
  };
  const auto done = co_await parts.items.change(call.vault, kWaiting, name, {}, edit, call.audit);
  if (!done) co_return vault_errors::of(done.error());
  FH_CO_CHECK_OK(*done);
  auto response = json_answer(show_waiting(call, name, *content));
  response.status = 202;
  co_return response;
}

Task<ApiResult<Json>> waiting_operation(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto found, co_await find_waiting(parts, call));
  if (!found) co_return Json(nullptr);
  co_return show_waiting(call, call.segment(1), *found);
}

Task<ApiResult<Json>> waiting_certificate(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto found, co_await find_waiting(parts, call));
  if (!found) co_return Json(nullptr);
  const std::string id = item_id(call, kCertificateApi, call.segment(1));
  const Json open = Json::parse(found->shown.open, nullptr, false);
  ItemAttributes attributes = found->shown.attributes;
  attributes.enabled = false;
  Json out = {{"id", id + "/" + found->shown.version},
              {"attributes", show_attributes(attributes, call.vault->settings)},
              {"tags", found->shown.tags},
              {"policy", open.value("policy", Json::object())},
              {"pending", {{"id", id + "/pending"}}}};
  out["policy"]["id"] = id + "/policy";
  co_return out;
}

Task<ApiResult<>> drop_request(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  const auto edit = [name](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.live) return vault_errors::not_found(ItemKind::kCertificate, name + "/pending");
    ItemChange change{.deleted = *state.live, .remove_live = true};
    change.deleted->purging = true;
    return change;
  };
  const auto done = co_await parts.items.change(call.vault, kWaiting, name, {}, edit, call.audit);
  if (!done) co_return vault_errors::of(done.error());
  FH_CO_CHECK_OK(*done);
  co_return said(co_await parts.items.purge(call.vault, kWaiting, name));
}

Task<ApiResult<ItemHead>> merge_request(VaultParts& parts, VaultCall& call, NewCertificate made) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto found, co_await find_waiting(parts, call));
  if (!found) co_return vault_errors::not_found(ItemKind::kCertificate, name + "/pending");
  FH_CO_TRY(auto chain, read_chain(call.body));
  const Json open = Json::parse(found->shown.open, nullptr, false);
  if (is_cancelled(open)) co_return vault_errors::bad_parameter("The request was cancelled: nothing can be merged.");
  FH_CO_TRY(auto key, key_that_waits(*found, open));
  if (!crypto::certifies(chain.front(), key.open)) {
    co_return vault_errors::bad_parameter("The first certificate of 'x5c' is for another key than the one that waits.");
  }
  made.policy = open.value("policy", Json::object());
  made.request = found->shown.version;
  if (made.tags.empty()) made.tags = found->shown.tags;
  Bytes own = std::move(chain.front());
  chain.erase(chain.begin());
  made.check = check_of(parts, call, name, made);
  co_return co_await put_certificate(parts, call.vault, name, std::move(key), std::move(own), std::move(chain),
                                     std::move(made), call.seconds(), call.audit);
}

Task<ApiResult<Json>> cancel_request(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  const auto shown = std::make_shared<Json>(nullptr);
  const auto edit = [name, shown, &call](const ItemState& state) -> ApiResult<ItemChange> {
    if (!state.live || !state.version) return ItemChange{};
    auto next = std::make_shared<ItemContent>(state.version->clone());
    Json open = Json::parse(next->shown.open, nullptr, false);
    open["cancelled"] = true;
    next->shown.open = open.dump();
    *shown = show_waiting(call, name, *next);
    ItemChange change{.live = *state.live};
    change.live->current = next->shown;
    change.versions.push_back(std::move(next));
    return change;
  };
  const auto done =
      co_await parts.items.change(call.vault, kWaiting, name, {VersionWanted::Which::kNewest, ""}, edit, call.audit);
  if (!done) co_return vault_errors::of(done.error());
  FH_CO_CHECK_OK(*done);
  co_return std::move(*shown);
}

}  // namespace freehold::vault

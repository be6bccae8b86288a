#include "src/graph_gate.h"

#include <nlohmann/json.hpp>

#include "authn/audience.h"
#include "base/encoding.h"
#include "base/json_depth.h"
#include "src/directory_roles.h"
#include "src/graph_errors.h"
#include "src/password_check.h"

namespace freehold::directory {
namespace {

using nlohmann::json;
namespace errors = graph_errors;

constexpr std::size_t kMaxBody = 256 * 1'024;
constexpr std::size_t kMaxSegments = 8;

struct GraphOperation {};

std::unexpected<gate::ApiError> refuse(gate::ApiError error) { return std::unexpected(std::move(error)); }

// Decoded one by one, so that an encoded slash stays in its segment.
gate::ApiResult<std::vector<std::string>> segments_of(std::string_view path) {
  std::vector<std::string> out;
  path.remove_prefix(1);
  while (!path.empty()) {
    const auto slash = path.find('/');
    auto segment = percent_decode(path.substr(0, slash));
    if (!segment || !is_valid_utf8(*segment) || out.size() > kMaxSegments) return refuse(errors::no_such_path(path));
    out.push_back(std::move(*segment));
    path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
  }
  out.erase(out.begin());  // "v1.0"
  return out;
}

// A path that no route takes may name somebody anywhere: "/beta/users/ada@...", "/v1.0/users('ada@...')".
std::string without_names(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const auto segment = path.substr(0, path.find('/'));
    const auto decoded = percent_decode(segment);
    out += decoded && decoded->find('@') == decoded->npos ? segment : "(a name)";
    path.remove_prefix(segment.size());
    if (path.empty()) break;
    out += '/';
    path.remove_prefix(1);
  }
  return out;
}

// A principal name says whose it is: no other tenant is asked.
std::shared_ptr<const User> user_named(const DirectoryStore& store, std::string_view name, std::string_view domain) {
  const auto own = name.substr(std::min(name.size(), name.find('@') + 1));
  for (const TenantId tenant : store.tenants()) {
    const auto directory = store.snapshot(tenant);
    if (!directory || !equals_ignoring_case(directory->domain(domain), own)) continue;
    if (auto user = directory->user_named(name)) return user;
  }
  return nullptr;
}

// The path for the record: a user's name in it becomes the user's id, and one that is nobody's is left out.
std::string path_of_user(const DirectoryStore& store, std::string_view path, std::string_view domain) {
  std::string out(path.substr(std::min<std::size_t>(1, path.size())));
  constexpr std::string_view kUsers = "v1.0/users/";
  if (!equals_ignoring_case(std::string_view(out).substr(0, kUsers.size()), kUsers)) return out;
  const auto end = std::min(out.find('/', kUsers.size()), out.size());
  const auto name = percent_decode(std::string_view(out).substr(kUsers.size(), end - kUsers.size()));
  if (name && parse_guid<PrincipalId>(*name)) return out;
  const auto user = name ? user_named(store, *name, domain) : nullptr;
  return out.replace(kUsers.size(), end - kUsers.size(), user ? to_string(user->object) : "(nobody)");
}

std::string recorded_path(const DirectoryStore& store, std::string_view path, std::string_view domain) {
  return without_names(path_of_user(store, path, domain));
}

bool has_body(http::Method method) { return method == http::Method::kPost || method == http::Method::kPatch; }

// An object; of a request without a body, an empty one.
gate::Task<gate::ApiResult<json>> read_body(const gate::Permit<GraphOperation>& permit) {
  if (!has_body(permit.request().method)) co_return json::object();
  auto bytes = co_await http::read_all(*permit.request().body, kMaxBody);
  if (!bytes) co_return refuse(errors::bad_request("The request body is too large, or broken."));
  permit.count_in(bytes->size());
  if (bytes->empty()) co_return json::object();
  const bool deep = nests_deeper_than(*bytes, kMaxJsonDepth);
  auto body = deep ? json() : json::parse(*bytes, nullptr, false);
  wipe(*bytes);  // it may hold a password
  if (deep) co_return refuse(errors::bad_request("The request body nests too deep."));
  if (!body.is_object()) co_return refuse(errors::bad_request("The request body is no JSON object."));
  co_return body;
}

gate::Task<gate::Reply> answer(GraphParts& parts, GraphHandler handler, gate::Permit<GraphOperation> permit) {
  auto& request = permit.request();
  const auto& identity = permit.principal().identity;
  FH_CO_TRY(auto segments, segments_of(request.path));
  FH_CO_TRY(auto body, co_await read_body(permit));
  // As it is when the body has come, which may take its time.
  auto directory = parts.store.snapshot(permit.tenant());
  if (!directory || !identity) co_return refuse(errors::denied());
  GraphCall call{.request = request,
                 .directory = std::move(directory),
                 .caller = identity->object,
                 .now = permit.now(),
                 .origin = "https://" + std::string(request.headers.get("host")),
                 .segments = std::move(segments),
                 .body = std::move(body)};
  co_return co_await handler(parts, call);
}

}  // namespace

bool GraphRules::takes_audience(std::string_view audience) const {
  return gate::resource_of_audience(audience, domain_) == gate::TokenResource::kGraph;
}

bool GraphRules::allows(const gate::Identity& who, const http::Request&, const gate::Target&,
                        std::string_view action) const {
  const auto directory = store_.snapshot(who.tenant);
  if (!directory) return false;
  // Customers don't look each other up, and guests only what a role lets them.
  if (const auto user = live_in(directory->objects.users, who.object)) {
    const bool reads = action == kGraphRead && !directory->is_external() && !is_guest(*user);
    return reads || roles_allow(user->directory_roles, action);
  }
  const auto principal = live_in(directory->objects.principals, who.object);
  return principal && roles_allow(principal->directory_roles, action);
}

gate::ApiError GraphRules::refuse_action(const gate::Identity&, const http::Request&, const gate::Target&,
                                         std::string_view) const {
  return errors::denied();
}

GraphGate::GraphGate(GraphParts& parts)
    : store_(parts.store), rules_(parts.store, parts.domain), host_("graph." + parts.domain) {
  for (const auto rows : {graph_user_rows(), graph_group_rows(), graph_credential_rows(), graph_application_rows(),
                          graph_role_rows(), graph_directory_rows(), graph_external_rows()}) {
    add_rows(rows, parts);
  }
}

void GraphGate::add_rows(std::span<const GraphRow> rows, GraphParts& parts) {
  for (const GraphRow& row : rows) {
    const bool reads = row.method == http::Method::kGet || row.action == kGraphRead;
    const bool changes = row.method != http::Method::kGet && row.method != http::Method::kPost;
    gate::RouteSpec spec{.method = row.method,
                         .scope = gate::Scope::kSystem,
                         .path = row.path,
                         .credentials = gate::kBearer,
                         .data_action = row.action,
                         .any_caller = row.action.empty(),
                         .data = gate::DataClass::kPersonalData,
                         .audit = reads && !changes ? gate::AuditClass::kRead : gate::AuditClass::kControl};
    if (row.handler == nullptr) {
      spec.operation = row.name;
      add_unimplemented(spec);
      continue;
    }
    add_as<GraphOperation>(row.name, spec, [&parts, handler = row.handler](gate::Permit<GraphOperation> permit) {
      return answer(parts, handler, std::move(permit));
    });
  }
}

bool GraphGate::claims(const http::Request& request, gate::Target& target) const {
  if (request.listener != http::Listener::kHttps || request.host != host_) return false;
  target.scope = gate::Scope::kSystem;
  target.blob = recorded_path(store_, request.path, std::string_view(host_).substr(std::string_view("graph.").size()));
  return true;
}

gate::ApiResult<int> GraphGate::check_version(const http::Request&) const { return 1; }

http::Response GraphGate::render(const gate::ApiError& error, const http::Request& request) const {
  const auto client_id = request.headers.get("client-request-id");
  json inner = {{"date", rfc3339(error.time)}, {"request-id", error.request_id}};
  inner["client-request-id"] = client_id.empty() ? error.request_id : std::string(client_id.substr(0, 128));
  const json body = {{"error", {{"code", error.code}, {"message", error.message}, {"innerError", std::move(inner)}}}};
  http::Response response;
  response.status = error.status;
  response.headers.add("content-type", "application/json");
  response.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  return response;
}

gate::ApiError GraphGate::no_such_route(const http::Request& request, gate::Scope) const {
  return errors::no_such_path(request.decoded_path);
}

void GraphGate::finish(http::Response& response, const http::Request&, const gate::Admission& admission) const {
  response.headers.set("request-id", admission.request_id_text);
  response.headers.set("cache-control", "no-cache");
  response.headers.set("odata-version", "4.0");
  response.headers.set("x-content-type-options", "nosniff");
}

}  // namespace freehold::directory

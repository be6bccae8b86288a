// Any path and query: "path?query". Without a right signature nobody is let in by a SAS; and signed over by ourselves,
// what the query says is either refused for its fields or granted as it stands, and for the resource it points to.
#include <cstdint>
#include <string>

#include "authn/authenticate.h"
#include "authn/signing.h"
#include "authn/testing/test_account.h"
#include "base/check.h"
#include "resource_sas.h"
#include "route/storage_target.h"
#include "route/testing/make_request.h"

using namespace freehold;

namespace {

const WallTime kNow(std::chrono::seconds(1'750'000'000));
constexpr std::string_view kKey = "a key nobody can guess";

const gate::StorageAccount& account() {
  static const auto made = gate::testing::make_account("acct1", kKey);
  return *made;
}

gate::ApiResult<gate::Principal> call(const http::Request& request, const gate::Target& target) {
  static const gate::ContainerAccess access{.policies = {{.id = "p", .expiry = kNow + std::chrono::hours(1)}}};
  return gate::authenticate(request, target, account(), kNow, &access);
}

Bytes delegation_key_of(const http::Request& request) {
  const auto object = parse_guid<PrincipalId>(request.parameter("skoid"));
  const auto start = parse_iso8601(request.parameter("skt"));
  const auto expiry = parse_iso8601(request.parameter("ske"));
  if (!object || !start || !expiry) return {};
  return Bytes(gate::delegation_key(account(), {.object = *object,
                                                .tenant = account().tenant,
                                                .start = *start,
                                                .expiry = *expiry,
                                                .service = std::string(request.parameter("sks")),
                                                .version = std::string(request.parameter("skv"))})
                   .view());
}

// The same fields, signed anew for what the request points to.
std::string signed_query(const http::Request& request, std::string_view resource) {
  const auto fields = gate::resource_fields_of(request);
  if (!request.has_parameter("skoid")) return gate::service_sas_query(fields, resource, kKey);
  const auto get = [&](std::string_view name) { return std::string(request.parameter(name)); };
  const gate::DelegationSasFields delegation{.key_object = get("skoid"),
                                             .key_tenant = get("sktid"),
                                             .key_start = get("skt"),
                                             .key_expiry = get("ske"),
                                             .key_service = get("sks"),
                                             .key_version = get("skv"),
                                             .authorized_object = get("saoid"),
                                             .correlation = get("scid")};
  return gate::delegation_sas_query(fields, delegation, resource, delegation_key_of(request));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  http::Request request;
  request.host = "acct1.blob.test";
  request.path = "/" + std::string(input.substr(0, input.find('?')));
  if (input.contains('?')) request.raw_query = input.substr(input.find('?') + 1);
  auto query = http::parse_query(request.raw_query);
  if (!query) return 0;
  request.query = *query;
  static const std::array suffixes{std::string("blob.test")};
  const auto target = gate::storage_target(request, suffixes);
  if (!target) return 0;
  const auto unsigned_result = call(request, *target);
  FH_CHECK(!unsigned_result || unsigned_result->credential == gate::kAnonymous);

  const auto fields = gate::resource_fields_of(request);
  const auto resource = gate::signed_resource(fields.resource, gate::depth_of(fields), request, *target);
  if (!resource) return 0;
  FH_CHECK(resource->starts_with("/blob/acct1/" + target->container));
  const auto others = std::erase_if(request.query, [](const auto& p) {
    return p.name != "comp" && p.name != "prefix" && p.name != "snapshot" && p.name != "versionid";
  });
  static_cast<void>(others);
  http::Request again = request;
  again.query = *query;
  const auto fresh = http::parse_query(signed_query(again, *resource));
  FH_CHECK(fresh.has_value());
  request.query.insert(request.query.end(), fresh->begin(), fresh->end());
  const auto result = call(request, *target);
  if (!result) return 0;
  FH_CHECK(result->credential == gate::kServiceSas || result->credential == gate::kUserDelegationSas);
  FH_CHECK(result->sas->resource == fields.resource && result->sas->permissions == fields.permissions);
  FH_CHECK(result->sas->expiry > kNow);
  FH_CHECK(gate::check_signed_resource(*result, request, *target));
  FH_CHECK(!gate::check_signed_resource(*result, request, {.account = "acct1", .container = target->container + "x"}));
  FH_CHECK((result->credential == gate::kUserDelegationSas) == result->delegator.has_value());
  return 0;
}

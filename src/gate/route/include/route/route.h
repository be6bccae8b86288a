// Routes: rows of data that say what an operation is, who may call it and how it is audited. No row, no route.
//
// From the rows come dispatch, the route matrix test, the RBAC operation list and docs/compatibility.md (DESIGN section
// 2).
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "http/message.h"
#include "route/api_error.h"

namespace freehold::gate {

// Where in a service's name space a request points.
enum class Scope { kService, kContainer, kBlob, kSystem };

// A bit each: how a caller may prove who it is.
enum Credential : std::uint32_t {
  kNoCredential = 0,  // nothing is ever accepted
  kAnonymous = 1u << 0,
  kSharedKey = 1u << 1,
  kAccountSas = 1u << 2,
  kLocalOperator = 1u << 3,      // the admin socket: the operating system vouches for the user
  kSystemJob = 1u << 4,          // background work under its own principal
  kServiceSas = 1u << 5,         // signed with an account key for one resource
  kUserDelegationSas = 1u << 6,  // signed with a user delegation key for one resource
  kBearer = 1u << 7,             // a token of the directory: what it may do is decided by its roles
  kPreflight = 1u << 8,          // OPTIONS: a browser asks about a request to come, in nobody's name
};
using CredentialSet = std::uint32_t;

// What an account SAS must grant: signed service, resource type, and any one of `permissions` (Azure: "Create an
// account SAS", table of operations by permission). A service or user delegation SAS, which names its resource, must
// grant any one of `resource_permissions` ("Create a service SAS", permissions for a container or blob).
struct SasNeed {
  char service = 'b';
  char resource_type = 'o';                    // s, c, o
  std::string_view permissions = {};           // any one of these letters suffices
  std::string_view resource_permissions = {};  // the same
};

// R7: what kind of data an operation moves.
enum class DataClass { kCustomerContent, kCustomerData, kPersonalData, kSupportData, kSystemMetadata };

// kRead: recorded in batches. kWrite: the record rides in the operation's own commit. kControl: durable before it runs.
enum class AuditClass { kRead, kWrite, kControl };

// A condition on the request besides method and scope. An empty value means present with any value.
struct Selector {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const Selector&, const Selector&) = default;
};

// RBAC: an action that a request needs besides its row's own, if it brings a header, or a word in the list that a query
// parameter holds ("include=metadata,tags"). An empty value means the header with any value. Compared without regard to
// case.
struct FurtherAction {
  enum class In { kHeader, kList };
  In in = In::kHeader;
  std::string_view name;
  std::string_view value;
  std::string_view action;
  friend bool operator==(const FurtherAction&, const FurtherAction&) = default;
};

struct RouteSpec {
  std::string_view operation = {};  // Azure's own name, "PutBlob"
  http::Method method = http::Method::kGet;
  Scope scope = Scope::kBlob;
  // For services that have paths of their own: "/{tenant}/oauth2/token", where {...} stands for one segment and the
  // others are compared without regard to case. A leading "{scope}" stands for all that comes before the last
  // "/providers/" of the path, nothing included: "{scope}/providers/Microsoft.Authorization/locks/{name}". Empty: any
  // path.
  std::string_view path = {};
  bool slash_at_end = false;           // the path may end in one slash that says nothing, as those of vaults do
  std::vector<Selector> query = {};    // all must hold; names in lower case
  std::vector<Selector> headers = {};  // all must hold
  CredentialSet credentials = kNoCredential;
  SasNeed sas = {};
  std::string_view data_action = {};  // RBAC: "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write"
  // A token suffices, whatever its roles: the handler shows each caller only what that one may see.
  bool any_caller = false;
  // RBAC: who has only this one may do it where nothing is overwritten (Principal::only_creates).
  std::string_view create_action = {};
  std::vector<FurtherAction> further_actions = {};
  DataClass data = DataClass::kCustomerContent;
  AuditClass audit = AuditClass::kRead;
  // False: the row exists so that the caller is authenticated and then told 501 (the API's own "not implemented").
  bool implemented = true;
};

// Where a request points, found from Host and path (CLIENTS.md: virtual-host style, path style, secondary).
struct Target {
  std::string account = {};
  TenantId tenant = {};     // where there is no account and the path names a tenant: whose log has the record
  bool secondary = false;   // ACCOUNT-secondary
  bool path_style = false;  // the path began with /ACCOUNT
  Scope scope = Scope::kService;
  std::string container = {};  // decoded
  std::string blob = {};       // decoded
};

// A service's rows, laid out for looking up. Immutable, thread-safe.
class RouteTable {
 public:
  RouteTable() = default;
  explicit RouteTable(std::vector<RouteSpec> rows);
  [[nodiscard]] std::span<const RouteSpec> rows() const { return rows_; }
  // The first row in order that matches; nullptr if none does. Rows with more selectors stand first: check_rows()
  // tells. `comp` and `restype` say which operation is meant, so a request that has one matches only rows that name it
  // as a selector, and a request that has one twice matches none: PUT ?comp=lease must never pass for Put Blob.
  // Selector values are compared without regard to case.
  [[nodiscard]] const RouteSpec* find(const http::Request& request, Scope scope) const;

 private:
  struct Place {
    std::size_t row;
    std::vector<std::string_view> segments;  // of its path; none: any path, or one that begins with {scope}
  };
  std::vector<RouteSpec> rows_;
  std::map<std::pair<http::Method, Scope>, std::vector<Place>> places_;  // in order of the rows
};

// Does the path that a template ("/{tenant}/oauth2/token") describes look like this one, which is as sent?
[[nodiscard]] bool matches_path(std::string_view path_template, std::string_view path);

// Faults in a table, a line each: a row that no request can reach, a row without credentials, a selector name that
// isn't in lower case, a SAS row that names no permission, an account SAS row of an unknown service or resource type.
[[nodiscard]] std::vector<std::string> check_rows(std::span<const RouteSpec> rows);

}  // namespace freehold::gate

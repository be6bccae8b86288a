// The operations of Graph: rows of data, each with the function that does it.
#pragma once

#include <span>

#include "directory/directory_store.h"
#include "pipeline/service_gate.h"
#include "runtime/pool.h"
#include "src/attempts.h"
#include "src/draft.h"
#include "src/graph_json.h"
#include "src/session_store.h"
#include "src/snapshot.h"

namespace freehold::directory {

// Owned by DirectoryService; outlives every request.
struct GraphParts {
  DirectoryStore& store;
  SessionStore& sessions;
  Random& random;
  runtime::Pool& pool;       // renders long lists
  runtime::Pool& passwords;  // hashes
  Attempts& attempts;        // passwords are guessed here as little as at sign-in
  std::string domain;        // whose users the tenant's are: NAME@domain
  bool has_source = false;   // users and groups are read from LDAP, and only it changes them
};

// One request, once the gate has let it in. Lives in the handler's frame.
struct GraphCall {
  http::Request& request;
  std::shared_ptr<const Snapshot> directory;  // as it was when the request came
  PrincipalId caller;
  WallTime now;
  std::string origin;                 // "https://graph.D:8443"
  std::vector<std::string> segments;  // of the path, decoded, without "v1.0"
  nlohmann::json body;                // an object; of requests without one, empty

  [[nodiscard]] TenantId tenant() const { return directory->tenant; }
  // The id in the path at this place; nullopt: it is none.
  [[nodiscard]] std::optional<PrincipalId> id_at(std::size_t index) const;
  [[nodiscard]] const std::string& text_at(std::size_t index) const { return segments.at(index); }
  // The directory roles of the caller.
  [[nodiscard]] std::vector<DirectoryRoleId> roles() const;
};

using GraphReply = runtime::Task<gate::Reply>;
using GraphHandler = GraphReply (*)(GraphParts& parts, GraphCall& call);

struct GraphRow {
  http::Method method;
  std::string_view path;
  std::string_view name;
  std::string_view action;  // empty: whoever has a token
  GraphHandler handler;     // null: 501
};
[[nodiscard]] std::span<const GraphRow> graph_user_rows();
[[nodiscard]] std::span<const GraphRow> graph_group_rows();
[[nodiscard]] std::span<const GraphRow> graph_application_rows();
[[nodiscard]] std::span<const GraphRow> graph_credential_rows();
[[nodiscard]] std::span<const GraphRow> graph_role_rows();
[[nodiscard]] std::span<const GraphRow> graph_directory_rows();
[[nodiscard]] std::span<const GraphRow> graph_external_rows();

inline constexpr std::string_view kGraphRead = "microsoft.directory/read";

// Answers.
[[nodiscard]] gate::Reply graph_object(const GraphCall& call, nlohmann::json object, int status = 200);
[[nodiscard]] gate::Reply graph_nothing();  // 204
// A list, on the pool: `make` gives all objects that there are.
using GraphObjects = std::move_only_function<std::vector<nlohmann::json>(const Snapshot& directory)>;
[[nodiscard]] GraphReply graph_list(GraphParts& parts, GraphCall& call, GraphObjects make);
// Makes a change and answers 204, or what Graph says of the fault.
[[nodiscard]] runtime::Task<gate::ApiResult<>> graph_change(GraphParts& parts, const GraphCall& call,
                                                            DirectoryStore::Edit edit);
// The directory after a change.
[[nodiscard]] std::shared_ptr<const Snapshot> graph_after(const GraphParts& parts, const GraphCall& call);

// `identities` of a body, put among `attributes`, and what `passwordPolicies` says. 400 for local accounts where there
// are none; 501 for accounts of elsewhere (social identity providers).
[[nodiscard]] gate::ApiResult<> read_account(const GraphCall& call, Attributes& attributes);
// What a new local account of an external directory has besides what was said.
void complete_account(const GraphCall& call, User& user);

// May the caller touch credentials or state of somebody? Who could make himself more by that may not: by the roles that
// they have here, or in another tenant by this account.
[[nodiscard]] gate::ApiResult<> check_reach(const GraphParts& parts, const GraphCall& call, const User& user);
[[nodiscard]] gate::ApiResult<> check_reach(const GraphParts& parts, const GraphCall& call,
                                            const ServicePrincipal& principal);
// The same of an application: who may act as its service principal gets that one's roles, and of one that is deleted
// when it is restored.
[[nodiscard]] gate::ApiResult<> check_reach_of_client(const GraphParts& parts, const GraphCall& call,
                                                      PrincipalId client);
// 400 for objects that another directory is the master of.
[[nodiscard]] gate::ApiResult<> check_mastered_here(const GraphParts& parts, const Attributes& attributes);
// "https://graph.../v1.0/directoryObjects/ID" of an "@odata.id".
[[nodiscard]] gate::ApiResult<PrincipalId> referenced_object(const GraphCall& call);

// The last Global Administrator keeps the role, and stays: nobody could give it again. kConflict says so.
[[nodiscard]] Result<> check_administrator_stays(const Objects& objects, PrincipalId who);

// memberOf, transitiveMemberOf, getMemberGroups, checkMemberGroups: of whatever object the call is about.
[[nodiscard]] GraphReply graph_member_of(GraphParts& parts, GraphCall& call, PrincipalId object, bool transitive);
[[nodiscard]] GraphReply graph_member_groups(GraphCall& call, PrincipalId object);
[[nodiscard]] GraphReply graph_check_groups(GraphCall& call, PrincipalId object);

}  // namespace freehold::directory

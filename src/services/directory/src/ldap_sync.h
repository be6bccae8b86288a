// LdapSync: keeps a tenant's users and groups as the customer's LDAP directory has them.
#pragma once

#include "directory/directory_store.h"
#include "pipeline/pipeline.h"
#include "src/ldap_directory.h"
#include "src/ldap_rules.h"
#include "src/session_store.h"

namespace freehold::directory {

// A background job (gate/pipeline): changes of users and groups read from elsewhere.
struct SynchroniseDirectory {
  static constexpr std::string_view kName = "SynchroniseDirectory";
};

// Owned by DirectoryService; one run at a time. What it is given outlives it.
class LdapSync {
 public:
  struct Parts {
    LdapDirectory& source;
    DirectoryStore& store;
    SessionStore& sessions;
    gate::Pipeline& door;
    const Clock& clock;
    Random& random;
    TenantId tenant;
  };
  explicit LdapSync(Parts parts) : parts_(parts) {}

  struct Outcome {
    std::size_t changed = 0;      // users, groups and groups' members
    std::size_t passed_over = 0;  // what can't be taken, now or ever
  };
  // Reads everything and makes the changes, at most some dozens in one commit. What fails on its own account is passed
  // over; kUnavailable, kTimeout, kDenied (plan_changes) and the like: nothing more was changed, the next run goes on.
  [[nodiscard]] runtime::Task<Result<Outcome>> run();

 private:
  using Edit = std::function<Result<>(Draft& draft)>;
  // A commit of its own, with its audit record.
  [[nodiscard]] runtime::Task<Result<>> change(Edit edit);
  // All of them in one commit; if that can't be, one by one.
  [[nodiscard]] runtime::Task<Result<>> change_all(std::vector<Edit> edits, Outcome& outcome);
  // An edit of each, by what is there when its batch comes.
  using EditOf = std::function<Edit(std::shared_ptr<const Synchronised> present, std::size_t index)>;
  [[nodiscard]] runtime::Task<Result<>> take_all(std::vector<std::size_t> which, EditOf edit_of, Outcome& outcome);
  [[nodiscard]] runtime::Task<Result<>> take_users(std::shared_ptr<const LdapContents> contents,
                                                   std::vector<std::size_t> which, Outcome& outcome);
  [[nodiscard]] runtime::Task<Result<>> take_groups(std::shared_ptr<const LdapContents> contents,
                                                    std::vector<std::size_t> which, Outcome& outcome);
  [[nodiscard]] runtime::Task<Result<>> take_members(std::shared_ptr<const LdapContents> contents, Outcome& outcome);
  [[nodiscard]] runtime::Task<Result<>> let_go(std::vector<PrincipalId> gone, Outcome& outcome);
  [[nodiscard]] runtime::Task<Result<>> end_sessions(const std::vector<PrincipalId>& users);

  Parts parts_;
};

}  // namespace freehold::directory

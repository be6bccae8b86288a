// VaultKeeper: what happens in vaults by itself: keys rotate when their policies say so, and what was deleted ends when
// its time is over. Keeps: K3.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>

#include "pipeline/pipeline.h"
#include "runtime/task_scope.h"
#include "src/vault_call.h"

namespace freehold::vault {

struct RotateDueKey {
  static constexpr std::string_view kName = "RotateDueKey";
};
struct RenewDueCertificate {
  static constexpr std::string_view kName = "RenewDueCertificate";
};
struct PurgeExpiredObject {
  static constexpr std::string_view kName = "PurgeExpiredObject";
};
struct PurgeExpiredVault {
  static constexpr std::string_view kName = "PurgeExpiredVault";
};

// Owned by VaultService; what it borrows outlives it. start() and close_and_wait() from outside the loops. Each thing
// done is a job of its own, with a record; what can't be done now is tried in the next round.
class VaultKeeper {
 public:
  // What else is to be done with each vault in use.
  using Tidy = std::function<Task<Result<>>(VaultPtr vault)>;
  VaultKeeper(VaultParts& parts, const Clock& clock, Tidy tidy = {})
      : parts_(parts), clock_(clock), tidy_(std::move(tidy)) {}
  void start(boost::asio::io_context& loop, gate::Pipeline& door);
  void close_and_wait() { scope_.close_and_wait(); }

  // One round over all vaults.
  [[nodiscard]] Task<> look_after(gate::Pipeline& door);

 private:
  [[nodiscard]] Task<> keep(gate::Pipeline& door);
  template <class Each>
  [[nodiscard]] Task<Result<>> visit(VaultPtr vault, ItemKind kind, Life life, Each each);
  // Each only if it is time.
  [[nodiscard]] Task<> rotate_key(gate::Pipeline& door, VaultPtr vault, ItemHead head, std::int64_t now);
  [[nodiscard]] Task<> renew_certificate(gate::Pipeline& door, VaultPtr vault, ItemHead head, std::int64_t now);
  // Deleted objects whose time is over are gathered, from all vaults, and purged some dozens at once: each purge is a
  // job, but those that wait for the token together wait once.
  struct Object {
    VaultPtr vault;
    ItemKind kind;
    std::string name;
  };
  struct Due {
    std::int64_t now;
    std::vector<Object> objects;
  };
  [[nodiscard]] Task<> purge_if_over(gate::Pipeline& door, Due& due, Object object, const ItemHead& head);
  [[nodiscard]] Task<> purge_objects(gate::Pipeline& door, Due& due);
  [[nodiscard]] Task<> purge_object(gate::Pipeline& door, Object object, std::int64_t now);
  [[nodiscard]] Task<> end_vault(gate::Pipeline& door, VaultPtr vault);

  VaultParts& parts_;
  const Clock& clock_;
  const Tidy tidy_;
  runtime::TaskScope scope_;
};

}  // namespace freehold::vault

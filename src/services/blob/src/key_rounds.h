// KeyRounds: looks after keys of accounts that are under customers' keys, each tenant's in a lane of its own. Keeps:
// E2b, I1.
#pragma once

#include <boost/asio/io_context.hpp>
#include <map>
#include <mutex>

#include "blob/account_store.h"
#include "runtime/task_scope.h"

namespace freehold::blob {

// Owned by BlobService; borrows both. What a tenant's vault takes its time for keeps neither another tenant's keys from
// being renewed nor any from being taken out of memory.
class KeyRounds {
 public:
  KeyRounds(AccountStore& accounts, runtime::TaskScope& scope) : accounts_(accounts), scope_(scope) {}
  // Until the scope closes; once. Its work is done on that loop.
  [[nodiscard]] Task<> run(boost::asio::io_context& loop);

 private:
  struct Lane {
    bool busy = false;
    bool rotations = false;  // are to be looked for with the next turn
  };
  void begin(boost::asio::io_context& loop, bool rotations);
  [[nodiscard]] Task<> look_after(TenantId tenant, bool rotations);

  AccountStore& accounts_;
  runtime::TaskScope& scope_;
  std::mutex mutex_;
  std::map<TenantId, Lane> lanes_;
};

}  // namespace freehold::blob

// One request to a Managed HSM pool, and the rows of what can be asked of one.
#pragma once

#include "crypto/key_wrapper.h"
#include "src/hsm_role_store.h"
#include "src/hsm_tokens.h"
#include "src/hsm_turns.h"
#include "src/vault_call.h"

namespace freehold::vault {

// What operations on pools work with. All of it outlives them.
class PoolJobs;
struct PoolParts {
  VaultParts& vault;  // with the pools as its vaults
  PoolRoleStore& roles;
  PoolRows& rows;
  crypto::KeyWrapper& wrapper;  // of what a pool keeps of its security domain
  PoolTokens& tokens;
  PoolTurns& activation;
  PoolJobs& jobs;
  std::string domain;  // of this cloud, whose containers backups go to
};

using PoolHandler = gate::Task<Reply> (*)(PoolParts& parts, VaultCall& call);

// Of what goes on behind its request, in its caller's name.
using PoolJobHandler = gate::Task<Reply> (*)(PoolParts& parts, VaultCall& call, gate::OnBehalf caller);

// Data of a route.
struct PoolRow {
  std::string_view name;
  http::Method method;
  std::vector<std::string_view> paths;
  std::string_view action;
  PoolHandler handler;  // null: not implemented
  gate::AuditClass audit = gate::AuditClass::kRead;
  bool before_activation = false;
  PoolJobHandler begins = nullptr;  // instead of `handler`
  bool during_restore = false;
};

[[nodiscard]] std::span<const PoolRow> pool_role_rows();
[[nodiscard]] std::span<const PoolRow> pool_setting_rows();
[[nodiscard]] std::span<const PoolRow> pool_domain_rows();
[[nodiscard]] std::span<const PoolRow> pool_backup_rows();

// 202: clients ask at `pending` ("/backup/ID/pending") what came of it.
[[nodiscard]] http::Response accepted(const VaultCall& call, std::string_view pending, const Json& body);

// Those of vaults' keys, with the data actions of pools.
[[nodiscard]] std::vector<VaultRow> pool_key_rows();

}  // namespace freehold::vault

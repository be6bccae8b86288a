#include "src/hsm_stray_tokens.h"

namespace freehold::vault {
namespace {

Bytes row_key(std::string_view label) { return Bytes(kTokenRows) + Bytes(label); }

}  // namespace

Task<Result<>> name_token(PoolRows& rows, VaultPtr pool, std::string label) {
  FH_CO_TRY(const auto named, co_await rows.load(pool, Bytes(kTokenRows), 2 * kMaxStrayTokens));
  if (named.size() >= kMaxStrayTokens) {
    co_return fail(ErrorCode::kExhausted, "tokens of earlier attempts can't be removed now");
  }
  co_return co_await rows.change(pool, {.puts = {{row_key(label), Bytes(label)}}});
}

Task<Result<>> remove_stray_tokens(PoolRows& rows, PoolTokens& tokens, VaultPtr pool) {
  FH_CO_TRY(const auto named, co_await rows.load(pool, Bytes(kTokenRows), 2 * kMaxStrayTokens));
  for (const auto& row : named) {
    const std::string label(row.value);
    if (label != pool->pool->token) {
      FH_CO_CHECK_OK(co_await tokens.remove(pool->tenant, VaultId{}, label));
    }
    FH_CO_CHECK_OK(co_await rows.change(pool, {.deletes = {row.key}}));
  }
  co_return Result<>();
}

}  // namespace freehold::vault

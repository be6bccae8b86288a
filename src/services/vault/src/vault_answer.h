// From a permit to a handler, for vaults and pools alike: the request read as far as every operation needs it, and what
// all their answers have. Sources: "Authentication, requests and responses" of Key Vault's documentation.
#pragma once

#include <functional>

#include "src/vault_call.h"

namespace freehold::vault {

inline constexpr std::size_t kMaxCallBody = 1'024 * 1'024;  // a restored backup is the longest

// As sent: no name of a vault's object has anything to encode, and what a path was decided by is what is acted upon.
[[nodiscard]] std::vector<std::string> segments_of(std::string_view path);
// Reads the body into the call, if the request's method has one.
[[nodiscard]] gate::Task<ApiResult<>> read_body(http::Request& request, VaultCall& call,
                                                const std::function<void(std::uint64_t)>& count_in);

[[nodiscard]] gate::ApiResult<int> check_api_version(const http::Request& request);
[[nodiscard]] http::Response render_error(const gate::ApiError& error);
void finish_answer(http::Response& response, std::string_view location);

// One whose key couldn't be opened when the server started. 503: it can't be now either.
[[nodiscard]] gate::Task<ApiResult<VaultPtr>> opened_vault(VaultParts& parts, VaultPtr vault);

// Secrets came in one of the body's texts.
struct WipedCall {
  VaultCall call;
  explicit WipedCall(VaultCall made) : call(std::move(made)) {}
  WipedCall(const WipedCall&) = delete;
  WipedCall& operator=(const WipedCall&) = delete;
  ~WipedCall() { wipe_texts(call.body); }
};

// `handle` takes the call, which lives until it has ended.
template <class Operation, class Handle>
gate::Task<Reply> answer_call(VaultParts& parts, gate::Permit<Operation> permit, gate::ApiError absent, Handle handle) {
  auto& request = permit.request();
  auto vault = parts.vaults.known(name_in_record(permit.target().container));
  // What was decided was decided of a vault of the caller's tenant.
  if (!vault || vault->tenant != permit.tenant()) co_return std::unexpected(std::move(absent));
  FH_CO_CHECK_OK(parts.throttle.take(vault->id, Transaction::kAny));
  if (!vault->rows) {
    FH_CO_TRY(vault, co_await opened_vault(parts, std::move(vault)));
  }
  WipedCall held(
      {.vault = std::move(vault),
       .request = request,
       .segments = segments_of(request.path),
       .now = permit.now(),
       .origin = "https://" + std::string(request.headers.get("host")),
       .audit = [&permit](const store::PartitionId& partition) { return permit.audit_row(partition, 200); }});
  FH_CO_CHECK_OK(co_await read_body(request, held.call, [&permit](std::uint64_t bytes) { permit.count_in(bytes); }));
  co_return co_await handle(held.call);
}

}  // namespace freehold::vault

// AwaitedBody: the body of a request whose caller was let in by a token. It may be long in coming, and what it asks for
// happens when it has come: so the caller's rights are asked again at its end, and what it holds meanwhile is bounded.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/ids.h"
#include "http/message.h"
#include "route/api_error.h"

namespace freehold::gate {

// Bytes of such bodies that are held at once: handlers keep them whole, and parsed they take some ten times as much.
// Thread-safe.
class BodyRoom {
 public:
  static constexpr std::size_t kAll = 256 * 1024 * 1024;
  static constexpr std::size_t kTenant = 32 * 1024 * 1024;
  [[nodiscard]] bool take(TenantId tenant, std::size_t bytes);
  void give_back(TenantId tenant, std::size_t bytes);

 private:
  std::mutex mutex_;
  std::size_t held_ = 0;
  std::unordered_map<TenantId, std::size_t> by_tenant_;  // only tenants that hold something
};

// Stands in for the request's body while the handler runs, and puts it back. Lives in the pipeline's frame; borrows
// everything. A refusal ends the body for the handler with an error, and is the answer whatever the handler says.
class AwaitedBody final : public http::BodyReader {
 public:
  using AskAgain = std::function<ApiResult<>()>;
  AwaitedBody(http::Request& request, BodyRoom& room, TenantId tenant, AskAgain ask_again);
  ~AwaitedBody() override;
  AwaitedBody(const AwaitedBody&) = delete;
  AwaitedBody& operator=(const AwaitedBody&) = delete;

  [[nodiscard]] std::optional<std::uint64_t> length() const override { return inner_.length(); }
  [[nodiscard]] http::Task<Result<std::size_t>> read_some(std::span<char> out) override;
  [[nodiscard]] const std::optional<ApiError>& refusal() const { return refusal_; }

 private:
  [[nodiscard]] std::unexpected<Error> refuse(ApiError error);

  http::Request& request_;
  http::BodyReader& inner_;
  BodyRoom& room_;
  const TenantId tenant_;
  AskAgain ask_again_;
  std::size_t held_ = 0;
  bool asked_ = false;
  std::optional<ApiError> refusal_;
};

}  // namespace freehold::gate

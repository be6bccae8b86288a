#include "resource/refusal.h"

#include "resource/change.h"

namespace freehold::gate::resource {

Refusal refuse(int status, std::string_view code, std::string message) {
  return std::unexpected(ApiError{.status = status, .code = std::string(code), .message = std::move(message)});
}

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 128)) + "'"; }

Refusal precondition_failed() {
  return refuse(412, "PreconditionFailed", "The condition of the request doesn't hold for the resource as it is.");
}

ApiResult<> check_conditions(const ProposedChange& change, bool there) {
  if (!change.if_none_match.empty() && there) return precondition_failed();
  if (!change.if_match.empty() && (!there || change.if_match != "*")) return precondition_failed();
  return {};
}

Refusal refuse_for(const Error& error) {
  if (error.code == ErrorCode::kNotFound) {
    return refuse(404, "ResourceNotFound", "The specified resource does not exist.");
  }
  const bool passing =
      error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kExhausted || error.code == ErrorCode::kTimeout;
  auto refusal = passing ? refuse(503, "ServerBusy", "The server can't do this now. Please try again.")
                         : refuse(500, "InternalServerError", "The server encountered an internal error.");
  refusal.error().detail = error.message + " " + error.detail;
  if (passing) refusal.error().headers.emplace_back("retry-after", "1");
  return refusal;
}

}  // namespace freehold::gate::resource

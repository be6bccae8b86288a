#include "export_audit.h"

#include "base/clock.h"

namespace freehold::operations {

namespace {

using gate::ApiError;
using gate::audit::ExportOptions;
using gate::audit::ExportSummary;

// nullopt: absent. Sets `bad` if it is there and no time.
std::optional<WallTime> time_parameter(const http::Request& request, std::string_view name, bool& bad) {
  if (!request.has_parameter(name)) return std::nullopt;
  const auto time = parse_iso8601(request.parameter(name));
  if (!time) bad = true;
  return time;
}

ApiError export_error(const Error& error) {
  ApiError out{.status = 500, .code = "ExportFailed", .message = error.message, .detail = error.detail};
  if (error.code == ErrorCode::kInvalidArgument) out.status = 400;
  if (error.code == ErrorCode::kConflict) out.status = 409;
  if (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kExhausted) out.status = 503;
  return out;
}

http::Response summary_response(const ExportSummary& summary) {
  http::Response response;
  response.headers.add("content-type", "application/json");
  response.body = "{\"records\":" + std::to_string(summary.records) +
                  ",\"leaves\":" + std::to_string(summary.end_leaf - summary.first_leaf) +
                  ",\"sealedLeaves\":" + std::to_string(summary.sealed_leaves) + "}\n";
  return response;
}

}  // namespace

gate::Task<gate::Reply> export_audit(const OperationsOptions& options, gate::Permit<ExportAudit> permit) {
  const http::Request& request = permit.request();
  bool bad = false;
  ExportOptions wanted{.front_end = options.front_end,
                       .key = options.audit_key,
                       .folder = std::string(request.parameter("out")),
                       .from = time_parameter(request, "from", bad),
                       .to = time_parameter(request, "to", bad),
                       .earlier_checkpoint = {}};
  if (bad) co_return std::unexpected(ApiError{400, "InvalidTime", "from and to are RFC 3339 times", {}, {}, {}});
  if (!wanted.folder.starts_with('/')) {
    co_return std::unexpected(ApiError{400, "InvalidFolder", "out must be an absolute path", {}, {}, {}});
  }
  auto summary = co_await options.pool.run(0, [&options, wanted = std::move(wanted)]() -> Result<ExportSummary> {
    FH_CHECK_OK(options.flush_audit());
    return gate::audit::export_audit(options.rows, options.audit_keys, wanted);
  });
  if (!summary) co_return std::unexpected(export_error(summary.error()));
  co_return summary_response(*summary);
}

}  // namespace freehold::operations

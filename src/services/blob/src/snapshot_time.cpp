#include "src/snapshot_time.h"

#include "base/clock.h"

namespace freehold::blob {

std::string snapshot_text(std::uint64_t snapshot) {
  return rfc3339_ticks(WallTime(std::chrono::microseconds(static_cast<std::int64_t>(snapshot))));
}

ApiResult<std::uint64_t> parse_snapshot(const http::Request& request, std::string_view parameter) {
  if (!request.has_parameter(parameter)) return 0;
  const auto text = request.parameter(parameter);
  const auto time = parse_iso8601(text);
  if (!time) return refuse(errors::invalid_parameter(parameter, text, "Not a snapshot's time"));
  const auto count = time->time_since_epoch().count();
  if (count <= 0 || snapshot_text(static_cast<std::uint64_t>(count)) != text) return refuse(errors::blob_not_found());
  return static_cast<std::uint64_t>(count);
}

}  // namespace freehold::blob

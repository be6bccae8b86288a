// W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace a request belongs to.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace freehold::telemetry {

// A value. trace_id and span_id are never all zero.
struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};  // of who sent it: the parent of what is done here
  bool sampled = false;

  [[nodiscard]] std::string trace_id_text() const;  // 32 lower-case hexadecimal digits
  [[nodiscard]] std::string span_id_text() const;   // 16
  friend bool operator==(const TraceContext&, const TraceContext&) = default;
};

// Section 3.2, strictly: lower-case hexadecimal, no zero ids, version ff refused. Of a version above 00 only the known
// front is read, and it must end there or go on with '-'. What doesn't parse is ignored: nullopt, start a new trace.
[[nodiscard]] std::optional<TraceContext> parse_traceparent(std::string_view header);
[[nodiscard]] std::string to_traceparent(const TraceContext& context);

[[nodiscard]] TraceContext new_trace(Random& random);
// The same trace, with a span of our own as the parent of what we call.
[[nodiscard]] TraceContext child_of(const TraceContext& parent, Random& random);

}  // namespace freehold::telemetry

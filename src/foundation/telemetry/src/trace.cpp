#include "telemetry/trace.h"

#include <algorithm>

#include "base/encoding.h"

namespace freehold::telemetry {
namespace {

constexpr std::size_t kVersion00Size = 55;  // 2 + 1 + 32 + 1 + 16 + 1 + 2

template <std::size_t N>
std::string hex(const std::array<std::uint8_t, N>& bytes) {
  return to_hex({reinterpret_cast<const char*>(bytes.data()), N});
}

template <std::size_t N>
std::optional<std::array<std::uint8_t, N>> parse_hex(std::string_view text) {
  const bool lower = std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  const auto bytes = lower ? from_hex(text) : std::nullopt;
  if (!bytes || bytes->size() != N) return std::nullopt;
  std::array<std::uint8_t, N> out{};
  std::ranges::transform(*bytes, out.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
  return out;
}

template <std::size_t N>
bool is_zero(const std::array<std::uint8_t, N>& bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

template <std::size_t N>
void fill(std::array<std::uint8_t, N>& bytes, Random& random) {
  do {
    random.fill({reinterpret_cast<char*>(bytes.data()), N});
  } while (is_zero(bytes));
}

}  // namespace

std::string TraceContext::trace_id_text() const { return hex(trace_id); }
std::string TraceContext::span_id_text() const { return hex(span_id); }

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  if (header.size() < kVersion00Size || header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  const auto version = parse_hex<1>(header.substr(0, 2));
  if (!version || (*version)[0] == 0xff) return std::nullopt;
  if (header.size() > kVersion00Size && ((*version)[0] == 0 || header[kVersion00Size] != '-')) return std::nullopt;
  const auto trace_id = parse_hex<16>(header.substr(3, 32));
  const auto span_id = parse_hex<8>(header.substr(36, 16));
  const auto flags = parse_hex<1>(header.substr(53, 2));
  if (!trace_id || !span_id || !flags || is_zero(*trace_id) || is_zero(*span_id)) return std::nullopt;
  return TraceContext{*trace_id, *span_id, ((*flags)[0] & 1U) != 0};
}

std::string to_traceparent(const TraceContext& context) {
  return "00-" + context.trace_id_text() + "-" + context.span_id_text() + (context.sampled ? "-01" : "-00");
}

TraceContext new_trace(Random& random) {
  TraceContext context;
  fill(context.trace_id, random);
  fill(context.span_id, random);
  return context;
}

TraceContext child_of(const TraceContext& parent, Random& random) {
  TraceContext context = parent;
  fill(context.span_id, random);
  return context;
}

}  // namespace freehold::telemetry

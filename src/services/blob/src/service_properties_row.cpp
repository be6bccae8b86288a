#include "src/service_properties_row.h"

namespace freehold::blob {
namespace {

enum : std::uint8_t { kLogging = 128, kHour = 129, kMinute = 130, kCorsRule = 131, kDefaultVersion = 132 };

bool read_flag(ByteReader& in, bool& flag) {
  const auto value = in.u8();
  flag = value == 1;
  return value <= 1;
}

Bytes encode_logging(const Logging& logging) {
  Bytes out;
  append_u8(out, logging.version);
  for (const bool flag : {logging.deletes, logging.reads, logging.writes}) append_u8(out, flag ? 1 : 0);
  append_u32(out, logging.retention_days);
  return out;
}

std::optional<Logging> decode_logging(BytesView bytes) {
  ByteReader in(bytes);
  Logging logging;
  logging.version = in.u8();
  const bool flags = read_flag(in, logging.deletes) && read_flag(in, logging.reads) && read_flag(in, logging.writes);
  logging.retention_days = in.u32();
  if (!flags || !in.done()) return std::nullopt;
  return logging;
}

Bytes encode_metrics(const Metrics& metrics) {
  Bytes out;
  append_u8(out, metrics.enabled ? 1 : 0);
  append_u8(out, metrics.apis ? 1 : 0);
  append_u8(out, metrics.apis.value_or(false) ? 1 : 0);
  append_u32(out, metrics.retention_days);
  return out;
}

std::optional<Metrics> decode_metrics(BytesView bytes) {
  ByteReader in(bytes);
  Metrics metrics;
  bool said = false;
  bool apis = false;
  const bool flags = read_flag(in, metrics.enabled) && read_flag(in, said) && read_flag(in, apis);
  metrics.retention_days = in.u32();
  if (!flags || !in.done()) return std::nullopt;
  if (said) metrics.apis = apis;
  return metrics;
}

void append_names(Bytes& out, const std::vector<std::string>& names) {
  append_u32(out, static_cast<std::uint32_t>(names.size()));
  for (const auto& name : names) append_sized(out, name);
}

std::vector<std::string> read_names(ByteReader& in) {
  std::vector<std::string> names;
  for (auto left = in.u32(); left > 0 && in.ok(); --left) names.emplace_back(in.sized(kCorsNameBytes));
  return names;
}

Bytes encode_rule(const CorsRule& rule) {
  Bytes out;
  for (const auto* names : {&rule.origins, &rule.methods, &rule.allowed_headers, &rule.exposed_headers}) {
    append_names(out, *names);
  }
  append_u32(out, rule.max_age);
  return out;
}

std::optional<CorsRule> decode_rule(BytesView bytes) {
  ByteReader in(bytes);
  CorsRule rule;
  for (auto* names : {&rule.origins, &rule.methods, &rule.allowed_headers, &rule.exposed_headers}) {
    *names = read_names(in);
  }
  rule.max_age = in.u32();
  if (!in.done()) return std::nullopt;
  return rule;
}

bool read_rule(BytesView value, std::vector<CorsRule>& rules) {
  auto rule = decode_rule(value);
  if (!rule || rules.size() == kCorsRules) return false;
  rules.push_back(std::move(*rule));
  return true;
}

bool read_version(BytesView value, int& version) {
  const auto number = field_u64(value);
  if (!number || *number > 9999'12'31) return false;
  version = static_cast<int>(*number);
  return true;
}

// False: the field's bytes can't be right.
bool read_field(const Field& field, ServiceProperties& out, bool& known) {
  known = true;
  switch (field.id) {
    case kLogging:
      return take(decode_logging(field.value), out.logging);
    case kHour:
      return take(decode_metrics(field.value), out.hour);
    case kMinute:
      return take(decode_metrics(field.value), out.minute);
    case kCorsRule:
      return read_rule(field.value, out.cors);
    case kDefaultVersion:
      return read_version(field.value, out.default_version);
    default:
      known = false;
      return true;
  }
}

}  // namespace

Bytes encode_service_properties(const ServiceProperties& properties) {
  FieldWriter out;
  out.bytes(kLogging, encode_logging(properties.logging));
  out.bytes(kHour, encode_metrics(properties.hour));
  out.bytes(kMinute, encode_metrics(properties.minute));
  for (const auto& rule : properties.cors) out.bytes(kCorsRule, encode_rule(rule));
  if (properties.default_version != 0) {
    out.u64(kDefaultVersion, static_cast<std::uint64_t>(properties.default_version));
  }
  out.unknown(properties.unknown);
  return out.finish();
}

Result<ServiceProperties> decode_service_properties(BytesView bytes) {
  FH_TRY(const auto fields, split_fields(bytes));
  ServiceProperties out;
  for (const auto& field : fields) {
    bool known = false;
    if (!read_field(field, out, known)) {
      return fail(ErrorCode::kCorrupt, "a row of service properties is not as it was written");
    }
    if (known) continue;
    if (field.id >= kFirstCriticalField) {
      return fail(ErrorCode::kUnsupported, "a row of service properties needs a newer program");
    }
    out.unknown.emplace_back(field.id, field.value);
  }
  return out;
}

}  // namespace freehold::blob

// What an account's owner has set for its Blob service, and its row in the account's partition
// (docs/formats/blob-rows.md).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "src/cors_rules.h"
#include "src/fields.h"

namespace freehold::blob {

struct Logging {
  std::uint8_t version = 1;  // 1 or 2
  bool deletes = false;
  bool reads = false;
  bool writes = false;
  std::uint32_t retention_days = 0;  // 0: for ever
  friend bool operator==(const Logging&, const Logging&) = default;
};

struct Metrics {
  bool enabled = false;
  std::optional<bool> apis;  // said only where metrics are enabled
  std::uint32_t retention_days = 0;
  friend bool operator==(const Metrics&, const Metrics&) = default;
};

struct ServiceProperties {
  Logging logging;
  Metrics hour;
  Metrics minute;
  std::vector<CorsRule> cors;
  int default_version = 0;  // yyyymmdd; 0: none set
  UnknownFields unknown;
  friend bool operator==(const ServiceProperties&, const ServiceProperties&) = default;
};

[[nodiscard]] Bytes encode_service_properties(const ServiceProperties& properties);
[[nodiscard]] Result<ServiceProperties> decode_service_properties(BytesView bytes);

}  // namespace freehold::blob

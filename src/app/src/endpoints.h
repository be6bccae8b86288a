// DIR/endpoints.json and `freehold env`: what clients need to find and trust the region (DESIGN section 11).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "disk/disk.h"
#include "region_identity.h"
#include "settings.h"

namespace freehold::app {

struct AccountEndpoint {
  std::string name;
  std::string key;   // base64
  std::string blob;  // absolute URL
};

struct Endpoints {
  std::uint16_t https_port = 0;
  std::optional<std::uint16_t> http_port;
  std::uint16_t metrics_port = 0;
  std::vector<AccountEndpoint> accounts;
};

// Writes DIR/endpoints.json (0600), DIR/ca.pem and DIR/ca-bundle.pem (the system's authorities and ours).
[[nodiscard]] Result<> write_endpoints(disk::Disk& disk, const Settings& settings, const RegionIdentity& identity,
                                       const Endpoints& endpoints);
// The shell exports, from DIR/endpoints.json.
[[nodiscard]] Result<std::string> shell_exports(disk::Disk& disk, const std::string& data);

}  // namespace freehold::app

// /metadata/endpoints: how clients find everything else of this cloud (CLIENTS.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/message.h"
#include "pipeline/service_gate.h"
#include "src/arm_parts.h"

namespace freehold::resources {

struct GetMetadataEndpoints {};

[[nodiscard]] bool is_metadata_path(std::string_view path);
// The document in the shape of that api-version: an object (2015-01-01, 1.0), an array (2018-05-01 to 2020-06-01) or an
// object again (2022-09-01 and later). nullopt: no version that is known. `port` is the caller's (":8443").
[[nodiscard]] std::optional<std::string> metadata_endpoints(const Site& site, std::string_view port,
                                                            std::string_view api_version);
void add_metadata_routes(gate::ServiceGate& gate, const ArmParts& parts);

}  // namespace freehold::resources

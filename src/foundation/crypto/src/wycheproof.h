// Project Wycheproof's vectors, where the checkout of them is at hand. For tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/encoding.h"

namespace freehold::crypto::testing {

using Json = nlohmann::json;

// Absent vectors skip the test on a developer's machine and fail it where CI=true.
inline std::optional<Json> vectors(const std::string& name) {
  std::ifstream file(std::string(FREEHOLD_VECTORS) + "/wycheproof/" + name);
  if (file) return Json::parse(file);
  const char* ci = std::getenv("CI");
  EXPECT_FALSE(ci != nullptr && std::string_view(ci) == "true") << name << " is missing and CI=true";
  return std::nullopt;
}

inline Bytes hex(const Json& test, const char* field) { return *from_hex(test.at(field).get<std::string>()); }

}  // namespace freehold::crypto::testing

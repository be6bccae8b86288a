// The versions of the service's API: dates, kept as yyyymmdd.
#pragma once

#include <string>
#include <string_view>

namespace freehold::blob {

inline constexpr int kOldestVersion = 20180328;
inline constexpr int kNewestVersion = 20261006;

// x-ms-version as yyyymmdd, or 0 if it isn't a date from 2018-03-28 to the newest version known.
[[nodiscard]] int parse_version(std::string_view text);
[[nodiscard]] std::string version_text(int version);

}  // namespace freehold::blob

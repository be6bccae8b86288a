#include "busy_report.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/log.h"

namespace freehold::gate {
namespace {

std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(BusyReport, SaysTheFirstAndThenHowManyThereWere) {
  const auto path = std::filesystem::temp_directory_path() / ("freehold-busy-" + std::to_string(::getpid()));
  ASSERT_TRUE(set_log_file(path.string()));
  BusyReport report;
  const MonotonicTime start{std::chrono::hours(1)};
  report.add("the first reason", start);
  for (int i = 0; i < 5; ++i) report.add("another reason", start + std::chrono::seconds(9));
  report.add("the last reason", start + BusyReport::kEvery);
  const auto lines = lines_of(path);
  std::filesystem::remove(path);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_TRUE(lines[0].contains("\"requests\":1,\"last_reason\":\"the first reason\"")) << lines[0];
  EXPECT_TRUE(lines[1].contains("\"requests\":6,\"last_reason\":\"the last reason\"")) << lines[1];
}

}  // namespace
}  // namespace freehold::gate

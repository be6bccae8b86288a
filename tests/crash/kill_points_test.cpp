// Runs the workload once to count the kill points it passes, then kills one run at each (or at evenly spread ones,
// where FREEHOLD_KILL_POINTS bounds their number), reopens, checks, and lets the workload end after the crash.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/testing/temporary_directory.h"
#include "workload.h"

namespace freehold::crash {
namespace {

constexpr int kDefaultPoints = 150;

std::string self_path;

// How a child process ended, and how many operations it had acknowledged.
struct Outcome {
  int status = 0;
  int acknowledged = 0;
};

// Starts this program again as the workload, with one more environment variable, and reads its acknowledgements.
Outcome run_child(const std::string& directory, const char* variable, const std::string& value) {
  int ends[2];
  if (::pipe(ends) != 0) std::abort();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    ::setenv(variable, value.c_str(), 1);
    ::execl(self_path.c_str(), self_path.c_str(), "--workload", directory.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(ends[1]);
  Outcome outcome;
  char byte = 0;
  while (::read(ends[0], &byte, 1) == 1) ++outcome.acknowledged;
  ::close(ends[0]);
  ::waitpid(child, &outcome.status, 0);
  return outcome;
}

int count_points() {
  const TemporaryDirectory directory;
  const std::string file = directory.path() + "/points";
  const Outcome outcome = run_child(directory.path() + "/data", "FREEHOLD_COUNT_FAULT_POINTS", file);
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.acknowledged, kOperations);
  std::ifstream in(file);
  int points = 0;
  in >> points;
  return points;
}

void kill_at(int point) {
  const TemporaryDirectory directory;
  const Outcome outcome = run_child(directory.path(), "FREEHOLD_KILL_AT", std::to_string(point));
  if (WIFSIGNALED(outcome.status)) ASSERT_EQ(WTERMSIG(outcome.status), SIGKILL);
  int found = 0;
  ASSERT_EQ(check_state(directory.path(), outcome.acknowledged, found), "")
      << "after a kill at point " << point << " with " << outcome.acknowledged << " acknowledged";
  int further = 0;
  ASSERT_EQ(run_workload(directory.path(), found, [&](int) { ++further; }), "") << "going on after point " << point;
  ASSERT_EQ(check_state(directory.path(), kOperations, found), "") << "at the end, after point " << point;
  ASSERT_EQ(check_copies(directory.path()), "") << "at the end, after point " << point;
}

TEST(KillPoints, WhatWasAcknowledgedIsThereAfterAKillAtAnyOfThem) {
  const int points = count_points();
  ASSERT_GT(points, 100);
  const char* bound = std::getenv("FREEHOLD_KILL_POINTS");
  const int runs = std::min(points, bound != nullptr ? std::atoi(bound) : kDefaultPoints);
  for (int i = 0; i < runs && !::testing::Test::HasFatalFailure(); ++i) {
    kill_at(1 + static_cast<int>(static_cast<long>(i) * points / runs));
  }
  std::printf("%d of %d kill points\n", runs, points);
}

int run_as_child(const char* directory) {
  const std::string fault = run_workload(directory, 0, [](int) {
    const char byte = '.';
    if (::write(STDOUT_FILENO, &byte, 1) != 1) std::abort();
  });
  if (!fault.empty()) std::fprintf(stderr, "workload: %s\n", fault.c_str());
  return fault.empty() ? 0 : 1;
}

}  // namespace
}  // namespace freehold::crash

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--workload") return freehold::crash::run_as_child(argv[2]);
  freehold::crash::self_path = std::filesystem::read_symlink("/proc/self/exe").string();
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

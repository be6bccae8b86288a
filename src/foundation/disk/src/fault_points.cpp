#include "disk/fault_points.h"

#ifdef FREEHOLD_FAULT_POINTS

#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace freehold::disk {

namespace detail {
std::atomic<bool> fault_points_armed{false};
}  // namespace detail

namespace {

std::atomic<std::uint64_t> passed{0};

// Reads the environment as the process starts and writes the count as it ends. A process of its own global state by
// nature: what it counts is the process.
class Plan {
 public:
  Plan() {
    if (const char* at = std::getenv("FREEHOLD_KILL_AT")) kill_at_ = std::strtoull(at, nullptr, 10);
    if (const char* file = std::getenv("FREEHOLD_COUNT_FAULT_POINTS")) count_file_ = file;
    if (kill_at_ != 0 || !count_file_.empty()) arm_fault_points();
  }
  ~Plan() {
    if (count_file_.empty()) return;
    if (std::FILE* out = std::fopen(count_file_.c_str(), "we")) {
      std::fprintf(out, "%llu\n", static_cast<unsigned long long>(passed.load()));
      std::fclose(out);
    }
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  [[nodiscard]] std::uint64_t kill_at() const { return kill_at_; }

 private:
  std::uint64_t kill_at_ = 0;
  std::string count_file_;
};

const Plan plan;

}  // namespace

void detail::pass_fault_point() {
  const std::uint64_t number = passed.fetch_add(1) + 1;
  if (number != plan.kill_at()) return;
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();  // the signal is on its way: nothing after this point may happen on this thread
}

void arm_fault_points() { detail::fault_points_armed.store(true, std::memory_order_relaxed); }

std::uint64_t fault_points_passed() { return passed.load(); }

}  // namespace freehold::disk

#endif

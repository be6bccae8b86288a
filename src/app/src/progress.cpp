#include "progress.h"

#include <unistd.h>

#include <cstdio>

namespace freehold::app {

Progress::Progress(std::string what) : what_(std::move(what)), terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (terminal_ && printed_) std::fputc('\n', stderr);
}

void Progress::update(std::uint64_t done, std::uint64_t total, const std::string& unit) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  const auto pause = terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(10'000);
  if (printed_ && now - last_ < pause && done != total) return;
  last_ = now;
  std::string text = what_ + ": " + std::to_string(done);
  if (total > 0) text += " of " + std::to_string(total);
  text += " " + unit;
  if (total > 0) text += " (" + std::to_string(done * 100 / total) + " %)";
  print(text);
}

void Progress::print(const std::string& text) {
  if (terminal_) {
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  std::fflush(stderr);
  printed_ = true;
}

}  // namespace freehold::app

// A deterministic workload on an embedded engine in a real directory, and the check of what it must have left behind.
#pragma once

#include <functional>
#include <string>

namespace freehold::crash {

// Operations 0..kOperations-1, one after the other: commits that put, replace and delete rows, chunks put and removed.
inline constexpr int kOperations = 40;

// Opens (or makes) the engine in `directory` and runs the operations from `first`; calls `acknowledged(i)` when
// operation i was. Returns an empty string or what went wrong.
[[nodiscard]] std::string run_workload(const std::string& directory, int first,
                                       const std::function<void(int)>& acknowledged);

// Opens the engine and compares everything in it with the state after exactly `acknowledged` operations, or one more
// (the one that was under way). Returns an empty string or the difference; `found` is how many operations the state
// shows.
[[nodiscard]] std::string check_state(const std::string& directory, int acknowledged, int& found);

// Verifies every copy of everything offline. Returns an empty string or the damage.
[[nodiscard]] std::string check_copies(const std::string& directory);

}  // namespace freehold::crash

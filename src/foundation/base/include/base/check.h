// FH_CHECK(condition): a broken invariant stops the process, in release builds too. Input never does: checks on input
// return an Error.
#pragma once

namespace freehold {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace freehold

#define FH_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::freehold::check_failed(#condition, __FILE__, __LINE__))

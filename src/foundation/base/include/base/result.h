// Result<T>: how every fallible call answers. No exception crosses a module.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace freehold {

// What a caller can react to. A new code is added only when some caller behaves differently because of it; the text for
// people goes into Error::message, the text for operators' logs into Error::detail.
enum class ErrorCode {
  kInvalidArgument,  // the input can't be right; the same call fails again
  kNotFound,
  kConflict,     // a stated precondition doesn't hold
  kDenied,       // authenticated or not, this may not be done
  kExhausted,    // a limit or the disk is full; may pass later
  kUnavailable,  // not now: shutting down, too few copies, a peer is gone
  kTimeout,
  kCancelled,    // the caller, or the client behind it, went away
  kCorrupt,      // stored bytes fail their checksum, seal or format
  kUnsupported,  // understood and not implemented, or written by a newer version
  kInternal,     // an outside library or system call failed in a way nobody planned for
};

[[nodiscard]] std::string_view to_string(ErrorCode code);

// An error: `message` may be shown to a client, `detail` goes to the log only. Neither ever holds a secret.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string detail;
};

// Marked nodiscard through std::expected's own class attribute where the library has it, and by clang-tidy elsewhere.
template <class T = void>
using Result = std::expected<T, Error>;

// Makes the unexpected side of any Result: `return fail(ErrorCode::kNotFound, "no such container")`.
[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message, std::string detail = {}) {
  return std::unexpected(Error{code, std::move(message), std::move(detail)});
}

// Passes an error on: `return pass_on(result)`.
template <class T>
[[nodiscard]] std::unexpected<Error> pass_on(Result<T>& result) {
  return std::unexpected(std::move(result.error()));
}

// kInternal (or kExhausted for ENOSPC/EDQUOT, kUnavailable for EIO) from errno, naming what was attempted.
[[nodiscard]] std::unexpected<Error> fail_errno(int errno_value, std::string_view what);

}  // namespace freehold

// FH_TRY(auto value, call()) binds the value of a Result or returns its error from the enclosing function.
// FH_CO_TRY is the same in a coroutine. FH_CHECK_OK / FH_CO_CHECK_OK are for Result<void>.
#define FH_CONCAT_INNER(a, b) a##b
#define FH_CONCAT(a, b) FH_CONCAT_INNER(a, b)
#define FH_TRY_IMPL(ret, tmp, decl, ...)                 \
  auto tmp = (__VA_ARGS__);                              \
  if (!tmp) ret std::unexpected(std::move(tmp.error())); \
  decl = std::move(*tmp)
#define FH_TRY(decl, ...) FH_TRY_IMPL(return, FH_CONCAT(fh_try_, __COUNTER__), decl, __VA_ARGS__)
#define FH_CO_TRY(decl, ...) FH_TRY_IMPL(co_return, FH_CONCAT(fh_try_, __COUNTER__), decl, __VA_ARGS__)
#define FH_CHECK_OK_IMPL(ret, tmp, ...) \
  auto tmp = (__VA_ARGS__);             \
  if (!tmp) ret std::unexpected(std::move(tmp.error()))
#define FH_CHECK_OK(...) FH_CHECK_OK_IMPL(return, FH_CONCAT(fh_ok_, __COUNTER__), __VA_ARGS__)
#define FH_CO_CHECK_OK(...) FH_CHECK_OK_IMPL(co_return, FH_CONCAT(fh_ok_, __COUNTER__), __VA_ARGS__)

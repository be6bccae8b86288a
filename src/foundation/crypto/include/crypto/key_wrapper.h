// KeyWrapper: who wraps an account key. The seam through which customer-managed keys come (E2b): blob code never asks.
#pragma once

#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/secret.h"
#include "runtime/task.h"

namespace freehold::crypto {

// Thread-safe. `context` is bound to the wrapped bytes; another context doesn't unwrap them.
class KeyWrapper {
 public:
  virtual ~KeyWrapper() = default;
  [[nodiscard]] virtual runtime::Task<Result<Bytes>> wrap(TenantId tenant, Secret key, Bytes context) = 0;
  // kDenied: the wrapping key is disabled, gone or not ours; kUnavailable: its holder can't be reached.
  [[nodiscard]] virtual runtime::Task<Result<Secret>> unwrap(TenantId tenant, Bytes wrapped, Bytes context) = 0;
};

}  // namespace freehold::crypto

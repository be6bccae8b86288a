// A tenant's directory from its rows.
#pragma once

#include "keys/sealed_rows.h"
#include "runtime/task.h"
#include "src/personal_rows.h"
#include "src/snapshot.h"

namespace freehold::directory {

// kCorrupt, kUnavailable, kDenied, kUnsupported as what it reads; kExhausted: more than there may be.
[[nodiscard]] runtime::Task<Result<Objects>> load_objects(keys::SealedRows rows, PersonalRows& personal_rows);

}  // namespace freehold::directory

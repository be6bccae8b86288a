// Slices of a loop, for work that takes half a millisecond at most: less than the way to another thread and back takes
// of the processor, where many such ways are gone at once.
#pragma once

#include <cstddef>

#include "runtime/pool.h"
#include "runtime/task.h"

namespace freehold::runtime {

inline constexpr std::size_t kWaitingSlices = 16;  // of one loop

// Waits until the caller may take a slice of its loop, which it does by going on. Between two slices the loop sees to
// whatever else is ready, and keys take turns (I1). False, at once: so many wait that a pool is the better place.
[[nodiscard]] Task<bool> take_slice(FairKey key);

}  // namespace freehold::runtime

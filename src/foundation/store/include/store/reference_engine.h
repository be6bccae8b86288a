// The reference engine: all three contracts in memory, small enough to be seen to be right.
//
// The model that other engines are compared with, and what other modules' unit tests stand on. It checks every limit of
// the contracts. Nothing is durable: it ends with the object.
#pragma once

#include <memory>

#include "base/clock.h"
#include "store/engine.h"

namespace freehold::store {

// `clock` outlives the engine. Coordinator terms are 0: held until released or the engine ends.
[[nodiscard]] std::unique_ptr<Engine> make_reference_engine(const Clock& clock);

}  // namespace freehold::store

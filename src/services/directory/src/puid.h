// A person's id for services that want a number: 16 random hexadecimal digits, which say nothing of the person (R4).
#pragma once

#include <string>

#include "base/random.h"

namespace freehold::directory {

[[nodiscard]] std::string make_puid(Random& random);

}  // namespace freehold::directory

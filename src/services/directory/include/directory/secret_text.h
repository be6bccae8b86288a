// The text of a new client secret.
#pragma once

#include "base/random.h"
#include "base/secret.h"

namespace freehold::directory {

// 239 random bits as 40 characters of base64url. The first is a letter: command lines take a dash for an option.
[[nodiscard]] Secret make_secret_text(Random& random);

}  // namespace freehold::directory

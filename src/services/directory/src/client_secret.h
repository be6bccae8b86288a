// Client secrets: made, kept as digests, compared.
#pragma once

#include "base/random.h"
#include "directory/object.h"

namespace freehold::directory {

struct NewSecret {
  Secret text;  // shown once
  ClientSecret kept;
};
// Its text is of make_secret_text().
[[nodiscard]] NewSecret make_secret(Random& random, std::optional<WallTime> expiry);
// The kept form of a secret that was made so elsewhere (a first start's).
[[nodiscard]] ClientSecret keep(const Secret& text, Random& random, std::optional<WallTime> expiry);
// Constant time for secrets of one length.
[[nodiscard]] bool is_secret(const ClientSecret& kept, BytesView text);

}  // namespace freehold::directory

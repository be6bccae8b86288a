// Holds the lines that claim to be one leaf's records against the hashes that its sub-root vouches for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "audit_format/merkle.h"

namespace freehold::gate::audit {

struct ClaimedRecord {
  std::uint64_t line = 0;  // in records.jsonl, from 1
  std::uint64_t n = 0;     // its claimed place in the leaf
  Hash hash{};
  std::string request;  // its request id, if it can be made out
};

// Names each changed, missing, reordered and added record; empty if all is as it should be.
[[nodiscard]] std::vector<std::string> compare_records(std::uint64_t leaf, const std::vector<Hash>& expected,
                                                       const std::vector<ClaimedRecord>& claimed);

}  // namespace freehold::gate::audit

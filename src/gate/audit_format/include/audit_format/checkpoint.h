// Signed checkpoints (C2SP tlog-checkpoint in a C2SP signed-note) and verifier keys (vkey), with Ed25519. Keeps: A6.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "audit_format/merkle.h"
#include "base/result.h"
#include "base/secret.h"

namespace freehold::gate::audit {

// The state of a log at one moment.
struct Checkpoint {
  std::string origin;      // the log's name and its key's: no white space, no '+'
  std::uint64_t size = 0;  // leaves
  Hash root{};
};

// A log's public key, "name+id+key" in text: what a verifier must have from elsewhere.
struct VerifierKey {
  std::string name;
  std::string id;    // 4 bytes: SHA-256(name || 0x0A || 0x01 || key)[:4]
  Bytes public_key;  // 32 bytes
};

[[nodiscard]] VerifierKey make_verifier_key(std::string_view name, BytesView public_key);
[[nodiscard]] std::string to_string(const VerifierKey& key);
// One vkey, with or without a line end. kInvalidArgument if it isn't one, or its id doesn't fit.
[[nodiscard]] Result<VerifierKey> parse_verifier_key(std::string_view text);
[[nodiscard]] bool is_log_name(std::string_view name);

// The signed note. `seed` is the Ed25519 seed of the origin's key.
[[nodiscard]] std::string sign_checkpoint(const Checkpoint& checkpoint, const VerifierKey& key, const Secret& seed);
// Parses a note and checks a signature by `key` over it; signatures by others (witnesses) are passed over. kCorrupt if
// none is right, or the origin isn't the key's name.
[[nodiscard]] Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& key);

// No note that a reader must take is longer.
inline constexpr std::size_t kNoteBytes = 64 * 1024;
// No log grows so far; keeps sums of sizes from wrapping.
inline constexpr std::uint64_t kLogLeaves = std::uint64_t{1} << 48;

}  // namespace freehold::gate::audit

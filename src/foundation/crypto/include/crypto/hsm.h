// Hsm: a PKCS#11 token behind an asynchronous interface. No PKCS#11 type is seen outside this module.
//
// Keeps: E1, and the seam for E2c (any PKCS#11 device). SoftHSM2 is the default module: it proves the protocol, not tamper
// resistance (DESIGN section 10).
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "disk/disk.h"
#include "runtime/pool.h"
#include "runtime/task.h"

namespace freehold::crypto {

struct HsmConfig {
  std::string module_path;    // "" = SoftHSM2 of the system
  std::string token_label;    // "freehold-<region>"
  std::string softhsm_dir;    // where SoftHSM2 keeps its token files; "" for other modules
  Secret pin;
  std::chrono::milliseconds deadline{10'000};  // of one call, queueing included
  unsigned threads = 2;                        // one PKCS#11 session each
};

// Thread-safe. Every call runs on the token's own bounded pool: kTimeout past the deadline (the work may still end
// later), kExhausted if the queue is full, kUnavailable if the token is gone.
class Hsm {
 public:
  virtual ~Hsm() = default;
  // Wraps and unwraps 32-byte keys under the region root key (AES-256, non-extractable, sensitive; made with the token).
  // AES-GCM in the token, `context` authenticated; nonce || ciphertext || tag.
  [[nodiscard]] virtual runtime::Task<Result<Bytes>> wrap_root(Secret key, Bytes context) = 0;
  [[nodiscard]] virtual runtime::Task<Result<Secret>> unwrap_root(Bytes wrapped, Bytes context) = 0;
  virtual void stop() = 0;
};

// Opens the token; makes and initialises it, with its root key, only if `create`. Blocks (seconds): start-up only.
// kDenied: wrong PIN. kNotFound: no such token. kCorrupt: there, but unusable (zero-length or damaged objects).
[[nodiscard]] Result<std::unique_ptr<Hsm>> open_hsm(HsmConfig config, bool create);

// Sealed copies of a SoftHSM2 token directory (DESIGN section 5): all its files in one message under a key from the PIN
// (scrypt), so that a lost disk or a flipped bit in the token doesn't cost the region.
[[nodiscard]] Result<Bytes> seal_token_copy(disk::Disk& disk, const std::string& softhsm_dir, const Secret& pin,
                                            Random& random);
// Writes the files of a sealed copy into an absent or empty directory. kCorrupt: not whole; kDenied: other PIN (the two
// can't always be told apart: the message says both).
[[nodiscard]] Result<> restore_token_copy(disk::Disk& disk, const std::string& softhsm_dir, BytesView copy,
                                          const Secret& pin);

}  // namespace freehold::crypto

// Hsm: a PKCS#11 token behind an asynchronous interface. No PKCS#11 type is seen outside this module.
//
// Keeps: E1, and the seam for E2c (any PKCS#11 device). SoftHSM2 is the default module: it proves the protocol, not
// tamper resistance (DESIGN section 10).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"
#include "crypto/token_keys.h"
#include "disk/disk.h"
#include "runtime/pool.h"
#include "runtime/task.h"

namespace freehold::crypto {

struct HsmConfig {
  std::string module_path;                     // "" = SoftHSM2 of the system
  std::string token_label;                     // "freehold-<region>", 1 to 32 characters
  std::string softhsm_dir;                     // where SoftHSM2 keeps its token files; "" for other modules
  Secret pin;                                  // 4 to 255 characters
  std::chrono::milliseconds deadline{10'000};  // of one call, queueing included
  unsigned threads = 2;                        // one PKCS#11 session each
  // Called when the files of a SoftHSM2 token have changed, on a thread of the token's, before the call that changed
  // them is answered: where its sealed copies are written. What it fails with is the answer.
  std::function<Result<>()> changed = {};
  // Called before a SoftHSM2 token says which keys it has: whoever destroyed some wants to know that they are in no
  // copy either. It brings the copies into step with the files, or fails, and then that is the answer.
  std::function<Result<>()> settle = {};
  // Where sealed copies of further tokens of SoftHSM2 are kept, under this PIN: the fault domains.
  std::vector<std::string> copies = {};
};

// A key of the token that is there to be destroyed: what was wrapped under it is gone with it, from every copy of every
// disk. (Not from copies of the token itself.)
using ErasureKeyId = Guid<struct ErasureKeyTag>;

// Thread-safe. Every call runs on the token's own bounded pool: kTimeout past the deadline (the work may still end
// later), kExhausted if the queue is full, kUnavailable if the token is gone.
class Hsm {
 public:
  virtual ~Hsm() = default;
  // Wraps and unwraps 32-byte keys under the region root key (AES-256, non-extractable, sensitive; made with the
  // token). AES-GCM in the token, `context` authenticated; nonce || ciphertext || tag. unwrap: kCorrupt if it doesn't
  // verify.
  [[nodiscard]] virtual runtime::Task<Result<Bytes>> wrap_root(Secret key, Bytes context) = 0;
  [[nodiscard]] virtual runtime::Task<Result<Secret>> unwrap_root(Bytes wrapped, Bytes context) = 0;
  // The same under an erasure key. kNotFound: there is no such key.
  [[nodiscard]] virtual runtime::Task<Result<Bytes>> wrap_under(ErasureKeyId id, Secret key, Bytes context) = 0;
  [[nodiscard]] virtual runtime::Task<Result<Secret>> unwrap_under(ErasureKeyId id, Bytes wrapped, Bytes context) = 0;
  // AES-256, non-extractable, sensitive. A key that was made, and one that was destroyed, is so after a crash too; of a
  // call that failed or timed out it can't be known (erasure_keys() tells: what it says holds after a crash, too, and
  // in the token's copies). destroy: one that isn't there is no error. A SoftHSM2 token has 900 at most (kExhausted).
  // Whoever makes a key chooses its id, and so knows its own among those of others who use the token.
  [[nodiscard]] virtual runtime::Task<Result<>> make_erasure_key(ErasureKeyId id) = 0;
  [[nodiscard]] virtual runtime::Task<Result<>> destroy_erasure_key(ErasureKeyId id) = 0;
  [[nodiscard]] virtual runtime::Task<Result<std::vector<ErasureKeyId>>> erasure_keys() = 0;

  // Opens another token, for keys; makes it if `create` and there is none. Of another device than SoftHSM2 it may be
  // this one, by its label and PIN. Blocks (seconds): at start-up, or on a pool; one at a time of each label.
  // kNotFound, kDenied, kCorrupt, kConflict (SoftHSM2: this token's label), kExhausted (no free slot) as open_hsm().
  [[nodiscard]] virtual Result<std::unique_ptr<TokenKeys>> open_keys(TokenKeysConfig config, bool create) = 0;
  // Removes such a token of SoftHSM2 and its copies: what it wrapped opens nowhere any more. Its TokenKeys must be
  // gone. A copy in a fault domain that is away comes back with it. Blocks. kUnsupported of other devices.
  [[nodiscard]] virtual Result<> remove_keys(std::string label) = 0;
  // Opens each sealed copy of such tokens as a restore would, and writes those anew that are missing or damaged; how
  // many. Blocks (the PIN's key derivation is slow on purpose). 0 of other devices.
  [[nodiscard]] virtual Result<std::size_t> mend_copies() = 0;

  // Finishes what is queued; calls fail with kUnavailable from then on. Idempotent. No call may be under way when the
  // Hsm is destroyed.
  virtual void stop() = 0;
};

// Opens the token; makes and initialises it, with its root key, only if `create` and there is none. Blocks (seconds)
// and sets SOFTHSM2_CONF: start-up only, one Hsm of a module at a time in a process (kConflict). kDenied: wrong PIN.
// kNotFound: no such token, or one whose making a crash interrupted. kCorrupt: there, but unusable (zero-length or
// damaged files, another root key). kConflict: the token there has another label. kUnavailable: no such module.
[[nodiscard]] Result<std::unique_ptr<Hsm>> open_hsm(HsmConfig config, bool create);

// Sealed copies of a SoftHSM2 token directory (DESIGN section 5): all its files in one message under a key from the PIN
// (scrypt), so that a lost disk or a flipped bit in the token doesn't cost the region. docs/formats/token-copy.md.
[[nodiscard]] Result<Bytes> seal_token_copy(disk::Disk& disk, const std::string& softhsm_dir, const Secret& pin,
                                            Random& random);
// Writes the files of a sealed copy; nothing is written before all of it is verified. kCorrupt: not whole; kDenied:
// other PIN; kUnsupported: of a newer version; kConflict: a token is there. A crash leaves no token or a whole one.
[[nodiscard]] Result<> restore_token_copy(disk::Disk& disk, const std::string& softhsm_dir, BytesView copy,
                                          const Secret& pin);
// Counts the changes of a SoftHSM2 token since it was made, so that the newest of several copies can be told. Errors as
// open_hsm().
[[nodiscard]] Result<std::uint64_t> token_changes(disk::Disk& disk, const std::string& softhsm_dir, const Secret& pin);
// SHA-256 of the token's files: are copies of it up to date?
[[nodiscard]] Result<Bytes> token_digest(disk::Disk& disk, const std::string& softhsm_dir);

}  // namespace freehold::crypto

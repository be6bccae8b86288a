// NoteCipher: seals and opens what an account says about its blobs (notes.h), under keys made of the account's key.
// Keeps: E1, E2, E4.
#pragma once

#include <array>

#include "base/clock.h"
#include "base/random.h"
#include "blob/account_store.h"
#include "crypto/aead.h"
#include "src/account_key.h"
#include "src/notes.h"
#include "store/partition_store.h"

namespace freehold::blob {

// For the rows of one partition, while one request or page is worked on: it holds the account's key, so it is made anew
// where the lease is asked for anew. Not thread-safe.
//
// A sealed note is the lot it was sealed in (u32, days since 1970) and crypto::seal's nonce, ciphertext and tag. Each
// container and lot has its own key, HKDF-Expand(account key, "freehold notes" || partition || lot), so that the random
// nonces of none run out: 2^32 a day.
class NoteCipher {
 public:
  NoteCipher(AccountKey key, const store::PartitionId& partition) : key_(std::move(key)), partition_(partition.value) {}

  // Opens what the row with that key holds. What doesn't open stays closed: kCorrupt.
  void open(BytesView row_key, RowNotes& notes);
  // Seals what is open and not sealed yet. `row_key`: of the row that will hold it.
  void seal(BytesView row_key, RowNotes& notes, WallTime now, Random& random);

  // What all marks of tags of that name begin with, and the whole mark of one.
  [[nodiscard]] Bytes mark_of_name(std::string_view name);
  [[nodiscard]] Bytes mark(std::string_view name, std::string_view value);

 private:
  static constexpr std::size_t kLotsKept = 8;
  struct Lot {
    std::uint32_t day = 0;
    Secret key;
  };
  [[nodiscard]] const Secret& key_of(std::uint32_t day);
  [[nodiscard]] const Secret& index_key();

  AccountKey key_;
  Bytes partition_;
  std::array<Lot, kLotsKept> lots_;
  std::size_t used_ = 0;
  Secret index_key_;
};

// Opens with a cipher that may not be there for want of the account's key.
void open_notes(Result<NoteCipher>& cipher, BytesView row_key, RowNotes& notes);

// Asks for accounts' keys. Thread-safe; borrows all.
class NoteSealer {
 public:
  NoteSealer(AccountStore& accounts, const Clock& clock, Random& random)
      : accounts_(accounts), clock_(clock), random_(random) {}

  // For rows of a container's or account's partition. kDenied: the account's key is withheld; kUnavailable.
  [[nodiscard]] Task<Result<NoteCipher>> cipher(store::PartitionId partition) const;
  // Opens them, or leaves them closed with the reason. Nothing is asked where there are none. `notes` outlives the
  // call.
  [[nodiscard]] Task<> open(store::PartitionId partition, Bytes row_key, RowNotes& notes) const;
  // Seals what was set. kDenied, kUnavailable: nothing is sealed, and the row mustn't be written.
  [[nodiscard]] Task<Result<>> seal(store::PartitionId partition, Bytes row_key, RowNotes& notes) const;

 private:
  AccountStore& accounts_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace freehold::blob

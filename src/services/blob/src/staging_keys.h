// StagingKeys: under which key the first blocks of a blob that isn't there yet are sealed.
//
// Put Blocks of a new blob come many at a time and must share one blob key, long before the first of them commits a row
// that says which. So the first chooses, and those that run beside it take the same. A block that is put is one commit
// with one audit record: nothing has to be written before its content comes in.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "store/partition_store.h"

namespace freehold::blob {

// Owned by BlobStore, outlives its shares. Thread-safe. Holds one wrapped key for each new blob that has a Put Block
// running. Correctness never rests on it: another front end may choose another key, and then the commit that comes
// second sees a row with a key that isn't its own.
class StagingKeys {
  using Blob = std::pair<std::string, std::string>;  // partition, name
  struct Entry {
    Bytes wrapped;
    int shares = 0;
  };

 public:
  // As long as one lives, whoever asks for the same blob gets the same key.
  class Share {
   public:
    Share(StagingKeys& keys, std::map<Blob, Entry>::iterator entry) : keys_(&keys), entry_(entry) {}
    Share(Share&& other) noexcept : keys_(std::exchange(other.keys_, nullptr)), entry_(other.entry_) {}
    Share& operator=(Share&&) = delete;
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    ~Share() {
      if (keys_ != nullptr) keys_->leave(entry_);
    }
    [[nodiscard]] const Bytes& wrapped() const { return entry_->second.wrapped; }

   private:
    StagingKeys* keys_;
    std::map<Blob, Entry>::iterator entry_;  // map iterators stay valid until their entry is erased
  };

  // The key that running requests use for this blob, or else `offered`. To be asked while the blob's lock is held and
  // its row was found absent, so that a request that ends between can't leave two keys behind.
  [[nodiscard]] Share share(const store::PartitionId& partition, std::string name, Bytes offered) {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.try_emplace({partition.value, std::move(name)}, Entry{std::move(offered), 0}).first;
    ++entry->second.shares;
    return {*this, entry};
  }

 private:
  void leave(std::map<Blob, Entry>::iterator entry) {
    const std::lock_guard lock(mutex_);
    if (--entry->second.shares == 0) entries_.erase(entry);
  }

  std::mutex mutex_;
  std::map<Blob, Entry> entries_;
};

}  // namespace freehold::blob

// FurtherTokens: SoftHSM2 tokens beside the region's, each with a label and a PIN of its own: how their files are kept,
// verified, copied and brought back (docs/formats/token-copy.md). Private to this module.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "disk/disk.h"
#include "src/softhsm_files.h"

namespace freehold::crypto {

// Thread-safe after load(). Blocking.
class FurtherTokens {
 public:
  // `copies`: directories that hold sealed copies, under the region's PIN. One that isn't there is passed over.
  FurtherTokens(std::string softhsm_dir, std::vector<std::string> copies, Secret region_pin);

  // Before SoftHSM2 looks: puts every whole token into its working directory, brings back from copies what is missing
  // or damaged, and places copies that are missing. What is damaged and has no copy is left out, and named in the log.
  [[nodiscard]] Result<> load(disk::Disk& disk);

  // Is it there, whole, and does the PIN open it? False: it was never made. kCorrupt: damaged, and without a whole
  // copy. kDenied: PIN.
  [[nodiscard]] Result<bool> check(disk::Disk& disk, const std::string& label, const Secret& pin);
  // Runs `make`, which makes a token in SoftHSM2's working directory, and keeps its files, and copies of them. From
  // then on it is there; a crash before leaves nothing of it.
  template <class Make>
  [[nodiscard]] auto keep_what(disk::Disk& disk, const std::string& label, const Secret& pin, Make make)
      -> decltype(make()) {
    const std::lock_guard lock(mutex_);
    FH_TRY(const auto before, disk.list(region_.working()));
    auto made = make();
    if (!made) return made;
    auto kept = keep(disk, label, pin, before);
    if (kept) return made;
    made = pass_on(kept);  // SoftHSM2 uses it no more
    static_cast<void>(remove_now(disk, label));
    return made;
  }
  // Opens every copy, and writes those anew that are missing or damaged; how many.
  [[nodiscard]] Result<std::size_t> mend_copies(disk::Disk& disk);
  // Removes its files and copies for good. SoftHSM2 must not use it any more.
  [[nodiscard]] Result<> remove(disk::Disk& disk, const std::string& label);

 private:
  [[nodiscard]] SofthsmFiles place_of(const std::string& label) const { return {region_.directory + "/more/" + label}; }
  [[nodiscard]] Result<> keep(disk::Disk& disk, const std::string& label, const Secret& pin,
                              const std::vector<std::string>& before);
  [[nodiscard]] Result<> bring_back(disk::Disk& disk, const std::string& label);
  [[nodiscard]] Result<> load_one(disk::Disk& disk, const std::string& label);
  [[nodiscard]] std::vector<std::string> labels(disk::Disk& disk) const;
  std::size_t place_copies(disk::Disk& disk, const std::string& label);
  bool place_copy(disk::Disk& disk, const std::string& label, const std::string& directory, Bytes& sealed);
  [[nodiscard]] Result<bool> is_whole_copy(disk::Disk& disk, const std::string& path, const std::string& scratch);
  [[nodiscard]] Result<> remove_now(disk::Disk& disk, const std::string& label);

  const SofthsmFiles region_;
  const std::vector<std::string> copies_;
  const Secret pin_;
  std::mutex mutex_;                                        // guards loaded_, and makings
  std::map<std::string, std::vector<std::string>> loaded_;  // label: SoftHSM2's directories of it
};

// 1 to 32 of a-z, 0-9 and '-'.
[[nodiscard]] bool is_further_label(const std::string& label);

}  // namespace freehold::crypto

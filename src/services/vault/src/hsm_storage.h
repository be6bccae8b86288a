// PoolStorage: the folder of a container of this cloud's Blob service into which a pool is backed up, reached through
// the door by the SAS that the caller gave, under the account's network rules for where the caller came from.
#pragma once

#include "src/hsm_jobs.h"

namespace freehold::vault {

inline constexpr std::size_t kMaxBackupBlob = 8 * 1'024 * 1'024;

// Where, as a body says it: {"storageResourceUri": "https://ACCOUNT.blob.core.D/CONTAINER", "token": SAS}.
struct StoragePlace {
  std::string container;  // the URL, without a slash at its end
  std::string token;      // the SAS, without '?': never kept, never logged
};
// kInvalidArgument: no container of this cloud, or no SAS.
[[nodiscard]] Result<StoragePlace> read_place(const Json& json, std::string_view domain);
// "mhsm-hsm1-20250422081033": what stands behind a container's URL. One or two words of letters, digits, '-', '_', '.'.
[[nodiscard]] bool is_folder(std::string_view name);

// One job's; what it borrows outlives it.
class PoolStorage {
 public:
  PoolStorage(const AskDoor& door, StoragePlace place, std::string folder)
      : door_(door), place_(std::move(place)), folder_(std::move(folder)) {}
  void go_to(std::string folder) { folder_ = std::move(folder); }
  [[nodiscard]] std::string url() const { return place_.container + "/" + folder_; }
  // Errors say in a sentence what the storage answered. put: kConflict if there is a blob of that name.
  [[nodiscard]] Task<Result<>> put(std::string name, Bytes content) const;
  [[nodiscard]] Task<Result<Bytes>> get(std::string name) const;
  [[nodiscard]] Task<Result<>> remove(std::string name) const;

 private:
  [[nodiscard]] Task<Result<http::Response>> ask(http::Method method, std::string name, Bytes body) const;
  [[nodiscard]] std::string url_of(std::string_view name) const;

  const AskDoor& door_;
  StoragePlace place_;
  std::string folder_;
};

}  // namespace freehold::vault

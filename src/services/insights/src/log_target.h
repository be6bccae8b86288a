// LogTarget: the blobs of a storage account into which a setting's logs go, written through the door as any client's
// are: audited, encrypted and kept like them, under the name of the job that delivers.
#pragma once

#include <functional>
#include <string>

#include "http/message.h"
#include "resource/change.h"
#include "route/api_error.h"
#include "runtime/task.h"

namespace freehold::insights {

using runtime::Task;

// Sends a part of the job through the door (Permit::ask).
using AskDoor = std::function<Task<http::Response>(http::Request&)>;

// May logs be written there? By the account as its provider shows it: null, or it keeps trusted services out.
// kUnavailable says why not.
[[nodiscard]] Result<> check_admits_logs(const nlohmann::json& account);

// One delivery's; what it borrows outlives it.
class LogTarget {
 public:
  // `host` is the account's: "acct.blob.core.D".
  LogTarget(const AskDoor& door, std::string host, std::string container)
      : door_(door), host_(std::move(host)), container_(std::move(container)) {}

  struct Blob {
    bool there = false;
    bool grows = false;  // an append blob with room for more blocks
    std::uint64_t length = 0;
  };
  [[nodiscard]] Task<Result<Blob>> look(std::string name) const;
  // An empty append blob, and its container if there is none. Right also if there was one already.
  [[nodiscard]] Task<Result<>> create(std::string name) const;
  // kConflict: the blob doesn't end at `position`, and nothing was appended.
  [[nodiscard]] Task<Result<>> append(std::string name, std::uint64_t position, Bytes text) const;

 private:
  [[nodiscard]] Task<Result<http::Response>> ask(http::Method method, std::string target, http::Headers headers,
                                                 Bytes body) const;

  const AskDoor& door_;
  std::string host_;
  std::string container_;
};

}  // namespace freehold::insights

// Region: everything that one process of Freehold is made of, put together in order and taken apart in reverse.
#pragma once

#include <memory>

#include "base/result.h"
#include "settings.h"

namespace freehold::app {

struct Ports {
  std::uint16_t https = 0;
  std::optional<std::uint16_t> http;
  std::uint16_t metrics = 0;
};

// Opened and closed by one thread (main's); everything inside has its own rules. open() makes DIR ready if it is empty.
class Region {
 public:
  // kInvalidArgument: a setting or a port can't be had; kConflict: DIR is another process's; kCorrupt, kUnavailable,
  // kUnsupported: DIR can't be served and was left as it is. The message says what to do.
  [[nodiscard]] static Result<std::unique_ptr<Region>> open(const Settings& settings);
  ~Region();
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  // Listens on every port, writes DIR/endpoints.json and begins to answer.
  [[nodiscard]] Result<Ports> serve();
  // Lets running requests end, then stops everything in reverse. Within 30 s. False: a request didn't end (a disk that
  // hangs) and holds on to what is owned here, so the process must end without destroying it. What was acknowledged is
  // as safe then as after a kill.
  [[nodiscard]] bool shut_down();

 private:
  struct Parts;
  explicit Region(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;  // never null
};

}  // namespace freehold::app

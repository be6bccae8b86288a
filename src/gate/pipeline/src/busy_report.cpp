#include "busy_report.h"

#include "base/log.h"

namespace freehold::gate {

void BusyReport::add(std::string_view detail, MonotonicTime now) {
  const std::lock_guard lock(mutex_);
  ++untold_;
  if (told_ && now - *told_ < kEvery) return;
  log_warning("requests were told to come back later", {{"requests", untold_}, {"last_reason", detail}});
  untold_ = 0;
  told_ = now;
}

}  // namespace freehold::gate

// LogDelivery: resource logs and activity logs, from where they are kept to where diagnostic settings want them, each
// line exactly once.
//
// A block of lines is first planned (which lines, to which blobs, at which positions: one durable row), then appended
// under the condition that its blob still ends at that position, and then the cursor moves on and the plan is gone. Who
// finds a plan after a crash makes the same lines again, asks each blob how long it is, and appends what isn't there.
// Only who writes to these blobs or removes them meanwhile can make a line come twice.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "audit/log_reader.h"
#include "base/clock.h"
#include "resource/registry.h"
#include "runtime/pool.h"
#include "src/log_target.h"
#include "src/log_window.h"
#include "src/setting_store.h"

namespace freehold::insights {

inline constexpr std::size_t kRunBytes = 64 * 1024 * 1024;  // appended in one run, of all settings together
inline constexpr int kRunWindows = 64;                      // of the audit log read in one run
inline constexpr std::uint32_t kEventsAtOnce = 256;

struct DeliveryParts {
  SettingStore& settings;
  const LoggedOperations& operations;
  const gate::audit::LogReader* log = nullptr;  // null: there are no resource logs
  runtime::Pool* pool = nullptr;                // with it
  const gate::resource::Registry* registry = nullptr;
  const Clock& clock;
  std::string domain;
  std::chrono::milliseconds interval;
};

// Owned by InsightsService. One run at a time, on one loop.
class LogDelivery {
 public:
  explicit LogDelivery(DeliveryParts parts) : parts_(std::move(parts)) {}
  // After add_resource_types().
  void set_registry(const gate::resource::Registry& registry) { parts_.registry = &registry; }

  struct Outcome {
    std::size_t bytes = 0;  // appended
    bool more = false;      // the run's bounds ended it
  };
  // Delivers what there is. What fails for a setting is that setting's: it is tried again later, each time after twice
  // the time, up to a quarter of an hour, and the log says so once. An error: nothing could be read.
  [[nodiscard]] Task<Result<Outcome>> run(AskDoor door, std::function<bool()> stopping);

 private:
  // A setting in this run.
  struct Active {
    SettingPtr setting;
    LineFrame frame;
    DeliveryCursor cursor;
  };
  struct Trouble {
    int failures = 0;
    MonotonicTime again = {};
  };
  using Actives = std::vector<Active>;

  [[nodiscard]] bool is_due(SettingId id) const;
  [[nodiscard]] Task<Result<std::optional<Active>>> begin(SettingPtr setting);
  [[nodiscard]] Task<Result<gate::resource::Json>> read(gate::resource::ResourceId id) const;
  [[nodiscard]] Task<Result<>> resume(Active& active, const AskDoor& door);
  [[nodiscard]] Task<Result<LineBlocks>> planned_blocks(const Active& active) const;
  [[nodiscard]] Task<Result<LineBlocks>> queued_blocks(const Active& active, const std::vector<Bytes>* only) const;
  [[nodiscard]] Task<Result<>> deliver_events(Active& active, const AskDoor& door,
                                              const std::function<bool()>& stopping, Outcome& outcome);
  [[nodiscard]] Task<Result<>> deliver_lines(Active& active, const AskDoor& door, const LogWindow& window,
                                             Outcome& outcome);
  [[nodiscard]] Task<Result<>> deliver_logs(Actives& actives, const AskDoor& door,
                                            const std::function<bool()>& stopping, Outcome& outcome);
  [[nodiscard]] Task<Result<bool>> deliver(Active& active, const AskDoor& door, LineBlocks blocks, Outcome& outcome);
  [[nodiscard]] LogTarget target_of(const Active& active, const AskDoor& door, std::string_view category) const;
  [[nodiscard]] Task<Result<PlannedAppend>> place(const Active& active, const AskDoor& door,
                                                  const LineBlock& block) const;
  [[nodiscard]] Task<Result<>> append(const Active& active, const AskDoor& door, const PlannedAppend& planned,
                                      Bytes text) const;
  void failed(const DiagnosticSetting& setting, const Error& error);
  void went_well(const DiagnosticSetting& setting);

  DeliveryParts parts_;
  std::map<SettingId, Trouble> troubles_;
  std::map<SettingId, LogPosition> kept_;  // how far cursors are durable
};

}  // namespace freehold::insights

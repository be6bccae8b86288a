// LogWindow: a stretch of the audit log, opened once for all settings that are delivered from it.
#pragma once

#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "audit/log_reader.h"
#include "runtime/pool.h"
#include "src/delivery_cursor.h"
#include "src/log_lines.h"

namespace freehold::insights {

inline constexpr std::size_t kWindowBytes = 8 * 1024 * 1024;  // of text; one batch more at most
inline constexpr std::uint32_t kWindowLeaves = 512;
inline constexpr std::size_t kBlockBytes = 1024 * 1024;  // of lines delivered at a time; one line more at most
inline constexpr std::size_t kBlockBlobs = 48;           // that those go to

// Lines that go to one blob as one block.
struct LineBlock {
  std::string category;
  std::string hour;
  Bytes text;
};
struct LineBlocks {
  std::vector<LineBlock> blocks;
  LogPosition until;               // of the audit log: how far they reach
  std::vector<Bytes> events = {};  // of the activity log: tags of the events in them
  std::vector<Bytes> rows = {};    // and their rows
  void add(LogLine line);
  [[nodiscard]] std::size_t bytes() const;
};

// Immutable once made: shared by those who shape lines from it on the pool.
class LogWindow {
 public:
  // Leaves from `first` on, and before `end`, until the window is full; other tenants' are passed by.
  [[nodiscard]] static runtime::Task<Result<std::shared_ptr<const LogWindow>>> load(
      const gate::audit::LogReader& log, runtime::Pool& pool, TenantId tenant, std::uint64_t first, std::uint64_t end);
  [[nodiscard]] std::uint64_t first() const { return first_; }
  [[nodiscard]] std::uint64_t end() const { return end_; }

  // What a setting wants of the lines with from <= position < to, as much as is delivered at a time.
  [[nodiscard]] LineBlocks shape(const DiagnosticSetting& setting, const LineFrame& frame,
                                 const LoggedOperations& operations, LogPosition from, LogPosition to) const;

 private:
  struct Line {
    LogPosition at;
    BytesView text;
  };
  void add(std::uint64_t leaf, Bytes text);

  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
  std::size_t bytes_ = 0;
  std::vector<std::unique_ptr<const Bytes>> texts_;  // what the views are of
  std::map<std::string_view, std::vector<Line>> by_owner_;
};

}  // namespace freehold::insights

#include "src/log_window.h"

#include <algorithm>

#include "audit/batch.h"
#include "base/encoding.h"
#include "base/log.h"

namespace freehold::insights {

void LineBlocks::add(LogLine line) {
  const auto at = std::ranges::find_if(
      blocks, [&](const LineBlock& each) { return each.category == line.category && each.hour == line.hour; });
  if (at != blocks.end()) {
    at->text += line.text;
  } else {
    blocks.push_back({std::move(line.category), std::move(line.hour), std::move(line.text)});
  }
}

std::size_t LineBlocks::bytes() const {
  std::size_t out = 0;
  for (const auto& each : blocks) out += each.text.size();
  return out;
}

runtime::Task<Result<std::shared_ptr<const LogWindow>>> LogWindow::load(const gate::audit::LogReader& log,
                                                                        runtime::Pool& pool, TenantId tenant,
                                                                        std::uint64_t first, std::uint64_t end) {
  auto out = std::make_shared<LogWindow>();
  out->first_ = out->end_ = first;
  const auto most = static_cast<std::uint32_t>(std::min<std::uint64_t>(kWindowLeaves, end - first));
  FH_CO_TRY(const auto leaves, co_await log.leaves(first, most));
  for (const auto& leaf : leaves) {
    if (out->bytes_ >= kWindowBytes) break;
    if (leaf.tenant == tenant) {
      auto sealed = co_await log.sealed(leaf.index);
      if (!sealed && sealed.error().code == ErrorCode::kNotFound) {
        log_error("a batch of the audit log was pruned before resource logs were made of it",
                  {{"leaf", std::uint64_t{leaf.index}}});
      } else if (!sealed) {
        co_return std::unexpected(std::move(sealed.error()));
      } else {
        // On the pool: opening, decompressing and finding the lines.
        FH_CO_CHECK_OK(co_await pool.run(0, [&log, leaf, sealed = std::move(*sealed), out]() -> Result<> {
          FH_TRY(auto text, log.open(leaf, sealed));
          out->add(leaf.index, std::move(text));
          return {};
        }));
      }
    }
    out->end_ = leaf.index + 1;
  }
  co_return std::shared_ptr<const LogWindow>(std::move(out));
}

void LogWindow::add(std::uint64_t leaf, Bytes text) {
  bytes_ += text.size();
  texts_.push_back(std::make_unique<const Bytes>(std::move(text)));
  std::uint64_t n = 0;
  for (const auto line : gate::audit::lines_of(*texts_.back())) {
    const auto owner = owner_of(line);
    if (!owner.empty()) by_owner_[owner].push_back({{leaf, n}, line});
    ++n;
  }
}

LineBlocks LogWindow::shape(const DiagnosticSetting& setting, const LineFrame& frame,
                            const LoggedOperations& operations, LogPosition from, LogPosition to) const {
  LineBlocks out{.blocks = {}, .until = std::min(to, LogPosition{end_, 0})};
  const auto lines = by_owner_.find(to_lower(setting.resource.parts.front().names.front()));
  if (lines == by_owner_.end()) return out;
  const auto wanted = setting.enabled();
  for (const auto& line : lines->second) {
    if (line.at < from || line.at >= to) continue;
    if (out.bytes() >= kBlockBytes || out.blocks.size() >= kBlockBlobs) {
      out.until = line.at;
      break;
    }
    auto shaped = line_of(line.text, setting.source, operations, frame);
    if (shaped && wanted.contains(shaped->category)) out.add(std::move(*shaped));
  }
  return out;
}

}  // namespace freehold::insights

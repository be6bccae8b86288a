#include "src/log_delivery.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/log.h"

namespace freehold::insights {
namespace {

using gate::resource::ResourceId;

constexpr unsigned kMostParts = 1'000;  // blobs of one hour
constexpr std::chrono::minutes kLongestPause{15};
constexpr int kMostDoublings = 10;
// A cursor that moved over lines of others is made durable after so many leaves: so many are read again after a crash.
constexpr std::uint64_t kLeavesUnkept = 256;

std::string upper_path(const ResourceId& id) {
  std::string out = id.text();
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string location_of(const gate::resource::Json& json) {
  if (!json.is_object()) return {};
  const auto at = json.find("location");
  return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

}  // namespace

bool LogDelivery::is_due(SettingId id) const {
  const auto at = troubles_.find(id);
  return at == troubles_.end() || at->second.again <= parts_.clock.monotonic();
}

// Once: who is told that it doesn't work isn't told each time that it still doesn't.
void LogDelivery::failed(const DiagnosticSetting& setting, const Error& error) {
  auto& trouble = troubles_[setting.id];
  if (trouble.failures == 0) {
    log_warning("a diagnostic setting's logs can't be delivered now; it is tried again until they can be",
                {{"setting", to_string(setting.id)},
                 {"account", setting.account.name()},
                 {"code", to_string(error.code)},
                 {"error", error.message},
                 {"detail", error.detail}});
  }
  const auto pause = parts_.interval * (1 << std::min(trouble.failures, kMostDoublings));
  ++trouble.failures;
  trouble.again = parts_.clock.monotonic() + std::min<std::chrono::milliseconds>(pause, kLongestPause);
}

void LogDelivery::went_well(const DiagnosticSetting& setting) {
  if (troubles_.erase(setting.id) > 0) {
    log_info("a diagnostic setting's logs are delivered again", {{"setting", to_string(setting.id)}});
  }
}

Task<Result<gate::resource::Json>> LogDelivery::read(ResourceId id) const {
  const auto* type = parts_.registry == nullptr ? nullptr : parts_.registry->find(id.type());
  if (type == nullptr) co_return fail(ErrorCode::kInternal, "no provider has the resource of a diagnostic setting");
  auto found = co_await type->behind->get(
      std::move(id), {.api_version = type->api_versions.front(),
                      .caller = {.tenant = parts_.settings.tenant(), .object = {}, .now = parts_.clock.now()}});
  if (!found) co_return fail(ErrorCode::kUnavailable, "a resource can't be read now", found.error().code);
  co_return std::move(*found);
}

// nullopt: the resource is gone, and the setting with it (what is moved is another resource from then on, as in Azure).
Task<Result<std::optional<LogDelivery::Active>>> LogDelivery::begin(SettingPtr setting) {
  LineFrame frame{.resource = upper_path(setting->resource),
                  .tenant = parts_.settings.tenant(),
                  .location = {},
                  .blob_suffix = ".blob.core." + parts_.domain,
                  .vault_suffix = ".vault." + parts_.domain};
  if (setting->source != LogSource::kActivity) {
    FH_CO_TRY(const auto resource, co_await read(setting->resource));
    if (resource.is_null()) {
      FH_CO_CHECK_OK(co_await parts_.settings.remove(setting->key()));
      log_info("a diagnostic setting is removed: its resource is gone", {{"setting", to_string(setting->id)}});
      co_return std::nullopt;
    }
    frame.location = location_of(resource);
    if (frame.location.empty() && setting->source == LogSource::kBlob) {
      FH_CO_TRY(const auto parent, co_await read(setting->resource.parent()));
      frame.location = location_of(parent);
    }
  }
  FH_CO_TRY(const auto account, co_await read(setting->account));
  FH_CO_CHECK_OK(check_admits_logs(account));
  auto cursor = parts_.settings.cursor(setting->id);
  co_return Active{.setting = std::move(setting), .frame = std::move(frame), .cursor = std::move(cursor)};
}

Task<Result<LogDelivery::Outcome>> LogDelivery::run(AskDoor door, std::function<bool()> stopping) {
  Outcome outcome;
  Actives logs;
  const auto settings = parts_.settings.all();
  for (const auto& setting : settings) {
    if (stopping()) co_return outcome;
    if (!is_due(setting->id)) continue;
    auto active = co_await begin(setting);
    if (!active) {
      failed(*setting, active.error());
      continue;
    }
    if (!*active) continue;
    auto done = co_await resume(**active, door);
    if (done && setting->source == LogSource::kActivity)
      done = co_await deliver_events(**active, door, stopping, outcome);
    if (!done) {
      failed(*setting, done.error());
      continue;
    }
    if (setting->source != LogSource::kActivity) {
      logs.push_back(std::move(**active));
    } else {
      went_well(*setting);
    }
  }
  std::erase_if(troubles_, [&](const auto& each) {
    return std::ranges::none_of(settings, [&](const auto& setting) { return setting->id == each.first; });
  });
  std::erase_if(kept_, [&](const auto& each) {
    return std::ranges::none_of(settings, [&](const auto& setting) { return setting->id == each.first; });
  });
  if (parts_.log != nullptr && !logs.empty()) {
    FH_CO_CHECK_OK(co_await deliver_logs(logs, door, stopping, outcome));
  }
  co_return outcome;
}

// Window by window, those first that are nearest to the log's end: who lags far behind holds nobody up. Those in step
// read and open each batch once.
Task<Result<>> LogDelivery::deliver_logs(Actives& actives, const AskDoor& door, const std::function<bool()>& stopping,
                                         Outcome& outcome) {
  FH_CO_TRY(const auto end, co_await parts_.log->end());
  std::set<SettingId> out;  // failed in this run
  for (int windows = 0; !stopping(); ++windows) {
    std::optional<std::uint64_t> first;
    for (const auto& active : actives) {
      if (out.contains(active.setting->id) || active.cursor.at.leaf >= end) continue;
      first = std::max(first.value_or(0), active.cursor.at.leaf);
    }
    if (!first) break;
    if (outcome.bytes >= kRunBytes || windows == kRunWindows) {
      outcome.more = true;
      break;
    }
    FH_CO_TRY(const auto window,
              co_await LogWindow::load(*parts_.log, *parts_.pool, parts_.settings.tenant(), *first, end));
    if (window->end() == *first) co_return fail(ErrorCode::kCorrupt, "the audit log ends before its checkpoint");
    for (auto& active : actives) {
      if (stopping()) co_return Result<>();
      const auto leaf = active.cursor.at.leaf;
      if (out.contains(active.setting->id) || leaf < window->first() || leaf >= window->end()) continue;
      auto done = co_await deliver_lines(active, door, *window, outcome);
      if (done) continue;
      failed(*active.setting, done.error());
      out.insert(active.setting->id);
    }
  }
  for (const auto& active : actives) {
    if (!out.contains(active.setting->id)) went_well(*active.setting);
  }
  co_return Result<>();
}

// To the window's end.
Task<Result<>> LogDelivery::deliver_lines(Active& active, const AskDoor& door, const LogWindow& window,
                                          Outcome& outcome) {
  const LogPosition end{window.end(), 0};
  while (active.cursor.at < end) {
    // The window outlives the work: it is awaited here.
    FH_CO_TRY(auto blocks, co_await parts_.pool->run(0, [this, &active, &window, end]() -> Result<LineBlocks> {
      return window.shape(*active.setting, active.frame, parts_.operations, active.cursor.at, end);
    }));
    if (!blocks.blocks.empty()) {
      FH_CO_TRY(const bool there, co_await deliver(active, door, std::move(blocks), outcome));
      if (!there) {
        active.cursor.at = {~std::uint64_t{0}, 0};
        co_return Result<>();
      }
      kept_[active.setting->id] = active.cursor.at;
      continue;
    }
    active.cursor.at = blocks.until;
    parts_.settings.pass_by(active.setting->id, active.cursor.at);
    auto& kept = kept_.try_emplace(active.setting->id, active.cursor.at).first->second;
    if (active.cursor.at.leaf - kept.leaf < kLeavesUnkept) continue;
    FH_CO_TRY([[maybe_unused]] const bool there, co_await parts_.settings.keep(active.setting->id, active.cursor));
    kept = active.cursor.at;
  }
  co_return Result<>();
}

Task<Result<LineBlocks>> LogDelivery::queued_blocks(const Active& active, const std::vector<Bytes>* only) const {
  FH_CO_TRY(auto events,
            co_await parts_.settings.queued(active.setting->id, kEventsAtOnce * (only == nullptr ? 1 : 4)));
  LineBlocks out{.blocks = {}, .until = active.cursor.at};
  for (auto& each : events) {
    auto tag = event_tag(each.event);
    if (only != nullptr && std::ranges::find(*only, tag) == only->end()) continue;
    if (only == nullptr && (out.bytes() >= kBlockBytes || out.blocks.size() >= kBlockBlobs)) break;
    out.add(line_of(each.event, active.frame));
    out.events.push_back(std::move(tag));
    out.rows.push_back(std::move(each.key));
  }
  co_return out;
}

Task<Result<>> LogDelivery::deliver_events(Active& active, const AskDoor& door, const std::function<bool()>& stopping,
                                           Outcome& outcome) {
  while (outcome.bytes < kRunBytes && !stopping()) {
    FH_CO_TRY(auto blocks, co_await queued_blocks(active, nullptr));
    if (blocks.events.empty()) co_return Result<>();
    FH_CO_TRY(const bool there, co_await deliver(active, door, std::move(blocks), outcome));
    if (!there) co_return Result<>();
  }
  outcome.more = true;
  co_return Result<>();
}

LogTarget LogDelivery::target_of(const Active& active, const AskDoor& door, std::string_view category) const {
  return LogTarget(door, to_lower(active.setting->account.name()) + active.frame.blob_suffix,
                   container_of(active.setting->source, category));
}

// The first of the hour's blobs that can grow; made if it isn't there.
Task<Result<PlannedAppend>> LogDelivery::place(const Active& active, const AskDoor& door,
                                               const LineBlock& block) const {
  const auto target = target_of(active, door, block.category);
  PlannedAppend out{.category = block.category, .hour = block.hour, .length = block.text.size()};
  for (; out.part < kMostParts; ++out.part) {
    const auto name = blob_name(active.frame.resource, out.hour, out.part);
    FH_CO_TRY(const auto blob, co_await target.look(name));
    if (blob.there && !blob.grows) continue;
    if (!blob.there) {
      FH_CO_CHECK_OK(co_await target.create(name));
    }
    out.position = blob.length;
    co_return out;
  }
  co_return fail(ErrorCode::kExhausted, "an hour's logs have no blob left that can grow");
}

Task<Result<>> LogDelivery::append(const Active& active, const AskDoor& door, const PlannedAppend& planned,
                                   Bytes text) const {
  const auto target = target_of(active, door, planned.category);
  co_return co_await target.append(blob_name(active.frame.resource, planned.hour, planned.part), planned.position,
                                   std::move(text));
}

// False: the setting is gone.
Task<Result<bool>> LogDelivery::deliver(Active& active, const AskDoor& door, LineBlocks blocks, Outcome& outcome) {
  const auto id = active.setting->id;
  DeliveryPlan plan{.until = blocks.until, .events = std::move(blocks.events)};
  for (const auto& block : blocks.blocks) {
    FH_CO_TRY(auto planned, co_await place(active, door, block));
    plan.appends.push_back(std::move(planned));
  }
  active.cursor.plan = plan;
  FH_CO_TRY(const bool planned, co_await parts_.settings.keep(id, active.cursor));
  if (!planned) co_return false;
  for (std::size_t i = 0; i < blocks.blocks.size(); ++i) {
    outcome.bytes += blocks.blocks[i].text.size();
    FH_CO_CHECK_OK(co_await append(active, door, plan.appends[i], std::move(blocks.blocks[i].text)));
  }
  active.cursor = {.at = plan.until};
  co_return co_await parts_.settings.keep(id, active.cursor, std::move(blocks.rows));
}

// The lines of a plan again: the same, unless the setting or the program became another meanwhile.
Task<Result<LineBlocks>> LogDelivery::planned_blocks(const Active& active) const {
  const auto& plan = *active.cursor.plan;
  if (active.setting->source == LogSource::kActivity) co_return co_await queued_blocks(active, &plan.events);
  LineBlocks out{.blocks = {}, .until = plan.until};
  if (parts_.log == nullptr) co_return fail(ErrorCode::kInternal, "a plan is of the audit log, and there is none");
  auto at = active.cursor.at;
  while (at < plan.until) {
    const auto end = plan.until.leaf + (plan.until.line > 0 ? 1 : 0);
    FH_CO_TRY(const auto window,
              co_await LogWindow::load(*parts_.log, *parts_.pool, parts_.settings.tenant(), at.leaf, end));
    if (window->end() == at.leaf) co_return fail(ErrorCode::kCorrupt, "the audit log ends before a delivery's plan");
    FH_CO_TRY(auto blocks, co_await parts_.pool->run(0, [this, &active, &window, &plan, at]() -> Result<LineBlocks> {
      return window->shape(*active.setting, active.frame, parts_.operations, at, plan.until);
    }));
    at = blocks.until;
    for (auto& block : blocks.blocks)
      out.add({std::move(block.category), std::move(block.hour), std::move(block.text)});
  }
  co_return out;
}

// Ends what an earlier run, or an earlier process, began.
Task<Result<>> LogDelivery::resume(Active& active, const AskDoor& door) {
  if (!active.cursor.plan) co_return Result<>();
  FH_CO_TRY(auto blocks, co_await planned_blocks(active));
  for (auto& block : blocks.blocks) {
    const auto& plan = *active.cursor.plan;
    const auto planned = std::ranges::find_if(plan.appends, [&](const PlannedAppend& each) {
      return each.category == block.category && each.hour == block.hour;
    });
    std::optional<PlannedAppend> missing;
    if (planned != plan.appends.end()) {
      const auto target = target_of(active, door, block.category);
      FH_CO_TRY(const auto blob, co_await target.look(blob_name(active.frame.resource, block.hour, planned->part)));
      if (blob.there && blob.length >= planned->position + planned->length) continue;
      if (blob.there && blob.grows && blob.length == planned->position) missing = *planned;
    }
    // Another wrote to the blob, or removed it: these lines go where they can.
    if (!missing) {
      FH_CO_TRY(missing, co_await place(active, door, block));
    }
    FH_CO_CHECK_OK(co_await append(active, door, *missing, std::move(block.text)));
  }
  active.cursor = {.at = active.cursor.plan->until};
  FH_CO_TRY([[maybe_unused]] const bool there,
            co_await parts_.settings.keep(active.setting->id, active.cursor, std::move(blocks.rows)));
  co_return Result<>();
}

}  // namespace freehold::insights

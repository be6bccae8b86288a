// freehold fsck: offline, verifies every copy of everything.
#include "store/fsck.h"

#include <cstdio>

#include "commands.h"
#include "progress.h"
#include "storage.h"

namespace freehold::app {

namespace {

// One progress line a phase.
class PhaseProgress {
 public:
  void operator()(const store::FsckProgress& at) {
    if (at.phase != phase_) {
      phase_ = at.phase;
      line_.emplace("fsck, " + phase_);
    }
    line_->update(at.done, at.total, phase_ == "rows" ? "rows" : phase_ == "chunks" ? "chunks" : "items");
  }

 private:
  std::string phase_;
  std::optional<Progress> line_;
};

int exit_code(store::FsckReport::Verdict verdict) {
  switch (verdict) {
    case store::FsckReport::Verdict::kClean:
      return kExitDone;
    case store::FsckReport::Verdict::kRepaired:
      return kExitFinding;
    case store::FsckReport::Verdict::kDamage:
      return kExitDamage;
  }
  return kExitDamage;
}

const char* word_of(store::FsckReport::Verdict verdict) {
  switch (verdict) {
    case store::FsckReport::Verdict::kClean:
      return "clean";
    case store::FsckReport::Verdict::kRepaired:
      return "repaired";
    case store::FsckReport::Verdict::kDamage:
      return "DAMAGED";
  }
  return "DAMAGED";
}

Result<store::FsckReport> check(const Settings& settings) {
  FH_TRY(const auto storage, open_token_of(settings, Access::kInspect));
  RegionFileKeys file_keys(*storage->disk, *storage->hsm, storage->random, settings.fault_domains());
  PhaseProgress progress;
  FH_TRY(store::FsckReport report,
         store::fsck(engine_options(settings), *storage->disk, file_keys, storage->clock, storage->random,
                     [&progress](const store::FsckProgress& at) { progress(at); }));
  std::size_t copies = 0;
  if (settings.hsm_module.empty()) {  // an owner's own HSM has its own backup
    FH_TRY(copies, storage->token_copies->mend());
  }
  FH_TRY(const std::size_t further, storage->hsm->mend_copies());
  copies += further;
  if (copies > 0) {
    report.repaired += copies;
    report.findings.push_back(std::to_string(copies) +
                              " sealed copies of the HSM token were missing or damaged: written anew");
    if (report.verdict == store::FsckReport::Verdict::kClean) report.verdict = store::FsckReport::Verdict::kRepaired;
  }
  return report;
}

}  // namespace

int run_fsck(const FsckOptions& options) {
  UpOptions up;
  up.data = options.data;
  up.config = options.config;
  const auto settings = load_settings(up);
  if (!settings) return report(settings.error());
  const auto checked = check(*settings);
  if (!checked) return report(checked.error());
  for (const std::string& finding : checked->findings) std::printf("%s\n", finding.c_str());
  std::printf(
      "%s: %llu rows and %llu chunks verified in every copy (%llu bytes of chunks), %llu repaired, %llu damaged\n",
      word_of(checked->verdict), static_cast<unsigned long long>(checked->rows),
      static_cast<unsigned long long>(checked->chunks), static_cast<unsigned long long>(checked->chunk_bytes),
      static_cast<unsigned long long>(checked->repaired), static_cast<unsigned long long>(checked->damaged));
  return exit_code(checked->verdict);
}

}  // namespace freehold::app

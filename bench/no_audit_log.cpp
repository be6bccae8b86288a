// gate::audit::open_log for the program freehold_no_audit, by which ./dev bench measures what audit costs: a log that
// takes every record and keeps none.
//
// It stands before fh_audit on that program's link line, so that the linker takes this definition and leaves
// audit/src/log.cpp out. Freehold's own sources know nothing of it: there is no option, setting or definition that
// could turn audit off.
#include "audit/log.h"
#include "base/log.h"
#include "crypto/ed25519.h"

namespace freehold::gate::audit {
namespace {

class NoLog final : public DurableLog {
 public:
  explicit NoLog(VerifierKey key) : key_(std::move(key)), always_(std::make_shared<int>(0)) {}

  Result<Slot> reserve(TenantId) override { return Slot(always_); }
  void append(Slot, Record) override {}
  // A commit has to have a row here: always the same one, of a byte.
  AttachedRecord attach(const store::PartitionId&, const Record&) override {
    return {.row = {Bytes(kAttachedPrefix), Bytes(1, '-')}, .number = 0};
  }
  void settle(Slot, store::PartitionId, AttachedRecord, Record) override {}
  runtime::Task<Result<>> append_durably(Record) override { co_return Result<>(); }

  Result<Recovered> recover(store::PartitionId) override { return Recovered(); }
  Result<> flush() override { return {}; }
  void stop() override {}
  std::string checkpoint() const override { return {}; }
  const VerifierKey& verifier_key() const override { return key_; }
  Result<std::string> resolve_pseudonym(TenantId, std::string_view) override { return nothing_kept(); }
  Result<> erase_pseudonym(TenantId, std::string_view) override { return nothing_kept(); }

 private:
  static std::unexpected<Error> nothing_kept() { return fail(ErrorCode::kNotFound, "this program keeps no audit log"); }

  const VerifierKey key_;
  const std::shared_ptr<void> always_;  // there is always room: every slot shares it
};

}  // namespace

Result<std::unique_ptr<DurableLog>> open_log(LogOptions options, store::PartitionStore&, TenantAuditKeys&, const Clock&,
                                             Random&, store::HybridClock&) {
  log_warning("this program keeps no audit log; it is for measuring and must not serve anybody");
  FH_TRY(const auto pair, crypto::ed25519_from_seed(options.signing_seed));
  return std::make_unique<NoLog>(make_verifier_key(options.origin, pair.public_key));
}

}  // namespace freehold::gate::audit

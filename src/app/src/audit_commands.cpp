// freehold export-audit, freehold verify.
#include <cstdio>
#include <filesystem>

#include "admin_client.h"
#include "audit/export.h"
#include "audit_format/verify.h"
#include "base/encoding.h"
#include "commands.h"
#include "keys/key_ring.h"
#include "runtime/task_scope.h"
#include "storage.h"
#include "tenant_keys.h"

namespace freehold::app {

namespace {

using runtime::run_blocking;

std::string absolute(const std::string& path) { return std::filesystem::absolute(path).lexically_normal().string(); }

int export_through_server(const ExportAuditOptions& options, const AdminAnswer& answer) {
  if (answer.status == 200) {
    std::printf("exported to %s: %s", options.out.c_str(), answer.body.c_str());
    return kExitDone;
  }
  std::fprintf(stderr, "freehold: the running region answered %d: %s", answer.status, answer.body.c_str());
  return answer.status == 400 || answer.status == 409 ? kExitUsage : kExitDamage;
}

std::string export_target(const ExportAuditOptions& options) {
  std::string target = "/audit/export?out=" + percent_encode(absolute(options.out));
  if (options.from) target += "&from=" + percent_encode(*options.from);
  if (options.to) target += "&to=" + percent_encode(*options.to);
  return target;
}

// The region is stopped: open what it keeps and read the log directly.
Result<gate::audit::ExportSummary> export_offline(const ExportAuditOptions& options) {
  UpOptions up;
  up.data = options.data;
  up.config = options.config;
  FH_TRY(const Settings settings, load_settings(up));
  FH_TRY(const auto storage, open_token_of(settings, Access::kInspect));
  FH_CHECK_OK(open_engine(*storage, settings));
  store::HybridClock hybrid(storage->clock, storage->random);
  store::PartitionStore& rows = storage->engine->partitions();
  hybrid.observe(storage->engine->highest_timestamp());
  FH_TRY(const store::Epoch epoch, acquire_epoch(*storage->engine, std::string(kFrontEnd)));
  keys::KeyRing ring(*storage->hsm, rows, hybrid, epoch, storage->random);
  StoredAuditKeys keys(ring);
  FH_TRY(const Bytes key_text, storage->disk->read_file(settings.data + "/audit.pub"));
  gate::audit::ExportOptions wanted{.front_end = std::string(kFrontEnd),
                                    .key = {},
                                    .folder = absolute(options.out),
                                    .from = {},
                                    .to = {},
                                    .earlier_checkpoint = {}};
  FH_TRY(wanted.key, gate::audit::parse_verifier_key(key_text));
  if (options.from) wanted.from = parse_iso8601(*options.from);
  if (options.to) wanted.to = parse_iso8601(*options.to);
  return gate::audit::export_audit(rows, keys, wanted);
}

}  // namespace

int run_export_audit(const ExportAuditOptions& options) {
  for (const auto& time : {options.from, options.to}) {
    if (time && !parse_iso8601(*time)) {
      return report(
          Error{ErrorCode::kInvalidArgument, "'" + *time + "' is not a time; write it as 2026-01-31T00:00:00Z", {}});
    }
  }
  const auto answer = post_to_admin(absolute(options.data), export_target(options));
  if (answer) return export_through_server(options, *answer);
  if (answer.error().code != ErrorCode::kNotFound) return report(answer.error());
  const auto summary = export_offline(options);
  if (!summary) return report(summary.error());
  std::printf("exported to %s: %llu records in %llu batches\n", options.out.c_str(),
              static_cast<unsigned long long>(summary->records),
              static_cast<unsigned long long>(summary->end_leaf - summary->first_leaf));
  return kExitDone;
}

int run_verify(const VerifyOptions& options) {
  const auto files = disk::make_real_disk();
  const auto text = files->read_file(options.key_file);
  if (!text) return report(Error{ErrorCode::kInvalidArgument, options.key_file + ": " + text.error().message, {}});
  const auto key = gate::audit::parse_verifier_key(*text);
  if (!key) return report(Error{ErrorCode::kInvalidArgument, options.key_file + ": " + key.error().message, {}});
  const auto verified = gate::audit::verify_export_folder(options.export_folder, *key);
  if (!verified) {
    std::fprintf(stderr, "freehold: %s\n", verified.error().message.c_str());
    return kExitFinding;
  }
  for (const auto& finding : verified->findings) std::printf("%s\n", finding.text.c_str());
  std::printf("%s: %llu records in batches %llu to %llu of a log of %llu, %llu findings\n",
              verified->verified() ? "verified" : "NOT verified", static_cast<unsigned long long>(verified->records),
              static_cast<unsigned long long>(verified->first_leaf),
              static_cast<unsigned long long>(verified->end_leaf), static_cast<unsigned long long>(verified->log_size),
              static_cast<unsigned long long>(verified->finding_count));
  return verified->verified() ? kExitDone : kExitFinding;
}

}  // namespace freehold::app

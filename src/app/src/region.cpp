#include "region.h"

#include <thread>

#include "audit/log.h"
#include "base/encoding.h"
#include "base/log.h"
#include "blob/blob_service.h"
#include "certificates.h"
#include "endpoints.h"
#include "http/server.h"
#include "metrics.h"
#include "operations/operations_service.h"
#include "pipeline/pipeline.h"
#include "region_identity.h"
#include "runtime/loops.h"
#include "runtime/pool.h"
#include "runtime/task_scope.h"
#include "storage.h"
#include "tenant_keys.h"
#include "visible_accounts.h"

namespace freehold::app {

namespace {

using runtime::run_blocking;

constexpr std::string_view kEmulatorAccount = "devstoreaccount1";
// Publicly known, in Microsoft's documentation of the storage emulator: served only with --emulator.
constexpr std::string_view kEmulatorKey =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
constexpr std::size_t kAccountKeyBytes = 64;

Secret random_account_key(Random& random) {
  Secret key(kAccountKeyBytes);
  random.fill(key.span());
  return key;
}

unsigned loop_count() { return std::max(1u, std::min(64u, std::thread::hardware_concurrency())); }

}  // namespace

// In order of construction; destroyed in reverse, after shut_down() has stopped what runs.
struct Region::Parts {
  Settings settings;
  std::unique_ptr<Storage> storage;
  runtime::Loops loops{loop_count()};
  std::unique_ptr<runtime::Pool> pool;
  std::unique_ptr<store::HybridClock> hybrid;
  store::Epoch epoch;
  RegionIdentity identity;
  std::unique_ptr<keys::KeyRing> ring;
  std::unique_ptr<keys::ServiceManagedKeyWrapper> wrapper;
  std::unique_ptr<AuditKeys> audit_keys;
  std::unique_ptr<RowKeys> row_keys;
  std::unique_ptr<gate::audit::DurableLog> audit;
  std::unique_ptr<blob::BlobService> blob;
  std::unique_ptr<VisibleAccounts> accounts;
  std::unique_ptr<Metrics> metrics;
  std::unique_ptr<operations::OperationsService> operations;
  std::unique_ptr<gate::Pipeline> pipeline;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<http::Server> metrics_server;
  std::unique_ptr<CertificateKeeper> certificates;
  bool serving = false;

  [[nodiscard]] Result<> open_keys();
  [[nodiscard]] Result<> open_audit();
  [[nodiscard]] Result<> open_blob();
  [[nodiscard]] Result<> ensure_account(const std::string& name, bool emulator);
  [[nodiscard]] Result<> open_door();
  [[nodiscard]] Result<Ports> listen();
  [[nodiscard]] Endpoints endpoints(const Ports& ports) const;
};

Result<> Region::Parts::open_keys() {
  Storage& s = *storage;
  pool = std::make_unique<runtime::Pool>(runtime::Pool::Options{.name = "work", .threads = loop_count()});
  hybrid = std::make_unique<store::HybridClock>(s.clock, s.random);
  FH_TRY(const store::Lease lease, run_blocking(s.engine->coordinator().acquire("front-end")));
  epoch = lease.epoch;
  store::PartitionStore& rows = s.engine->partitions();
  FH_TRY(identity,
         load_or_make_identity(rows, *hybrid, epoch, *s.hsm, settings.region, s.clock.now(), s.random));
  ring = std::make_unique<keys::KeyRing>(*s.hsm, rows, *hybrid, epoch, s.random);
  FH_CHECK_OK(run_blocking(ring->ensure_tenant(TenantId{})));  // the region's own
  FH_CHECK_OK(run_blocking(ring->ensure_tenant(identity.tenant)));
  wrapper = std::make_unique<keys::ServiceManagedKeyWrapper>(*ring, s.random);
  audit_keys = std::make_unique<AuditKeys>(*ring);
  row_keys = std::make_unique<RowKeys>(*ring);
  return {};
}

Result<> Region::Parts::open_audit() {
  Storage& s = *storage;
  gate::audit::LogOptions options;
  options.front_end = "front-end";
  options.origin = settings.domain + "/" + settings.region + "/front-end";
  options.signing_seed = identity.audit_seed.clone();
  options.epoch = epoch;
  FH_TRY(audit, gate::audit::open_log(std::move(options), s.engine->partitions(), *audit_keys, s.clock, s.random,
                                      *hybrid));
  return {};
}

Result<> Region::Parts::ensure_account(const std::string& name, bool emulator) {
  if (blob->accounts().find(name)) return {};
  blob::NewAccount account;
  account.tenant = identity.tenant;
  account.name = name;
  account.secure_transfer_required = !emulator;
  account.emulator = emulator;
  for (Secret& key : account.keys) {
    key = emulator ? Secret(BytesView(*from_base64(kEmulatorKey))) : random_account_key(storage->random);
  }
  FH_TRY([[maybe_unused]] const AccountId id, run_blocking(blob->accounts().create_account(std::move(account))));
  return {};
}

}  // namespace freehold::app

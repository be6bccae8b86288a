#include "region.h"

#include <thread>

#include "audit/log.h"
#include "audit/log_reader.h"
#include "authz/assignment_store.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/log.h"
#include "blob/blob_service.h"
#include "caller_names.h"
#include "certificates.h"
#include "directory/directory_service.h"
#include "endpoints.h"
#include "first_roles.h"
#include "http/client.h"
#include "http/server.h"
#include "identities/identities_service.h"
#include "insights/insights_service.h"
#include "managed_identities.h"
#include "named_files.h"
#include "operations/operations_service.h"
#include "pipeline/pipeline.h"
#include "policies/policies_service.h"
#include "region_identity.h"
#include "region_metrics.h"
#include "resources/resources_service.h"
#include "runtime/loops.h"
#include "runtime/pool.h"
#include "runtime/task_scope.h"
#include "storage.h"
#include "tenant_keys.h"
#include "token.h"
#include "vault/vault_service.h"
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

std::vector<std::string> blob_suffixes(const Settings& settings) {
  return {"blob.core." + settings.domain, "blob." + settings.domain};
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
  std::unique_ptr<StoredAuditKeys> stored_audit_keys;  // for exports
  std::unique_ptr<RowKeys> row_keys;
  std::unique_ptr<keys::ErasureTree> erasure;
  std::unique_ptr<gate::audit::DurableLog> audit;
  std::unique_ptr<gate::audit::LogReader> audit_reader;
  std::unique_ptr<directory::DirectoryService> directory;
  std::unique_ptr<gate::authz::AssignmentStore> assignments;
  std::unique_ptr<DirectoryNames> caller_names;
  std::unique_ptr<DirectoryIdentities> managed_identities;
  std::unique_ptr<insights::InsightsService> insights;
  std::unique_ptr<resources::ResourcesService> resources;
  std::unique_ptr<policies::PoliciesService> policies;
  std::unique_ptr<identities::IdentitiesService> assignable;
  std::unique_ptr<gate::authz::StorageAccess> access;
  std::unique_ptr<gate::BearerTrust> bearer;
  std::unique_ptr<http::Client> outside;
  std::unique_ptr<crypto::TokenKeys> vault_keys;  // null: the token for keys of vaults can't be used
  std::unique_ptr<vault::VaultService> vault;
  std::unique_ptr<blob::BlobService> blob;
  std::unique_ptr<VisibleAccounts> accounts;
  std::unique_ptr<RegionMetrics> metrics;
  std::unique_ptr<operations::OperationsService> operations;
  std::unique_ptr<gate::Pipeline> pipeline;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<telemetry::MetricsHandler> metrics_handler;
  std::unique_ptr<http::Server> metrics_server;
  std::unique_ptr<CertificateKeeper> certificates;
  std::atomic<bool> stopping = false;  // tells the audit recovery on the pool
  bool serving = false;

  ~Parts() { stop(); }
  void stop();
  [[nodiscard]] Result<> open_keys();
  [[nodiscard]] Result<> open_audit();
  [[nodiscard]] Result<> open_directory();
  [[nodiscard]] Result<> open_blob();
  [[nodiscard]] Result<> open_vault();
  [[nodiscard]] Result<> ensure_account(const std::string& name, bool emulator);
  [[nodiscard]] Result<> open_policies();
  void open_door();
  void recover_audit();
  [[nodiscard]] Result<Ports> listen();
  [[nodiscard]] Endpoints endpoints(const Ports& ports) const;
};

Result<> Region::Parts::open_keys() {
  Storage& s = *storage;
  pool = std::make_unique<runtime::Pool>(runtime::Pool::Options{.name = "work", .threads = loop_count()});
  hybrid = std::make_unique<store::HybridClock>(s.clock, s.random);
  hybrid->observe(s.engine->highest_timestamp());
  FH_TRY(epoch, acquire_epoch(*s.engine, std::string(kFrontEnd)));
  store::PartitionStore& rows = s.engine->partitions();
  FH_TRY(identity, load_or_make_identity(rows, *hybrid, epoch, *s.hsm, settings.region, s.clock.now(), s.random));
  ring = std::make_unique<keys::KeyRing>(*s.hsm, rows, *hybrid, epoch, s.random);
  FH_CHECK_OK(run_blocking(ring->ensure_tenant(TenantId{})));  // the region's own
  FH_CHECK_OK(run_blocking(ring->ensure_tenant(identity.tenant)));
  wrapper = std::make_unique<keys::ServiceManagedKeyWrapper>(*ring, s.random);
  audit_keys = std::make_unique<AuditKeys>(*ring);
  stored_audit_keys = std::make_unique<StoredAuditKeys>(*ring);
  row_keys = std::make_unique<RowKeys>(*ring);
  erasure = std::make_unique<keys::ErasureTree>(
      *s.hsm,
      keys::SealedStore{.rows = rows, .epoch = epoch, .hybrid = *hybrid, .row_keys = *row_keys, .random = s.random});
  FH_CHECK_OK(run_blocking(erasure->open()));
  // Token and rows belong together: from here on its copies are what restores it. An owner's own HSM has its own
  // backup.
  if (settings.hsm_module.empty()) {
    FH_TRY([[maybe_unused]] const std::size_t count, s.token_copies->bring_into_step());
  }
  return {};
}

Result<> Region::Parts::open_audit() {
  Storage& s = *storage;
  gate::audit::LogOptions options;
  options.front_end = kFrontEnd;
  options.origin = settings.domain + "/" + settings.region + "/" + std::string(kFrontEnd);
  options.signing_seed = identity.audit_seed.clone();
  options.epoch = epoch;
  options.disk = s.disk.get();
  options.spool_directories = settings.fault_domains();
  FH_TRY(audit,
         gate::audit::open_log(std::move(options), s.engine->partitions(), *audit_keys, s.clock, s.random, *hybrid));
  audit_reader =
      std::make_unique<gate::audit::LogReader>(s.engine->partitions(), *audit_keys, kFrontEnd, audit->verifier_key());
  return {};
}

Result<> Region::Parts::ensure_account(const std::string& name, bool emulator) {
  if (blob->accounts().is_taken(name)) return {};
  blob::NewAccount account;
  account.tenant = identity.tenant;
  account.name = name;
  account.subscription = identity.subscription;
  account.resource_group = kResourceGroup;
  account.settings.secure_transfer_required = !emulator;
  account.settings.location = settings.region;
  account.emulator = emulator;
  for (Secret& key : account.keys) {
    key = emulator ? Secret(BytesView(*from_base64(kEmulatorKey))) : random_account_key(storage->random);
  }
  FH_TRY([[maybe_unused]] const AccountId id, run_blocking(blob->accounts().create_account(std::move(account))));
  return {};
}

Result<> Region::Parts::open_directory() {
  Storage& s = *storage;
  const keys::SealedStore sealed{
      .rows = s.engine->partitions(), .epoch = epoch, .hybrid = *hybrid, .row_keys = *row_keys, .random = s.random};
  FH_TRY(auto ldap_password, read_ldap_password(*s.disk, settings));
  directory = std::make_unique<directory::DirectoryService>(directory::DirectoryServiceOptions{
      .store = sealed,
      .erasure = *erasure,
      .clock = s.clock,
      .pool = *pool,
      .domain = settings.domain,
      .blob_suffixes = blob_suffixes(settings),
      .password_grant = settings.password_grant,
      .ldap = settings.ldap,
      .ldap_password = std::move(ldap_password),
      .prepare_tenant = [ring = ring.get()](TenantId tenant) { return ring->ensure_tenant(tenant); }});
  FH_CHECK_OK(run_blocking(directory->open(identity.tenant, {identity.admin, identity.admin_secret.clone()})));
  caller_names = std::make_unique<DirectoryNames>(directory->store());
  managed_identities = std::make_unique<DirectoryIdentities>(directory->store());
  insights = std::make_unique<insights::InsightsService>(insights::InsightsServiceOptions{
      .store = sealed, .clock = s.clock, .names = *caller_names, .tenant = identity.tenant});
  resources = std::make_unique<resources::ResourcesService>(
      resources::ResourcesServiceOptions{.store = sealed,
                                         .clock = s.clock,
                                         .domain = settings.domain,
                                         .region = settings.region,
                                         .journal = &insights->journal()});
  FH_CHECK_OK(run_blocking(resources->open(identity.tenant, identity.subscription, std::string(kResourceGroup))));
  assignments = std::make_unique<gate::authz::AssignmentStore>(sealed);
  FH_CHECK_OK(run_blocking(assignments->load(identity.tenant)));
  FH_CHECK_OK(assign_first_roles(identity, directory->store(), resources->tree(), *assignments, s.random));
  assignable = std::make_unique<identities::IdentitiesService>(
      identities::IdentitiesServiceOptions{.store = sealed,
                                           .principals = *managed_identities,
                                           .directory = directory->store(),
                                           .assignments = *assignments,
                                           .tree = resources->tree()});
  FH_CHECK_OK(run_blocking(assignable->load(identity.tenant)));
  access = std::make_unique<gate::authz::StorageAccess>(*assignments, directory->store(), resources->tree());
  bearer = std::make_unique<gate::BearerTrust>(directory->authority(), directory->store(), blob_suffixes(settings));
  return {};
}

Result<> Region::Parts::open_blob() {
  Storage& s = *storage;
  blob = std::make_unique<blob::BlobService>(
      blob::BlobServiceOptions{.rows = s.engine->partitions(),
                               .chunks = s.engine->chunks(),
                               .epoch = epoch,
                               .hybrid = *hybrid,
                               .wrapper = *wrapper,
                               .row_keys = *row_keys,
                               .random = s.random,
                               .clock = s.clock,
                               .pool = *pool,
                               .host_suffixes = blob_suffixes(settings),
                               .sku = settings.redundancy == Redundancy::kZrs ? "Standard_ZRS" : "Standard_LRS",
                               .location = settings.region,
                               .allowed_sources = blob::AllowedSources(settings.allowed_sources),
                               .outside = outside.get(),
                               .customer_keys = &vault->customer_keys(),
                               .vault_suffix = "vault." + settings.domain,
                               .pool_suffix = "managedhsm." + settings.domain,
                               .erasure = erasure.get(),
                               .identities = managed_identities.get(),
                               .user_identities = &assignable->identities()});
  FH_CHECK_OK(run_blocking(blob->load()));
  assignable->keep_while([keys = &blob->accounts()](TenantId tenant, PrincipalId identity) {
    return keys->is_key_used_by(tenant, identity);
  });
  // Once: whoever deletes it has deleted it.
  FH_TRY(const bool first, first_start_under_way(s, settings));
  if (first) {
    FH_CHECK_OK(ensure_account(identity.account_name, false));
  }
  if (settings.emulator) {
    FH_CHECK_OK(ensure_account(std::string(kEmulatorAccount), true));
  }
  accounts = std::make_unique<VisibleAccounts>(blob->accounts(), settings.emulator);
  return {};
}

Result<> Region::Parts::open_vault() {
  Storage& s = *storage;
  const keys::SealedStore sealed{
      .rows = s.engine->partitions(), .epoch = epoch, .hybrid = *hybrid, .row_keys = *row_keys, .random = s.random};
  vault_keys = open_vault_keys(*s.disk, *s.hsm, settings, s.pin);
  FH_TRY(auto issuers, read_attestation_issuers(*s.disk, settings));
  vault = std::make_unique<vault::VaultService>(vault::VaultServiceOptions{.store = sealed,
                                                                           .wrapper = *wrapper,
                                                                           .erasure = *erasure,
                                                                           .clock = s.clock,
                                                                           .domain = settings.domain,
                                                                           .location = settings.region,
                                                                           .assignments = *assignments,
                                                                           .tree = resources->tree(),
                                                                           .identities = directory->store(),
                                                                           .token_keys = vault_keys.get(),
                                                                           .hsm = s.hsm.get(),
                                                                           .limits = settings.vault_limits,
                                                                           .attestation_issuers = std::move(issuers),
                                                                           .authority = &identity.authority});
  return run_blocking(vault->load());
}

// When every type is there: policies name their properties.
Result<> Region::Parts::open_policies() {
  Storage& s = *storage;
  FH_CHECK_OK(run_blocking(insights->open({.log = *audit_reader,
                                           .pool = *pool,
                                           .assignments = *assignments,
                                           .tree = resources->tree(),
                                           .identities = directory->store(),
                                           .domain = settings.domain,
                                           .interval = std::chrono::seconds(settings.delivery_seconds)})));
  insights->log_blobs(blob->gate());
  insights->log_vaults(vault->gate());
  directory->add_resource_types(resources->registry());
  blob->add_resource_types(resources->registry());
  vault->add_resource_types(resources->registry());
  insights->add_resource_types(resources->registry());
  assignable->add_resource_types(resources->registry());
  policies = std::make_unique<policies::PoliciesService>(
      policies::PoliciesServiceOptions{.store = {.rows = s.engine->partitions(),
                                                 .epoch = epoch,
                                                 .hybrid = *hybrid,
                                                 .row_keys = *row_keys,
                                                 .random = s.random},
                                       .clock = s.clock,
                                       .tree = resources->tree(),
                                       .scopes = resources->scopes(),
                                       .assignments = *assignments,
                                       .identities = directory->store(),
                                       .managed = *managed_identities,
                                       .user_identities = &assignable->identities(),
                                       .data_types = vault::VaultService::object_types(),
                                       .data_objects = &vault->objects()});
  policies->add_resource_types(resources->registry());
  vault->obey(policies->data_policy());
  return run_blocking(policies->open(identity.tenant));
}

void Region::Parts::open_door() {
  Storage& s = *storage;
  operations = std::make_unique<operations::OperationsService>(
      operations::OperationsOptions{.rows = s.engine->partitions(),
                                    .audit_keys = *stored_audit_keys,
                                    .front_end = std::string(kFrontEnd),
                                    .audit_key = audit->verifier_key(),
                                    .flush_audit = [this] { return audit->flush(); },
                                    .pool = *pool});
  resources->serve(*assignments, directory->store());
  metrics = std::make_unique<RegionMetrics>();
  metrics->add_operations(blob->gate());
  metrics->add_operations(operations->gate());
  metrics->add_operations(directory->gate());
  metrics->add_operations(resources->gate());
  metrics->add_operations(insights->gate());
  metrics->add_operations(policies->gate());
  metrics->add_operations(directory->graph());
  for (auto* gate : {&vault->gate(), &vault->pool_gate()}) metrics->add_operations(*gate);
  metrics->add_engine(*s.engine);
  pipeline = std::make_unique<gate::Pipeline>(
      *accounts, *audit, s.clock, s.random,
      gate::PipelineOptions{.max_running = settings.max_running_requests,
                            .max_running_per_tenant = settings.max_running_requests / 4 * 3,
                            .observer = metrics.get(),
                            .delegators = access.get(),
                            .bearer = bearer.get(),
                            .access = access.get()});
  pipeline->add(operations->gate());
  pipeline->add(directory->gate());
  pipeline->add(resources->gate());
  pipeline->add(insights->gate());
  pipeline->add(policies->gate());
  pipeline->add(directory->graph());
  pipeline->add(vault->gate());
  pipeline->add(vault->pool_gate());
  vault->serve(*pipeline);
  pipeline->add(blob->gate());
  server = std::make_unique<http::Server>(loops, *pipeline,
                                          http::ServerOptions{.max_connections = settings.max_connections});
  metrics_handler = std::make_unique<telemetry::MetricsHandler>(
      metrics->registry(), [engine = s.engine.get()] { return health_of(*engine); });
  metrics_server = std::make_unique<http::Server>(loops, *metrics_handler, http::ServerOptions{.max_connections = 64});
  telemetry::add_server_stats(metrics->registry(), *server, "main");
  certificates = std::make_unique<CertificateKeeper>(
      [this] {
        return load_or_issue_certificate(storage->engine->partitions(), *hybrid, epoch, *storage->hsm, identity,
                                         settings.domain, storage->clock.now(), storage->random);
      },
      *server, *pool);
}

Result<Ports> Region::Parts::listen() {
  const std::vector<std::string> loopback = {"127.0.0.1", "::1"};
  Ports ports;
  FH_TRY(ports.https, server->listen(http::Listener::kHttps, settings.listen, settings.https_port));
  if (settings.http_port) {
    FH_TRY(ports.http, server->listen(http::Listener::kHttp, loopback, *settings.http_port));
  }
  FH_TRY(ports.metrics, metrics_server->listen(http::Listener::kMetrics, {loopback.front()}, settings.metrics_port));
  const std::string socket = settings.data + "/admin.sock";
  const Result<> admin = server->listen_unix(http::Listener::kAdmin, socket);
  if (!admin && admin.error().code != ErrorCode::kInvalidArgument) return std::unexpected(admin.error());
  if (!admin) log_warning("no admin socket: stop the region to export its audit log", {{"path", socket}});
  return ports;
}

Endpoints Region::Parts::endpoints(const Ports& ports) const {
  Endpoints out{.https_port = ports.https, .http_port = ports.http, .metrics_port = ports.metrics, .accounts = {}};
  const auto add = [&](const std::string& name, const std::string& url) {
    if (const auto account = accounts->find(name)) {
      out.accounts.push_back({name, to_base64(account->keys[0].view()), url});
    }
  };
  add(identity.account_name,
      "https://" + identity.account_name + ".blob.core." + settings.domain + ":" + std::to_string(ports.https));
  if (ports.http) {
    add(std::string(kEmulatorAccount),
        "http://127.0.0.1:" + std::to_string(*ports.http) + "/" + std::string(kEmulatorAccount));
  }
  return out;
}

// Writes whose records an earlier process committed but never put into a batch. On the pool: one look a container.
void Region::Parts::recover_audit() {
  auto partitions = run_blocking(blob->partitions());
  if (!partitions) {
    return log_error("the audit log could not be recovered now; it will be at the next start",
                     {{"error", partitions.error().message}});
  }
  for (auto& partition : assignments->partitions()) partitions->push_back(std::move(partition));
  for (auto& partition : directory->store().partitions()) partitions->push_back(std::move(partition));
  for (auto& partition : vault->partitions()) partitions->push_back(std::move(partition));
  std::uint64_t appended = 0;
  for (const store::PartitionId& partition : *partitions) {
    if (stopping) return;
    const auto recovered = audit->recover(partition);
    if (!recovered) {
      log_error("audit records of a partition could not be recovered", {{"error", recovered.error().message}});
      continue;
    }
    appended += recovered->appended;
  }
  if (appended > 0) log_info("audit records of an earlier process were recovered", {{"records", appended}});
}

void Region::Parts::stop() {
  stopping = true;
  if (serving) {
    server->drain(limits::kDrainTimeout);
    metrics_server->drain(std::chrono::milliseconds(200));
    certificates->close();
    policies->close_and_wait();
    resources->close_and_wait();
    insights->close_and_wait();
    blob->close_and_wait();
    vault->close_and_wait();
    directory->close_and_wait();
    serving = false;
  }
  if (pool) pool->stop();
  if (audit) audit->stop();
  loops.stop();
}

Region::Region(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Region::~Region() = default;

Result<std::unique_ptr<Region>> Region::open(const Settings& settings) {
  auto parts = std::make_unique<Parts>();
  parts->settings = settings;
  FH_TRY(parts->storage, open_token_of(settings, Access::kServe));
  FH_CHECK_OK(open_engine(*parts->storage, settings));
  FH_CHECK_OK(parts->open_keys());
  FH_CHECK_OK(parts->open_audit());
  FH_CHECK_OK(parts->open_directory());
  FH_TRY(parts->outside, make_outside_client(parts->settings));
  FH_CHECK_OK(parts->open_vault());
  FH_CHECK_OK(parts->open_blob());
  FH_CHECK_OK(parts->open_policies());
  parts->open_door();
  return std::unique_ptr<Region>(new Region(std::move(parts)));
}

Result<Ports> Region::serve() {
  Parts& p = *parts_;
  FH_CHECK_OK(p.certificates->install());
  FH_TRY(const Ports ports, p.listen());
  FH_CHECK_OK(write_endpoints(*p.storage->disk, p.settings, p.identity, p.endpoints(ports)));
  FH_CHECK_OK(
      p.storage->disk->write_file_durably(p.settings.data + "/audit.pub", to_string(p.audit->verifier_key()) + "\n"));
  FH_CHECK_OK(finish_first_start(*p.storage, p.settings));
  p.loops.start();
  p.server->start();
  p.metrics_server->start();
  p.serving = true;
  p.blob->start(p.loops.context(0), *p.pipeline);
  p.resources->start(p.loops.context(0), *p.pipeline);
  p.vault->start(p.loops.context(0), *p.pipeline);
  p.insights->start(p.loops.context(0), *p.pipeline);
  p.policies->start(p.loops.context(0), *p.pipeline);
  p.directory->start(p.loops.context(0), *p.pipeline);
  p.certificates->keep(p.loops);
  FH_CHECK_OK(p.pool->submit(0, [&p] { p.recover_audit(); }));
  return ports;
}

bool Region::shut_down() {
  parts_->stop();
  return parts_->server->stats().connections == 0;
}

}  // namespace freehold::app

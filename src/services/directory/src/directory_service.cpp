#include "directory/directory_service.h"

#include "base/check.h"
#include "base/log.h"
#include "runtime/task_scope.h"
#include "src/changes.h"
#include "src/external_provider.h"
#include "src/graph_gate.h"
#include "src/ldap_sync.h"
#include "src/login_gate.h"
#include "src/login_operations.h"
#include "src/signing_keys.h"
#include "src/token_endpoint.h"

namespace freehold::directory {
namespace {

class Authority final : public gate::TokenAuthority {
 public:
  Authority(const LoginSite& site, const SigningKeys& keys) : site_(site), keys_(keys) {}
  [[nodiscard]] std::optional<crypto::RsaPublicKey> key(std::string_view id) const override { return keys_.key(id); }
  [[nodiscard]] bool issues_as(std::string_view issuer, TenantId tenant) const override {
    return site_.is_issuer(issuer, tenant);
  }
  [[nodiscard]] std::string tenant_uri(TenantId tenant, std::string_view port) const override {
    return site_.origin(port) + "/" + (tenant == TenantId{} ? "common" : to_string(tenant));
  }

 private:
  const LoginSite& site_;
  const SigningKeys& keys_;
};

// What can't be made before the signing keys are there.
struct Open {
  Open(LoginParts borrowed, const std::string& domain)
      : parts(borrowed),
        authority(parts.site, parts.keys),
        gate(parts.site, parts.store),
        graph_parts{parts.store,     parts.sessions, parts.random, parts.pool,
                    parts.passwords, parts.attempts, domain,       parts.ldap != nullptr},
        graph(graph_parts) {
    add_login_routes(gate, parts);
    gate.add_job<SynchroniseDirectory>(gate::DataClass::kPersonalData, gate::AuditClass::kWrite);
  }
  LoginParts parts;
  Authority authority;
  LoginGate gate;
  GraphParts graph_parts;
  GraphGate graph;
};

}  // namespace

namespace {

// Each hash takes 19 MiB: two at once. Places take turns, and each may have few that wait, so that the queue is long
// enough for many more places than one attacker has.
runtime::Pool::Options password_pool() {
  return {.name = "passwords", .threads = 2, .queue_limit = 512, .per_key_limit = 4};
}

constexpr std::size_t kTicketKeyBytes = 32;
constexpr std::chrono::seconds kAfterFailure{30};  // until the LDAP source is asked again

Secret new_ticket_key(Random& random) {
  Secret key(kTicketKeyBytes);
  random.fill(key.span());
  return key;
}

}  // namespace

struct DirectoryService::State {
  explicit State(DirectoryServiceOptions given)
      : options(std::move(given)),
        site(options.domain),
        store(options.store, options.erasure),
        audiences{options.domain, options.blob_suffixes},
        attempts(options.clock),
        sessions(options.store),
        externals(store, sessions, options.store.random, options.prepare_tenant),
        provider(externals, options.domain),
        memory(options.clock, options.store.random),
        ticket_key(new_ticket_key(options.store.random)),
        passwords(password_pool()) {
    if (!options.ldap) return;
    ldap = std::make_unique<LdapDirectory>(std::move(*options.ldap), std::move(options.ldap_password), options.domain);
  }
  DirectoryServiceOptions options;
  LoginSite site;
  DirectoryStore store;
  AudienceRules audiences;
  Attempts attempts;
  SessionStore sessions;
  ExternalDirectories externals;
  ExternalProvider provider;
  SignInMemory memory;
  const Secret ticket_key;
  runtime::Pool passwords;
  std::unique_ptr<LdapDirectory> ldap;
  std::unique_ptr<SigningKeys> keys;
  std::unique_ptr<Open> open;
  runtime::TaskScope scope;  // last: its tasks use the rest

  [[nodiscard]] runtime::Task<> keep_house();
  [[nodiscard]] runtime::Task<> keep_synchronised(gate::Pipeline& door);
  [[nodiscard]] runtime::Task<Result<>> synchronise(gate::Pipeline& door);
  [[nodiscard]] runtime::Task<Result<>> look_after();
};

namespace {

void warn_of(std::string_view what, const Result<>& result) {
  if (!result) log_warning(std::string(what), {{"error", result.error().message}});
}

}  // namespace

// Keys that are due, what was deleted long ago, sessions that are over. What can't be done now is tried an hour later.
Task<Result<>> DirectoryService::State::look_after() {
  const WallTime now = options.clock.now();
  warn_of("the token signing keys can't be rolled now", co_await keys->roll(now));
  for (const TenantId tenant : store.tenants()) {
    warn_of("sessions that are over can't be forgotten now", co_await sessions.forget_old(tenant, now));
    bool more = true;
    while (more && !scope.stopping()) {
      // A change that finds nothing is none: the edit refuses.
      const auto purged = co_await store.change(tenant, [now, &more](Draft& draft) -> Result<> {
        more = changes::purge_old(draft, now);
        return more ? Result<>() : fail(ErrorCode::kNotFound, "nothing to purge");
      });
      if (!purged) {
        if (purged.error().code != ErrorCode::kNotFound) warn_of("deleted objects can't be purged now", purged);
        break;
      }
    }
  }
  co_return Result<>();
}

runtime::Task<> DirectoryService::State::keep_house() {
  while (co_await scope.sleep(std::chrono::hours(1))) static_cast<void>(co_await look_after());
}

// One source for the region's one tenant.
runtime::Task<Result<>> DirectoryService::State::synchronise(gate::Pipeline& door) {
  FH_CHECK(ldap != nullptr);
  for (const TenantId tenant : store.home_tenants()) {
    LdapSync sync({*ldap, store, sessions, door, options.clock, options.store.random, tenant});
    FH_CO_TRY(const auto outcome, co_await sync.run());
    if (outcome.changed != 0 || outcome.passed_over != 0) {
      log_info("users and groups were read from LDAP",
               {{"changed", std::uint64_t{outcome.changed}}, {"passed_over", std::uint64_t{outcome.passed_over}}});
    }
  }
  co_return Result<>();
}

runtime::Task<> DirectoryService::State::keep_synchronised(gate::Pipeline& door) {
  std::chrono::milliseconds pause{0};
  do {
    const auto done = co_await synchronise(door);
    if (!done) {
      log_warning("users and groups can't be read from LDAP now",
                  {{"error", done.error().message}, {"detail", done.error().detail}});
    }
    pause = done ? ldap->interval() : std::min(ldap->interval(), kAfterFailure);
  } while (co_await scope.sleep(pause));
}

DirectoryService::DirectoryService(DirectoryServiceOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
DirectoryService::~DirectoryService() = default;

Task<Result<>> DirectoryService::open(TenantId tenant, FirstAdministrator administrator) {
  State& s = *state_;
  FH_CO_TRY(s.keys, co_await SigningKeys::open(s.options.store, s.options.clock.now(), s.options.pool));
  FH_CO_CHECK_OK(co_await s.store.open(tenant, std::move(administrator)));
  FH_CO_CHECK_OK(co_await s.sessions.open(tenant));
  FH_CO_CHECK_OK(co_await s.externals.open(tenant));
  const LoginParts parts{.site = s.site,
                         .store = s.store,
                         .keys = *s.keys,
                         .audiences = s.audiences,
                         .attempts = s.attempts,
                         .sessions = s.sessions,
                         .memory = s.memory,
                         .random = s.options.store.random,
                         .pool = s.options.pool,
                         .passwords = s.passwords,
                         .ticket_key = s.ticket_key,
                         .password_grant = s.options.password_grant ? PasswordGrant::kOn : PasswordGrant::kOff,
                         .ldap = s.ldap.get()};
  s.open = std::make_unique<Open>(parts, s.options.domain);
  co_return Result<>();
}

void DirectoryService::add_resource_types(gate::resource::Registry& registry) { state_->provider.add_types(registry); }

Task<Result<>> DirectoryService::look_after() { return state_->look_after(); }

Task<Result<>> DirectoryService::synchronise(gate::Pipeline& door) { return state_->synchronise(door); }

void DirectoryService::start(boost::asio::io_context& loop, gate::Pipeline& door) {
  state_->scope.spawn(loop, state_->keep_house());
  if (state_->ldap) state_->scope.spawn(loop, state_->keep_synchronised(door));
}

void DirectoryService::close_and_wait() { state_->scope.close_and_wait(); }

DirectoryStore& DirectoryService::store() { return state_->store; }

const gate::TokenAuthority& DirectoryService::authority() const {
  FH_CHECK(state_->open != nullptr);
  return state_->open->authority;
}

gate::ServiceGate& DirectoryService::gate() {
  FH_CHECK(state_->open != nullptr);
  return state_->open->gate;
}

gate::ServiceGate& DirectoryService::graph() {
  FH_CHECK(state_->open != nullptr);
  return state_->open->graph;
}

}  // namespace freehold::directory

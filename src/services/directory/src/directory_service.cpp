#include "directory/directory_service.h"

#include "base/check.h"
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
  Open(LoginParts borrowed, const LoginSite& site, const DirectoryStore& store)
      : parts(borrowed), authority(site, borrowed.keys), gate(site, store) {
    add_login_routes(gate, parts);
  }
  LoginParts parts;
  Authority authority;
  LoginGate gate;
};

}  // namespace

struct DirectoryService::State {
  explicit State(DirectoryServiceOptions given)
      : options(std::move(given)),
        site(options.domain),
        store(options.store),
        audiences{options.domain, options.blob_suffixes},
        attempts(options.clock) {}
  DirectoryServiceOptions options;
  LoginSite site;
  DirectoryStore store;
  AudienceRules audiences;
  Attempts attempts;
  std::optional<SigningKeys> keys;
  std::unique_ptr<Open> open;
};

DirectoryService::DirectoryService(DirectoryServiceOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
DirectoryService::~DirectoryService() = default;

Task<Result<>> DirectoryService::open(TenantId tenant, FirstAdministrator administrator) {
  State& s = *state_;
  FH_CO_TRY(auto keys, co_await SigningKeys::open(s.options.store, s.options.clock.now()));
  s.keys.emplace(std::move(keys));
  FH_CO_CHECK_OK(co_await s.store.open(tenant, std::move(administrator)));
  const LoginParts parts{s.site, s.store, *s.keys, s.audiences, s.attempts, s.options.store.random, s.options.pool};
  s.open = std::make_unique<Open>(parts, s.site, s.store);
  co_return Result<>();
}

DirectoryStore& DirectoryService::store() { return state_->store; }

const gate::TokenAuthority& DirectoryService::authority() const {
  FH_CHECK(state_->open != nullptr);
  return state_->open->authority;
}

gate::ServiceGate& DirectoryService::gate() {
  FH_CHECK(state_->open != nullptr);
  return state_->open->gate;
}

}  // namespace freehold::directory

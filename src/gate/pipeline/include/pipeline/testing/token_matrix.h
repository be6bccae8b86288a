// The route matrix of a service whose callers bring tokens (ServiceGate::tokens): every row, with every kind of caller
// that must not get in and those that must.
//
//   TokenMatrix matrix(my_gate, {.host = "management.test", .audience = "https://management.azure.com"});
//   for (const auto& fault : matrix.run()) ADD_FAILURE() << fault;
#pragma once

#include "pipeline/testing/route_matrix.h"

namespace freehold::gate::testing {

struct TokenMatrixOptions {
  std::string host;
  std::string audience;                                         // of the tokens that the service takes
  std::string foreign_audience = "https://storage.azure.com/";  // and one that it doesn't
  std::string query;                                            // of every request: "api-version=2021-04-01"
  std::string scope = {};                                       // for "{scope}" in paths
  std::map<std::string, std::string> segments = {};             // for "{name}" in paths; "x" for what isn't there
};

class TokenMatrix {
 public:
  TokenMatrix(const ServiceGate& service, TokenMatrixOptions options)
      : options_(std::move(options)), rows_(service.rows()), twin_(service) {
    FH_CHECK(service.tokens() != nullptr);
    tenant_.bytes.fill(0x7e);
    owner_.bytes.fill(0x0a);
    disabled_.bytes.fill(0x0b);
    identities_.put({.tenant = tenant_, .object = owner_});
    identities_.put({.tenant = tenant_, .object = disabled_, .enabled = false});
    pipeline_.add(twin_);
  }

  [[nodiscard]] std::vector<std::string> run() {
    faults_.clear();
    for (const auto& row : rows_) {
      if (row.credentials == kAnonymous) {
        run_open_row(row);
      } else {
        run_row(row);
      }
    }
    return faults_;
  }
  [[nodiscard]] std::size_t cases() const { return cases_; }

 private:
  void run_open_row(const RouteSpec& row) {
    check(row, "no credential", plain(row), 200);
    check(row, "a token of nobody", with(row, "Bearer eyJhbGciOiJub25lIn0.e30."), 200);
    log_.take_away(true);
    check(row, "audit down", plain(row), 503);
    log_.take_away(false);
  }

  void run_row(const RouteSpec& row) {
    const int allowed = row.implemented ? 200 : 501;
    const auto claims = claims_of(owner_);
    const auto changed = [&](const char* name, std::string value) {
      auto other = claims;
      other[name] = std::move(value);
      return with(row, "Bearer " + token_of(other));
    };
    check(row, "right token", with(row, "Bearer " + token_of(claims)), allowed);
    twin_.fake_rules().allowed = false;
    check(row, "without the role", with(row, "Bearer " + token_of(claims)), row.any_caller ? allowed : 403);
    twin_.fake_rules().allowed = true;
    check(row, "no credential", plain(row), 401);
    check(row, "no token", with(row, "Bearer "), 401);
    check(row, "unsigned", with(row, "Bearer eyJhbGciOiJub25lIn0.e30."), 401);
    check(row, "signed by another key", with(row, "Bearer " + token_of(claims, another_key())), 401);
    check(row, "another scheme", with(row, "SharedKey x:" + to_base64(std::string(32, 'x'))), 401);
    check(row, "meant for others", changed("aud", "\"" + options_.foreign_audience + "\""), 401);
    check(row, "expired", changed("exp", "1"), 401);
    check(row, "not yet valid", changed("nbf", "99999999999"), 401);
    check(row, "of another issuer", changed("iss", "\"https://login.example\""), 401);
    check(row, "of nobody", changed("oid", "\"" + to_string(PrincipalId{}) + "\""), 401);
    check(row, "of one disabled", with(row, "Bearer " + token_of(claims_of(disabled_))), 401);
    auto twice = with(row, "Bearer " + token_of(claims));
    twice.headers.add("authorization", "Bearer " + token_of(claims));
    check(row, "two tokens", std::move(twice), 401);
    log_.take_away(true);
    check(row, "audit down", with(row, "Bearer " + token_of(claims)), 503);
    check(row, "audit down, no token", plain(row), 503);
    log_.take_away(false);
  }

  void check(const RouteSpec& row, std::string_view caller, http::Request request, int expected) {
    ++cases_;
    BytesBody body("");
    request.body = &body;
    const auto response = runtime::run_blocking(pipeline_.handle(request));
    const auto fault = [&](std::string what) {
      faults_.push_back(std::string(row.operation) + ", " + std::string(caller) + ": " + what);
    };
    if (response.status != expected) {
      fault(std::to_string(response.status) + " " + std::string(response.headers.get("x-ms-error-code")) +
            ", expected " + std::to_string(expected));
    }
    const bool called = twin_.take_called() == row.operation;
    if (called != (response.status == 200)) fault(called ? "its handler was called" : "its handler was not called");
    if (response.status == 401 && !response.headers.has("www-authenticate")) fault("no challenge");
    check_record(response.status, fault);
  }

  template <class Fault>
  void check_record(int status, Fault fault) {
    const auto entries = log_.take_entries();
    if (status == 503) {
      if (!entries.empty()) fault("was recorded by a log that is away");
      return;
    }
    if (entries.empty()) return fault("was not recorded");
    const auto& record = entries.back().record;
    if (record.status != status) fault("was recorded with status " + std::to_string(record.status));
    if (record.decision != (status == 200 ? "allowed" : "denied")) fault("was recorded as another decision");
    if (log_.open_slots() != 0) fault("left a place in the audit log taken");
  }

  [[nodiscard]] std::string path_of(std::string_view path) const {
    std::string out;
    while (!path.empty()) {
      const auto open = path.find('{');
      out.append(path.substr(0, open));
      if (open == path.npos) break;
      const auto close = path.find('}', open);
      const std::string name(path.substr(open + 1, close - open - 1));
      const auto known = options_.segments.find(name);
      out.append(name == "scope" ? options_.scope : known == options_.segments.end() ? "x" : known->second);
      path.remove_prefix(close + 1);
    }
    return out;
  }
  [[nodiscard]] http::Request plain(const RouteSpec& row) const {
    std::string url = "https://" + options_.host + path_of(row.path);
    char separator = '?';
    for (const auto& s : row.query) {
      url.append(1, std::exchange(separator, '&')).append(s.name).append("=");
      url.append(s.value.empty() ? "x" : percent_encode(s.value));
    }
    if (!options_.query.empty()) url.append(1, separator).append(options_.query);
    HeaderList headers;
    for (const auto& s : row.headers) headers.emplace_back(s.name, s.value.empty() ? "x" : s.value);
    return make_request(row.method, url, std::move(headers));
  }
  [[nodiscard]] http::Request with(const RouteSpec& row, std::string authorization) const {
    auto request = plain(row);
    request.headers.add("authorization", std::move(authorization));
    return request;
  }
  [[nodiscard]] Claims claims_of(PrincipalId object) const {
    auto claims = good_claims(tenant_, object, clock_.now());
    claims["aud"] = "\"" + options_.audience + "\"";
    return claims;
  }
  [[nodiscard]] static const crypto::RsaSigningKey& another_key() {
    static const crypto::RsaSigningKey key = std::move(*crypto::RsaSigningKey::generate());
    return key;
  }

  TokenMatrixOptions options_;
  std::vector<RouteSpec> rows_;
  FakeClock clock_;
  SeededRandom random_{1};
  FakeLog log_;
  FakeAccounts accounts_;
  TwinGate twin_;
  TenantId tenant_;
  PrincipalId owner_;
  PrincipalId disabled_;
  TestAuthority authority_;
  TestIdentities identities_;
  BearerTrust bearer_{authority_, identities_, {}};
  Pipeline pipeline_{accounts_, log_, clock_, random_, {.bearer = &bearer_}};
  std::vector<std::string> faults_;
  std::size_t cases_ = 0;
};

}  // namespace freehold::gate::testing

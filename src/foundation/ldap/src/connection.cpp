#include "ldap/connection.h"

#include <lber.h>
#include <ldap.h>
#include <sys/time.h>

#include <algorithm>
#include <array>

#include "base/encoding.h"

namespace freehold::ldap {
namespace {

constexpr int kPageEntries = 500;
constexpr std::string_view kPlain = "ldap://";
constexpr std::string_view kEncrypted = "ldaps://";

bool is_loopback(std::string_view url) {
  std::string_view host = url.substr(url.find("//") + 2);
  host = host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  return host == "localhost" || host == "127.0.0.1" || host == "[::1]";
}

timeval to_timeval(std::chrono::seconds seconds) { return {.tv_sec = seconds.count(), .tv_usec = 0}; }

std::unexpected<Error> fail_ldap(int code, std::string_view what) {
  const std::string detail = std::string(what) + ": " + ldap_err2string(code);
  switch (code) {
    case LDAP_TIMEOUT:
    case LDAP_TIMELIMIT_EXCEEDED:
      return fail(ErrorCode::kTimeout, "the LDAP server doesn't answer in time", detail);
    case LDAP_SERVER_DOWN:
    case LDAP_CONNECT_ERROR:
    case LDAP_BUSY:
    case LDAP_UNAVAILABLE:
      return fail(ErrorCode::kUnavailable, "the LDAP server can't be reached, or isn't trusted", detail);
    case LDAP_SIZELIMIT_EXCEEDED:
    case LDAP_ADMINLIMIT_EXCEEDED:
      return fail(ErrorCode::kExhausted, "the LDAP server gives only a part", detail);
    default:
      return fail(ErrorCode::kInternal, "the LDAP server refuses", detail);
  }
}

// What a server says to a name and a password that it doesn't take: the wrong one, a locked, disabled or absent
// account.
bool refuses_bind(int code) {
  constexpr std::array kRefusals = {LDAP_INVALID_CREDENTIALS,  LDAP_INAPPROPRIATE_AUTH,  LDAP_NO_SUCH_OBJECT,
                                    LDAP_UNWILLING_TO_PERFORM, LDAP_INSUFFICIENT_ACCESS, LDAP_CONSTRAINT_VIOLATION,
                                    LDAP_INVALID_DN_SYNTAX};
  return std::ranges::find(kRefusals, code) != kRefusals.end();
}

struct FreeMessage {
  void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
};
using Message = std::unique_ptr<LDAPMessage, FreeMessage>;

struct FreeControl {
  void operator()(LDAPControl* control) const { ldap_control_free(control); }
};
using Control = std::unique_ptr<LDAPControl, FreeControl>;

// The place from which the next page goes on; the server's, opaque.
class Cookie {
 public:
  Cookie() = default;
  Cookie(const Cookie&) = delete;
  Cookie& operator=(const Cookie&) = delete;
  ~Cookie() { ber_memfree(value_.bv_val); }
  [[nodiscard]] bool at_end() const { return value_.bv_len == 0; }
  [[nodiscard]] berval* get() { return &value_; }
  void replace(berval value) {
    ber_memfree(value_.bv_val);
    value_ = value;
  }

 private:
  berval value_ = {.bv_len = 0, .bv_val = nullptr};
};

Entry read_entry(LDAP* ld, LDAPMessage* message) {
  Entry out;
  if (char* dn = ldap_get_dn(ld, message); dn != nullptr) {
    out.dn = dn;
    ldap_memfree(dn);
  }
  BerElement* position = nullptr;
  for (char* name = ldap_first_attribute(ld, message, &position); name != nullptr;
       name = ldap_next_attribute(ld, message, position)) {
    auto& values = out.values[to_lower(name)];
    if (berval** held = ldap_get_values_len(ld, message, name); held != nullptr) {
      for (berval** at = held; *at != nullptr; ++at) values.emplace_back((*at)->bv_val, (*at)->bv_len);
      ldap_value_free_len(held);
    }
    ldap_memfree(name);
  }
  ber_free(position, 0);
  return out;
}

}  // namespace

struct Connection::State {
  explicit State(std::chrono::seconds given) : timeout(given) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (ld != nullptr) ldap_unbind_ext_s(ld, nullptr, nullptr);
  }
  [[nodiscard]] Result<> set(int option, const void* value) const {
    const int code = ldap_set_option(ld, option, value);
    if (code != LDAP_OPT_SUCCESS) return fail(ErrorCode::kInternal, "an LDAP option can't be set");
    return {};
  }
  [[nodiscard]] Result<> set(int option, int value) const { return set(option, &value); }
  // What the library, or the server, says of the last fault: " (...)", or nothing.
  [[nodiscard]] std::string diagnosis() const;
  [[nodiscard]] Result<> configure(const Server& server) const;
  [[nodiscard]] Result<> encrypt(const Server& server) const;
  [[nodiscard]] Result<> take_page(const Search& search, Cookie& cookie, std::vector<Entry>& out) const;
  [[nodiscard]] Result<> read_page(LDAPMessage* answer, Cookie& cookie, std::vector<Entry>& out) const;

  LDAP* ld = nullptr;
  std::chrono::seconds timeout;
};

// Everything that matters is set here, so that neither the environment nor /etc/ldap/ldap.conf has a say.
Result<> Connection::State::configure(const Server& server) const {
  const timeval limit = to_timeval(server.timeout);
  FH_CHECK_OK(set(LDAP_OPT_PROTOCOL_VERSION, LDAP_VERSION3));
  FH_CHECK_OK(set(LDAP_OPT_NETWORK_TIMEOUT, &limit));
  FH_CHECK_OK(set(LDAP_OPT_TIMEOUT, &limit));
  FH_CHECK_OK(set(LDAP_OPT_TIMELIMIT, static_cast<int>(server.timeout.count())));
  FH_CHECK_OK(set(LDAP_OPT_SIZELIMIT, 0));
  FH_CHECK_OK(set(LDAP_OPT_REFERRALS, LDAP_OPT_OFF));
  FH_CHECK_OK(set(LDAP_OPT_DEREF, LDAP_DEREF_NEVER));
  FH_CHECK_OK(set(LDAP_OPT_X_TLS_REQUIRE_CERT, LDAP_OPT_X_TLS_DEMAND));
  FH_CHECK_OK(set(LDAP_OPT_X_TLS_PROTOCOL_MIN, LDAP_OPT_X_TLS_PROTOCOL_TLS1_2));
  if (!server.ca_file.empty()) {
    FH_CHECK_OK(set(LDAP_OPT_X_TLS_CACERTFILE, server.ca_file.c_str()));
  }
  constexpr int kClient = 0;
  if (ldap_set_option(ld, LDAP_OPT_X_TLS_NEWCTX, &kClient) != LDAP_OPT_SUCCESS) {
    return fail(ErrorCode::kUnavailable, "the certificate authorities for LDAP can't be read", server.ca_file);
  }
  return {};
}

std::string Connection::State::diagnosis() const {
  char* text = nullptr;
  if (ldap_get_option(ld, LDAP_OPT_DIAGNOSTIC_MESSAGE, &text) != LDAP_OPT_SUCCESS || text == nullptr) return {};
  std::string out = " (" + std::string(text) + ")";
  ldap_memfree(text);
  return out;
}

// The sockets' buffer is made when the connection is, so the limit of a message is set after it.
Result<> Connection::State::encrypt(const Server& server) const {
  if (server.url.starts_with(kPlain) && !is_loopback(server.url)) {
    const int code = ldap_start_tls_s(ld, nullptr, nullptr);
    if (code != LDAP_SUCCESS) return fail_ldap(code, "StartTLS" + diagnosis());
  } else if (const int code = ldap_connect(ld); code != LDAP_SUCCESS) {
    return fail_ldap(code, "connecting" + diagnosis());
  }
  Sockbuf* buffer = nullptr;
  ber_len_t most = kMaxAnswerBytes;
  if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &buffer) != LDAP_OPT_SUCCESS || buffer == nullptr ||
      ber_sockbuf_ctrl(buffer, LBER_SB_OPT_SET_MAX_INCOMING, &most) < 0) {
    return fail(ErrorCode::kInternal, "an LDAP option can't be set");
  }
  return {};
}

std::string_view Entry::first(std::string_view attribute) const {
  const auto at = values.find(attribute);
  return at == values.end() || at->second.empty() ? std::string_view() : std::string_view(at->second.front());
}

Result<> check_url(std::string_view url) {
  const bool known = url.starts_with(kPlain) || url.starts_with(kEncrypted);
  LDAPURLDesc* parsed = nullptr;
  if (!known || url.size() > 300 || ldap_url_parse(std::string(url).c_str(), &parsed) != LDAP_URL_SUCCESS) {
    return fail(ErrorCode::kInvalidArgument, "an LDAP server is given as ldaps://HOST[:PORT] or ldap://HOST[:PORT]");
  }
  const bool whole = parsed->lud_host != nullptr && *parsed->lud_host != '\0' &&
                     (parsed->lud_dn == nullptr || *parsed->lud_dn == '\0') && parsed->lud_filter == nullptr;
  ldap_free_urldesc(parsed);
  if (!whole) return fail(ErrorCode::kInvalidArgument, "the URL of an LDAP server has a host and nothing behind it");
  return {};
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&& other) noexcept = default;
Connection& Connection::operator=(Connection&& other) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::open(const Server& server) {
  FH_CHECK_OK(check_url(server.url));
  auto state = std::make_unique<State>(server.timeout);
  if (const int code = ldap_initialize(&state->ld, server.url.c_str()); code != LDAP_SUCCESS) {
    return fail_ldap(code, "preparing");
  }
  FH_CHECK_OK(state->configure(server));
  FH_CHECK_OK(state->encrypt(server));
  return Connection(std::move(state));
}

Result<> Connection::bind(const std::string& name, const Secret& password) {
  if (name.empty() || password.empty()) return fail(ErrorCode::kDenied, "a name and a password are needed");
  berval credentials = {.bv_len = password.size(), .bv_val = const_cast<char*>(password.view().data())};
  const int code =
      ldap_sasl_bind_s(state_->ld, name.c_str(), LDAP_SASL_SIMPLE, &credentials, nullptr, nullptr, nullptr);
  if (code == LDAP_SUCCESS) return {};
  if (refuses_bind(code)) return fail(ErrorCode::kDenied, "the LDAP server doesn't let this name in");
  return fail_ldap(code, "bind");
}

Result<> Connection::State::read_page(LDAPMessage* answer, Cookie& cookie, std::vector<Entry>& out) const {
  for (LDAPMessage* at = ldap_first_entry(ld, answer); at != nullptr; at = ldap_next_entry(ld, at)) {
    if (out.size() >= kMaxEntries) return fail(ErrorCode::kExhausted, "the LDAP server has too many entries");
    out.push_back(read_entry(ld, at));
  }
  LDAPControl** returned = nullptr;
  int code = LDAP_SUCCESS;
  const int parsed = ldap_parse_result(ld, answer, &code, nullptr, nullptr, nullptr, &returned, 0);
  if (parsed != LDAP_SUCCESS) return fail_ldap(parsed, "search");
  berval next = {.bv_len = 0, .bv_val = nullptr};
  if (LDAPControl* page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, returned, nullptr); page != nullptr) {
    ber_int_t estimate = 0;
    code = ldap_parse_pageresponse_control(ld, page, &estimate, &next);
  }
  ldap_controls_free(returned);
  cookie.replace(next);
  if (code != LDAP_SUCCESS) return fail_ldap(code, "search");
  return {};
}

Result<> Connection::State::take_page(const Search& search, Cookie& cookie, std::vector<Entry>& out) const {
  LDAPControl* made = nullptr;
  if (const int code = ldap_create_page_control(ld, kPageEntries, cookie.get(), 0, &made); code != LDAP_SUCCESS) {
    return fail_ldap(code, "search");
  }
  const Control control(made);
  std::array<LDAPControl*, 2> controls = {made, nullptr};
  std::vector<char*> attributes;
  for (const std::string& name : search.attributes) attributes.push_back(const_cast<char*>(name.c_str()));
  attributes.push_back(nullptr);
  timeval limit = to_timeval(timeout);
  LDAPMessage* answer = nullptr;
  const int code = ldap_search_ext_s(ld, search.base.c_str(), LDAP_SCOPE_SUBTREE, search.filter.c_str(),
                                     attributes.data(), 0, controls.data(), nullptr, &limit, 0, &answer);
  const Message owned(answer);
  if (code != LDAP_SUCCESS) return fail_ldap(code, "search");
  return read_page(answer, cookie, out);
}

Result<std::vector<Entry>> Connection::search(const Search& search) {
  std::vector<Entry> out;
  Cookie cookie;
  do {
    FH_CHECK_OK(state_->take_page(search, cookie, out));
  } while (!cookie.at_end());
  return out;
}

}  // namespace freehold::ldap

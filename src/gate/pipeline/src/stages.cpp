// The stages of a request, in the order in which Pipeline::handle calls them.
#include "authn/needed_actions.h"
#include "base/encoding.h"
#include "gate_errors.h"
#include "state.h"

namespace freehold::gate {
namespace {

using namespace gate_errors;

constexpr std::string_view kUnrouted = "Unrouted";
constexpr std::string_view kOnBehalf = "OnBehalf";  // as records name it: a job, for the caller that asked for its work

// The longest names that anything can have: account, container, and 1,024 characters of a blob. A longer path names
// nothing; it would only let a caller that nobody knows fill the log.
constexpr std::size_t kResourceBytes = 1 + 24 + 1 + 63 + 1 + 4 * 1'024;
constexpr std::size_t kMomentBytes = 64;  // of a snapshot's or version's name, which has 28

// Two resources never read the same: what stands between names is encoded where it is part of one.
void append_name(std::string& out, std::string_view name, std::string_view also_encoded) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  out.push_back('/');
  for (const char c : name) {
    if (c != '%' && c != '?' && !also_encoded.contains(c)) {
      out.push_back(c);
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
  }
}

// Reading or deleting a snapshot isn't reading or deleting the blob.
void append_moment(std::string& out, const http::Request& request) {
  for (const std::string_view name : {"snapshot", "versionid"}) {
    if (!request.has_parameter(name)) continue;
    const auto moment = request.parameter(name).substr(0, kMomentBytes);
    out.append("?").append(name).append("=").append(percent_encode(moment, ":"));
    return;
  }
}

// A service whose paths may name people says in the target's `blob` what stands in the record instead of the path.
std::string resource_of(const Target& target, const http::Request& request) {
  std::string out;
  if (!target.account.empty()) {
    out = "/" + target.account;
  } else if (target.blob.empty()) {
    out = request.decoded_path;
  }
  if (!target.container.empty()) append_name(out, target.container, "/");
  if (!target.blob.empty()) append_name(out, target.blob, "");
  if (out.size() > kResourceBytes) {
    out.resize(kResourceBytes);
    while (!is_valid_utf8(out)) out.pop_back();
    out.append("...");
  }
  if (!target.blob.empty()) append_moment(out, request);
  return out;
}

bool only_reads(http::Method method) {
  return method == http::Method::kGet || method == http::Method::kHead || method == http::Method::kOptions;
}

// Who may act for the whole here: its caller in the account that the caller proved itself to; a job wherever it reads,
// and what it writes is its own tenant's, whatever name an account has by now; a job that does a caller's work only
// where tokens say who calls.
ApiResult<> check_caller(const Admission& part, const Admission& whole) {
  if (whole.on_behalf) return std::unexpected(another_account());
  if (whole.principal.credential == kSystemJob) {
    const bool own = part.account == nullptr || part.account->tenant == whole.tenant;
    if (!own && !only_reads(part.request->method)) return std::unexpected(another_account());
    return {};
  }
  const bool same = part.account != nullptr && whole.account != nullptr && part.account->id == whole.account->id;
  // A stranger is let in by one container, which says nothing of another.
  if (!same || whole.principal.credential == kAnonymous) return std::unexpected(another_account());
  return {};
}

// What an account's owner switches off with allowSharedKeyAccess: its keys, and what is signed by them.
constexpr CredentialSet kKeyBased = kSharedKey | kAccountSas | kServiceSas;

// Ties the requests together that one act of a client consists of: what the client says, or else the whole's own id.
std::string correlation_of(const Admission& whole) {
  const auto said =
      whole.request != nullptr ? whole.request->headers.get("x-ms-correlation-request-id") : std::string_view();
  return parse_guid<RequestId>(said) ? to_lower(said) : whole.request_id_text;
}

bool from_this_machine(const http::Peer& peer) { return peer.address.starts_with("127.") || peer.address == "::1"; }

}  // namespace

Pipeline::Passage Pipeline::State::arrive(http::Request& request, Door& door) {
  Passage p;
  auto& a = p.admission;
  p.began = clock.monotonic();
  a.request_id = random_id<RequestId>(random);
  a.request_id_text = to_string(a.request_id);
  a.request = &request;
  a.now = clock.now();
  a.audit = &audit;
  a.door = &door;
  a.record.time = a.now;
  a.record.request = a.request_id;
  a.record.operation = kUnrouted;
  a.record.credential = to_string(kAnonymous);
  a.record.address = request.peer.address;
  return p;
}

// A job's parts come from inside, over no wire that could be listened to.
Pipeline::Passage Pipeline::State::arrive_part(const Admission& whole, http::Request& part, AskedBy asked_by) {
  FH_CHECK(part.body != nullptr);
  part.listener = whole.request != nullptr ? whole.request->listener : http::Listener::kHttps;
  part.peer = whole.request != nullptr ? whole.request->peer : http::Peer{};
  if (whole.on_behalf) part.peer = whole.on_behalf->peer;
  Passage p = arrive(part, *whole.door);
  p.admission.part = true;
  p.whole = &whole;
  p.asked_by = asked_by;
  return p;
}

// One request is a bounded number of others: its parts have none.
ApiResult<> Pipeline::State::check_nesting(Passage& p) const {
  if (p.whole != nullptr && p.whole->part) return std::unexpected(nested_part());
  return {};
}

ApiResult<> Pipeline::State::claim(Passage& p) const {
  auto& a = p.admission;
  for (const auto& service : services) {
    if (!service.gate->claims(*a.request, a.target)) continue;
    p.service = service.gate;
    p.control = service.control;
    if (p.control != nullptr) p.control->tidy(*a.request);
    a.record.resource = resource_of(a.target, *a.request);
    return {};
  }
  return std::unexpected(nobody_claims());
}

// Before anything that costs: a full house refuses cheaply. take_place() decides for good.
ApiResult<> Pipeline::State::check_load(Passage&) const {
  if (limits.full()) return std::unexpected(server_busy("too many requests are running"));
  return {};
}

// A part that names no version is of the version of the whole: it can't name one where its client signed none.
ApiResult<> Pipeline::State::check_version(Passage& p) const {
  const bool named = p.admission.request->headers.has("x-ms-version");
  if (p.whole != nullptr && p.whole->api_version != 0 && !named) {
    p.admission.api_version = p.whole->api_version;
    return {};
  }
  FH_TRY(p.admission.api_version, p.service->check_version(*p.admission.request));
  return {};
}

ApiResult<> Pipeline::State::find_row(Passage& p) const {
  auto& a = p.admission;
  for (const auto& service : services) {
    if (service.gate != p.service) continue;
    const auto* row = service.routes.find(*a.request, a.target.scope);
    if (row == nullptr) break;
    p.endpoint = &service.gate->endpoints_[static_cast<std::size_t>(row - service.routes.rows().data())];
    a.route = &p.endpoint->spec;
    a.record.operation = a.route->operation;
    return {};
  }
  return std::unexpected(p.service->no_such_route(*a.request, a.target.scope));
}

ApiResult<> Pipeline::State::find_account(Passage& p) const {
  auto& a = p.admission;
  if (a.target.account.empty()) {
    // The service's own: identify() knows nobody there but who comes by the admin socket.
    a.tenant = a.record.tenant = a.target.tenant;
    return {};
  }
  a.account = accounts.find(a.target.account);
  if (a.account == nullptr) return std::unexpected(no_such_account());
  a.tenant = a.record.tenant = a.account->tenant;
  if (!a.target.secondary) return {};
  if (!a.account->readable_secondary) return std::unexpected(no_such_account());
  if (!only_reads(a.request->method)) return std::unexpected(no_write_on_secondary());
  return {};
}

// E5: plain http only where the account's owner has allowed it, and no older TLS; then the owner's network rules, for
// whoever it is and whatever it brings, as Azure has it for the data plane. The emulator's account has a key that is
// printed in every manual: whatever address the listeners have, it isn't there for other machines.
ApiResult<> Pipeline::State::check_network(Passage& p) const {
  const auto& a = p.admission;
  if (p.whole != nullptr && p.whole->request == nullptr && !p.whole->on_behalf) return {};
  if (a.account != nullptr && a.account->emulator && !from_this_machine(a.request->peer)) {
    return std::unexpected(no_such_account());
  }
  if (a.account == nullptr) return {};
  const bool https = a.request->listener == http::Listener::kHttps;
  const bool safe = https || a.request->listener == http::Listener::kAdmin;
  if (!safe && a.account->secure_transfer_required) return std::unexpected(requires_https());
  if (https && a.request->peer.tls_version < a.account->minimum_tls) return std::unexpected(tls_too_old());
  if (!admits(a.account->network, a.request->peer.address)) return std::unexpected(network_refused());
  return {};
}

bool Pipeline::State::needs_container(const Passage& p) const {
  const auto& a = p.admission;
  if (p.asked_by == AskedBy::kCaller) return false;  // who that is is known
  return a.account != nullptr && p.service->containers() != nullptr &&
         needs_container_access(*a.request, a.target, *a.account);
}

// Waits for the store, and does so for callers that nobody knows yet: so it takes its place inside first, and as many
// of them as may run may ask.
Task<ApiResult<>> Pipeline::State::find_container(Passage& p) {
  auto& a = p.admission;
  if (auto placed = take_place(p); !placed) co_return placed;
  Result<std::shared_ptr<const ContainerAccess>> found;
  try {
    found = co_await p.service->containers()->find(a.account, a.target.container);
  } catch (...) {
    co_return std::unexpected(internal_error("the directory threw: " + describe(std::current_exception())));
  }
  if (!found) co_return std::unexpected(server_busy("container: " + found.error().message + found.error().detail));
  p.container = std::move(*found);
  co_return ApiResult<>();
}

ApiResult<> Pipeline::State::identify(Passage& p) const {
  auto& a = p.admission;
  if (const auto* rules = p.service->tokens(); rules != nullptr && a.account == nullptr) {
    FH_CHECK_OK(identify_by_token(p, *rules));
  } else if (p.asked_by == AskedBy::kCaller) {
    if (!p.whole->on_behalf && p.whole->principal.credential == kSystemJob) {  // known, whether it may or not
      a.record.credential = to_string(kSystemJob);
      a.record.caller = p.whole->principal.pseudonym_source;
    }
    FH_CHECK_OK(check_caller(a, *p.whole));
    a.principal = p.whole->principal;
  } else if (a.account != nullptr) {
    a.record.credential = "Unproven";
    if (options.bearer != nullptr && options.access != nullptr && has_bearer(*a.request)) {
      FH_TRY(a.principal, authenticate_bearer(*a.request, a.target, *a.account, a.now, *options.bearer));
    } else {
      FH_TRY(a.principal, authenticate(*a.request, a.target, *a.account, a.now, p.container.get()));
    }
  } else if (a.request->listener == http::Listener::kAdmin) {
    a.principal = local_operator(*a.request);
  }
  const bool by_job = p.asked_by == AskedBy::kCaller && p.whole->on_behalf;
  a.record.credential = by_job ? kOnBehalf : to_string(a.principal.credential);
  a.record.caller = a.principal.pseudonym_source;
  return {};
}

// Callers of a service with rules of its own: principals of the directory, and strangers where a row wants nobody else.
// Whoever asks for the whole may be whom a part is for, if its token was meant for this service too.
ApiResult<> Pipeline::State::identify_by_token(Passage& p, const TokenRules& rules) const {
  auto& a = p.admission;
  const auto refuse_token = [&](TokenFault fault) { return std::unexpected(rules.refuse_token(fault)); };
  if (p.asked_by == AskedBy::kCaller && p.whole->on_behalf) return identify_behalf(p, rules);
  if (p.asked_by == AskedBy::kCaller) {
    const auto& caller = p.whole->principal;
    const bool job = caller.credential == kSystemJob;
    if (!job && (caller.identity == nullptr || !rules.takes_audience(caller.audience))) {
      return refuse_token(TokenFault::kAudience);
    }
    a.principal = caller;
    a.tenant = a.record.tenant = job ? p.whole->tenant : caller.tenant;
    return {};
  }
  if (a.route->credentials == kAnonymous) return {};
  a.record.credential = "Unproven";
  if (options.bearer == nullptr) return refuse_token(TokenFault::kSignature);
  auto proved = authenticate_token(*a.request, a.target.tenant, a.now, rules, *options.bearer);
  if (!proved) return refuse_token(proved.error());
  a.principal = std::move(*proved);
  a.tenant = a.record.tenant = a.principal.tenant;
  return {};
}

// The caller whose work a job does, as the directory has it now.
ApiResult<> Pipeline::State::identify_behalf(Passage& p, const TokenRules& rules) const {
  auto& a = p.admission;
  const OnBehalf& who = *p.whole->on_behalf;
  const bool foreign = a.target.tenant != TenantId{} && a.target.tenant != who.tenant;
  if (!rules.takes_audience(who.audience)) return std::unexpected(rules.refuse_token(TokenFault::kAudience));
  if (foreign) return std::unexpected(rules.refuse_token(TokenFault::kTenant));
  a.tenant = a.record.tenant = who.tenant;
  a.principal = {.credential = kBearer, .tenant = who.tenant, .pseudonym_source = to_string(who.object)};
  a.principal.audience = who.audience;
  if (options.bearer != nullptr) a.principal.identity = options.bearer->identities.find(who.tenant, who.object);
  if (a.principal.identity != nullptr && a.principal.identity->enabled) return {};
  // It was somebody when it asked: what it lost is the right.
  const Identity gone{.tenant = who.tenant, .object = who.object, .application = who.application};
  const auto action = actions_needed(*a.route, *a.request).whole;
  return std::unexpected(rules.refuse_action(gone, *a.request, a.target, action));
}

// As the service's own rules have it; the first action that is wanting is named.
ApiResult<> Pipeline::State::check_rules(const Admission& a, const Identity& who, const TokenRules& rules) const {
  if (a.route->any_caller) return {};
  auto needed = actions_needed(*a.route, *a.request);
  needed.besides.push_back(needed.whole);
  for (const std::string_view action : needed.besides) {
    if (action.empty() || !rules.allows(who, *a.request, a.target, action)) {
      return std::unexpected(rules.refuse_action(who, *a.request, a.target, action));
    }
  }
  return {};
}

// Azure RBAC: a token says who calls and nothing of what it may do. Whoever has only the row's lesser action is let in
// to create.
ApiResult<> Pipeline::State::check_role(Admission& a, const AskedFor& asked) const {
  if (a.account == nullptr || options.access == nullptr) return std::unexpected(permission_mismatch());
  FH_CHECK(a.principal.identity != nullptr);
  const auto extent = allowed_extent(actions_needed(*a.route, *a.request), [&](std::string_view action) {
    return options.access->decide(*a.principal.identity, *a.account, a.target, action, asked).allowed();
  });
  if (extent == Extent::kNothing) return std::unexpected(permission_mismatch());
  a.principal.only_creates = extent == Extent::kCreating;
  return {};
}

ApiResult<> Pipeline::State::permit(Passage& p) const {
  auto& a = p.admission;
  // After the proof: nobody learns by a made-up signature how an account is set up.
  if (a.account != nullptr && !a.account->allow_shared_key && (a.principal.credential & kKeyBased) != 0) {
    return std::unexpected(key_based_not_permitted());
  }
  FH_CHECK_OK(authorise(a.principal, *a.route, *a.request));
  const auto* rules = a.account == nullptr ? p.service->tokens() : nullptr;
  const AskedFor asked{.request = a.request, .operation = a.route->operation, .now = a.now, .tags = &p.tags};
  if (a.principal.credential == kBearer) {
    FH_CHECK(a.principal.identity != nullptr);
    FH_CHECK_OK(rules != nullptr ? check_rules(a, *a.principal.identity, *rules) : check_role(a, asked));
  }
  FH_CHECK_OK(check_signed_resource(a.principal, *a.request, a.target));
  if (a.account != nullptr) {
    FH_CHECK_OK(check_delegator(a.principal, *a.route, *a.account, a.target, options.delegators, asked));
  }
  if (!a.route->implemented) return std::unexpected(not_implemented());
  return {};
}

// Did the decision fall short for want of tags that a condition asked for?
bool Pipeline::State::needs_tags(const Passage& p, const ApiResult<>& permitted) const {
  const bool whole = permitted && !p.admission.principal.only_creates;
  return !whole && p.tags.asked && !p.tags.known && p.service->containers() != nullptr;
}

// Waits for the store as find_container does, but for callers who are known.
Task<ApiResult<>> Pipeline::State::find_tags(Passage& p) {
  auto& a = p.admission;
  if (auto placed = take_place(p); !placed) co_return placed;
  Result<std::vector<std::pair<std::string, std::string>>> found;
  try {
    found = co_await p.service->containers()->tags_of(a.account, a.target, *a.request);
  } catch (...) {
    co_return std::unexpected(internal_error("the directory threw: " + describe(std::current_exception())));
  }
  if (!found && found.error().code == ErrorCode::kDenied) co_return std::unexpected(tags_withheld());
  if (!found) co_return std::unexpected(server_busy("tags: " + found.error().message + found.error().detail));
  p.tags = {.known = true, .tags = std::move(*found)};
  co_return ApiResult<>();
}

// A part's body lies in memory, and its whole has waited. One that came with its head is taken at once, but where the
// act is put on record before it.
std::unique_ptr<AwaitedBody> Pipeline::State::await_body(Passage& p) {
  auto& a = p.admission;
  const auto* rules = a.account == nullptr ? p.service->tokens() : nullptr;
  const auto* body = a.request->body;
  const bool has_body = p.whole == nullptr && body != nullptr && body->length() != 0;
  const bool waits = has_body && (a.route->audit == AuditClass::kControl || !body->is_at_hand());
  if (rules == nullptr || !waits || a.principal.credential != kBearer) return nullptr;
  return std::make_unique<AwaitedBody>(*a.request, bodies, a.tenant,
                                       [this, &a, rules] { return ask_again(a, *rules); });
}

// What was taken away while the body came is gone.
ApiResult<> Pipeline::State::ask_again(const Admission& a, const TokenRules& rules) const {
  FH_CHECK(a.principal.identity != nullptr && options.bearer != nullptr);
  const auto identity = options.bearer->identities.find(a.principal.identity->tenant, a.principal.identity->object);
  if (identity == nullptr || !identity->enabled) return std::unexpected(rules.refuse_token(TokenFault::kPrincipal));
  return check_rules(a, *identity, rules);
}

ApiResult<> Pipeline::State::take_place(Passage& p) {
  if (p.place.valid()) return {};  // find_container needed one
  auto place = limits.take(p.admission.tenant);
  if (!place) return std::unexpected(server_busy("the tenant has as many requests running as it may"));
  p.place = std::move(*place);
  return {};
}

ApiResult<> Pipeline::State::reserve_audit(Passage& p) {
  auto& a = p.admission;
  auto slot = audit.reserve(a.tenant);
  if (!slot) return std::unexpected(server_busy("audit: " + slot.error().message + " " + slot.error().detail));
  p.slot = std::move(*slot);
  a.record.decision = "allowed";
  if (a.request != nullptr) a.record.bytes_in = parse_u64(a.request->headers.get("content-length")).value_or(0);
  return {};
}

ActivityJournal* Pipeline::State::journal_of(const Passage& p) const {
  const bool act = p.admission.route->audit == AuditClass::kControl && p.admission.principal.identity != nullptr;
  return act && p.control != nullptr ? p.control->journal() : nullptr;
}

Act Pipeline::State::act_of(const Passage& p) const {
  const auto& a = p.admission;
  const auto client_request = a.request->headers.get("x-ms-client-request-id");
  return {.tenant = a.tenant,
          .request = a.request_id,
          .correlation = correlation_of(p.whole != nullptr ? *p.whole : a),
          .time = a.now,
          .operation = std::string(a.route->data_action.empty() ? a.route->operation : a.route->data_action),
          .method = a.request->method,
          .path = a.request->path,
          .caller = a.principal.identity->object,
          .application = a.principal.identity->application,
          .client_request = parse_guid<RequestId>(client_request) ? std::string(client_request) : std::string()};
}

const RouteSpec* Pipeline::State::find_job(std::string_view operation) const {
  for (const auto& service : services) {
    for (const auto& row : service.gate->jobs()) {
      if (row.operation == operation) return &row;
    }
  }
  return nullptr;
}

Pipeline::Passage Pipeline::State::begin_job(const RouteSpec& row, Job job, Door& door) {
  Passage p;
  auto& a = p.admission;
  p.began = clock.monotonic();
  a.request_id = random_id<RequestId>(random);
  a.request_id_text = to_string(a.request_id);
  a.route = &row;
  a.account = std::move(job.account);
  a.tenant = job.tenant;
  if (job.on_behalf) job.principal = to_string(job.on_behalf->object);
  a.on_behalf = std::move(job.on_behalf);
  a.principal = {.credential = kSystemJob, .tenant = {}, .pseudonym_source = job.principal};
  a.now = clock.now();
  a.audit = &audit;
  a.door = &door;
  a.record = {.time = a.now,
              .request = a.request_id,
              .tenant = job.tenant,
              .operation = row.operation,
              .credential = a.on_behalf ? kOnBehalf : to_string(kSystemJob),
              .caller = std::move(job.principal),
              .address = {},
              .resource = std::move(job.resource),
              .decision = "allowed",
              .reason = {}};
  return p;
}

}  // namespace freehold::gate

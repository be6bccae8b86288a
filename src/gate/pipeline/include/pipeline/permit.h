// Permit<Operation>: proof that a request passed every stage for exactly this operation. Only the pipeline makes one,
// so a handler that skips a stage doesn't compile (DESIGN section 2).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "audit/audit.h"
#include "authn/account.h"
#include "authn/authenticate.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/ids.h"
#include "http/message.h"
#include "route/route.h"

namespace freehold::gate {

class Door;

// Whose work a background job does that a caller asked for. The job's parts are that caller's, as the directory and the
// roles are when each is made: who is gone, disabled or without the right by then gets no further.
struct OnBehalf {
  TenantId tenant;
  PrincipalId object;
  PrincipalId application = {};
  std::string audience;  // of the token by which the caller was proved
  http::Peer peer = {};  // from where it came: an account's network rules hold for its job too
};

// What the stages found out about one request. Lives in the pipeline's frame for as long as the handler runs.
struct Admission {
  RequestId request_id;
  std::string request_id_text;
  http::Request* request = nullptr;  // null for a background job
  const RouteSpec* route = nullptr;
  Target target;
  std::shared_ptr<const StorageAccount> account;  // null where no account is concerned
  TenantId tenant;                                // whose data it is; zero where nobody's
  Principal principal;
  WallTime now;
  // x-ms-version as yyyymmdd (20210608): answers go by its rules.
  int api_version = 0;

  audit::Log* audit = nullptr;
  audit::Record record;  // filled by the stages, completed by the handler and the pipeline
  std::optional<audit::AttachedRecord> attached;
  store::PartitionId attached_partition;
  bool nothing_done = false;  // of a job: nothing happened that a record could be about

  Door* door = nullptr;                    // for the parts of this request
  bool part = false;                       // itself a part of one
  std::optional<OnBehalf> on_behalf = {};  // of a background job
};

// Who asks for a part of a request.
enum class AskedBy {
  kItself,  // whoever the part's own credentials prove: a request in a batch, a copy's source with a SAS in its URL
  kCaller,  // the caller of the whole, for what lies in the same account; a job, for what it was given to work on
};

// The one door as handlers see it, behind their permit.
class Door {
 public:
  virtual ~Door() = default;
  // `whole` and `part` outlive the call. Never throws; answers whatever happens.
  [[nodiscard]] virtual runtime::Task<http::Response> pass_part(const Admission& whole, http::Request& part,
                                                                AskedBy asked_by) = 0;
};

class Pipeline;

// Key to Permit's constructor; only Pipeline can make it.
class PipelineKey {
  friend class Pipeline;
  PipelineKey() = default;
};

// Operation is a tag type with `static constexpr std::string_view kName`, the route's operation. Valid while the
// handler that received it runs. Moves with the handler's frame; not thread-safe.
template <class Operation>
class Permit {
 public:
  Permit(PipelineKey, Admission& admission) : admission_(&admission) {}
  Permit(Permit&&) noexcept = default;
  Permit& operator=(Permit&&) noexcept = default;
  Permit(const Permit&) = delete;
  Permit& operator=(const Permit&) = delete;

  // Not for background jobs, which have none.
  [[nodiscard]] http::Request& request() const {
    FH_CHECK(admission_->request != nullptr);
    return *admission_->request;
  }
  [[nodiscard]] const Target& target() const { return admission_->target; }
  // Only where the target or the job names an account.
  [[nodiscard]] const StorageAccount& account() const {
    FH_CHECK(admission_->account != nullptr);
    return *admission_->account;
  }
  [[nodiscard]] const Principal& principal() const { return admission_->principal; }
  [[nodiscard]] TenantId tenant() const { return admission_->tenant; }
  [[nodiscard]] WallTime now() const { return admission_->now; }
  [[nodiscard]] int api_version() const { return admission_->api_version; }
  [[nodiscard]] std::string_view request_id() const { return admission_->request_id_text; }

  // The audit row of this write: to be put into the operation's own commit to `partition`, with the status that will be
  // answered if the commit is Ok. Called again (a commit retried after Conflict), it replaces the earlier one.
  [[nodiscard]] store::KeyValue audit_row(const store::PartitionId& partition, int status) const {
    auto& a = *admission_;
    a.record.status = status;
    a.attached = a.audit->attach(partition, a.record);
    a.attached_partition = partition;
    return a.attached->row;
  }
  // A request that this one consists of or needs, through every stage as one of its own: found, authorised, admitted
  // and recorded like any other, and answered as a client would be answered. Listener and peer are those of the whole.
  // The part brings its own method, URL, headers and body (http::no_body() if it has none). Parts have no parts.
  [[nodiscard]] runtime::Task<http::Response> ask(http::Request& part, AskedBy asked_by) const {
    return admission_->door->pass_part(*admission_, part, asked_by);
  }
  // Who called and how it was proved, where only the handler can find out: a sign-in has its secret in the body.
  // `credential` lives for ever.
  void name_caller(std::string_view credential, std::string caller) const {
    admission_->record.credential = credential;
    admission_->record.caller = std::move(caller);
  }
  // The same of a caller that was proved to be of this tenant, whose log the record then goes to.
  void name_caller(std::string_view credential, std::string caller, TenantId tenant) const {
    name_caller(credential, std::move(caller));
    admission_->record.tenant = tenant;
  }
  void count_in(std::uint64_t bytes) const { admission_->record.bytes_in = bytes; }
  void count_out(std::uint64_t bytes) const { admission_->record.bytes_out = bytes; }

  // Of a job that looked and found nothing to do: if it ends well it leaves no record, so that an idle server's log
  // doesn't grow. Never for requests, nor once audit_row() was asked for.
  void nothing_done() const {
    FH_CHECK(admission_->request == nullptr && !admission_->attached);
    admission_->nothing_done = true;
  }

 private:
  Admission* admission_;
};

}  // namespace freehold::gate

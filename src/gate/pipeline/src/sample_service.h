// A service of notes, for the pipeline's own tests: an account's books (containers) hold notes (blobs).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/no_body.h"
#include "pipeline/pipeline.h"
#include "route/storage_target.h"
#include "route/testing/make_request.h"

namespace freehold::gate {

struct ReadNote {
  static constexpr std::string_view kName = "ReadNote";
};
struct WriteNote {
  static constexpr std::string_view kName = "WriteNote";
};
struct CopyNote {
  static constexpr std::string_view kName = "CopyNote";
};
struct ListNotes {
  static constexpr std::string_view kName = "ListNotes";
};
struct BurnBook {
  static constexpr std::string_view kName = "BurnBook";
};
struct PublicNotice {
  static constexpr std::string_view kName = "PublicNotice";
};
struct Inspect {
  static constexpr std::string_view kName = "Inspect";
};
struct Tidy {
  static constexpr std::string_view kName = "Tidy";
};

class SampleService final : public ServiceGate {
 public:
  SampleService() {
    constexpr CredentialSet kKeyOrSas = kSharedKey | kAccountSas | kServiceSas | kUserDelegationSas;
    constexpr std::string_view kTagsWrite =
        "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags/write";
    add<ReadNote>({.method = http::Method::kGet,
                   .scope = Scope::kBlob,
                   .credentials = kKeyOrSas | kAnonymous | kSystemJob | kBearer,
                   .sas = {.resource_type = 'o', .permissions = "r", .resource_permissions = "r"},
                   .data_action = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"},
                  [this](Permit<ReadNote> permit) { return read_note(std::move(permit)); });
    add<WriteNote>({.method = http::Method::kPut,
                    .scope = Scope::kBlob,
                    .credentials = kKeyOrSas | kSystemJob | kBearer,
                    .sas = {.resource_type = 'o', .permissions = "cw", .resource_permissions = "cw"},
                    .data_action = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
                    .create_action = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
                    .further_actions = {{.name = "x-ms-tags", .value = "", .action = kTagsWrite}},
                    .audit = AuditClass::kWrite},
                   [this](Permit<WriteNote> permit) { return write_note(std::move(permit)); });
    // Reads the note that x-source names, as the caller or (x-asked-by: itself) as whoever they say.
    add<CopyNote>({.method = http::Method::kPut,
                   .scope = Scope::kBlob,
                   .query = {{"comp", "copy"}},
                   .credentials = kKeyOrSas,
                   .sas = {.resource_type = 'o', .permissions = "cw", .resource_permissions = "cw"},
                   .data_action = "Notes/write"},
                  [this](Permit<CopyNote> permit) { return copy_note(std::move(permit)); });
    add<ListNotes>({.method = http::Method::kGet,
                    .scope = Scope::kContainer,
                    .query = {{"restype", "container"}},
                    .credentials = kKeyOrSas | kAnonymous,
                    .sas = {.resource_type = 'c', .permissions = "l", .resource_permissions = "l"},
                    .data_action = "Notes/list"},
                   [this](Permit<ListNotes> permit) { return list_notes(std::move(permit)); });
    add<BurnBook>({.method = http::Method::kDelete,
                   .scope = Scope::kContainer,
                   .query = {{"restype", "container"}},
                   .credentials = kSharedKey | kLocalOperator,
                   .audit = AuditClass::kControl},
                  [this](Permit<BurnBook> permit) { return burn_book(std::move(permit)); });
    add<PublicNotice>({.method = http::Method::kGet, .scope = Scope::kService, .credentials = kAnonymous},
                      [this](Permit<PublicNotice> permit) { return notice(std::move(permit)); });
    add<Inspect>({.method = http::Method::kGet, .scope = Scope::kSystem, .credentials = kLocalOperator},
                 [this](Permit<Inspect> permit) { return inspect(std::move(permit)); });
    add_unimplemented({.operation = "SealNote",
                       .method = http::Method::kPut,
                       .scope = Scope::kBlob,
                       .query = {{"comp", "seal"}},
                       .credentials = kKeyOrSas,
                       .sas = {.resource_type = 'o', .permissions = "w", .resource_permissions = "w"},
                       .data_action = "Notes/seal"});
    add_job<Tidy>(DataClass::kSystemMetadata, AuditClass::kRead);
  }

  [[nodiscard]] bool claims(const http::Request& request, Target& target) const override {
    if (request.host == "system.test") {
      target = {.account = {}, .scope = Scope::kSystem, .container = {}, .blob = {}};
      return true;
    }
    static const std::string kSuffixes[] = {"notes.test"};
    auto found = storage_target(request, kSuffixes);
    if (found) target = *found;
    return found.has_value();
  }
  [[nodiscard]] ApiResult<int> check_version(const http::Request& request) const override {
    if (request.headers.get("x-ms-version") == "1999-01-01") {
      return std::unexpected(ApiError{.status = 400, .code = "InvalidHeaderValue", .message = "too old"});
    }
    return 20210608;
  }
  [[nodiscard]] http::Response render(const ApiError& error, const http::Request&) const override {
    http::Response response;
    response.status = error.status;
    response.body = error.code + ": " + error.message + " " + error.request_id + " " + rfc3339(error.time);
    return response;
  }
  [[nodiscard]] ApiError no_such_route(const http::Request&, Scope) const override {
    return {.status = 405, .code = "UnsupportedHttpVerb", .message = "no such route"};
  }
  void finish(http::Response& response, const http::Request&, const Admission& admission) const override {
    response.headers.set("x-ms-version", std::to_string(admission.api_version));
  }

  [[nodiscard]] ContainerDirectory* containers() const override { return directory; }

  std::vector<std::string> calls;
  ContainerDirectory* directory = nullptr;
  bool only_creates = false;  // as the last WriteNote was told
  // What the next handlers do instead of answering 200, if set.
  std::function<Reply()> instead;
  std::function<Task<>()> first;          // awaited by ReadNote before it answers
  std::optional<TenantId> proved_tenant;  // as whose caller ReadNote finds its own out

 private:
  Reply answer(std::string_view call) {
    calls.emplace_back(call);
    if (instead) return instead();
    http::Response response;
    response.body = std::string("a note");
    return response;
  }
  Task<Reply> read_note(Permit<ReadNote> permit) {
    auto name = permit.target().blob;
    if (first) co_await first();
    if (proved_tenant) permit.name_caller("Secret", "somebody", *proved_tenant);
    co_return answer("read " + name);
  }
  Task<Reply> write_note(Permit<WriteNote> permit) {
    permit.count_in(7);
    only_creates = permit.principal().only_creates;
    auto row = permit.audit_row(store::make_partition_id(permit.tenant(), "notes"), 201);
    auto reply = answer("write with " + row.value);
    if (reply) reply->status = 201;
    co_return reply;
  }
  Task<Reply> copy_note(Permit<CopyNote> permit) {
    const auto& headers = permit.request().headers;
    const auto method = headers.has("x-nested") ? http::Method::kPut : http::Method::kGet;
    auto part = testing::make_request(method, headers.get("x-source"));
    part.headers.add("x-source", std::string(headers.get("x-source")));
    part.body = &http::no_body();
    const auto asked_by = headers.has("x-asked-by") ? AskedBy::kItself : AskedBy::kCaller;
    co_return co_await permit.ask(part, asked_by);
  }
  Task<Reply> list_notes(Permit<ListNotes>) { co_return answer("list"); }
  Task<Reply> burn_book(Permit<BurnBook>) { co_return answer("burn"); }
  Task<Reply> notice(Permit<PublicNotice>) { co_return answer("notice"); }
  Task<Reply> inspect(Permit<Inspect>) { co_return answer("inspect"); }
};

}  // namespace freehold::gate

#include "pipeline/pipeline.h"

#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <filesystem>
#include <fstream>

#include "base/encoding.h"
#include "base/log.h"
#include "pipeline_fixture.h"
#include "runtime/completion.h"

namespace freehold::gate {
namespace {

using http::Method;
using Way = FakeLog::Way;

Task<> nothing() { co_return; }
Task<> wait_for(runtime::Completion<bool> gate) { co_await gate.wait(); }

// Nobody but the pipeline can make a permit: there is no key to be had.
static_assert(!std::is_default_constructible_v<PipelineKey>);
static_assert(!std::is_aggregate_v<PipelineKey>);
static_assert(!std::is_constructible_v<Permit<ReadNote>, Admission&>);
static_assert(!std::is_default_constructible_v<Permit<ReadNote>>);
static_assert(!std::is_copy_constructible_v<Permit<ReadNote>>);
static_assert(!std::is_constructible_v<Permit<ReadNote>, Permit<WriteNote>>);

TEST_F(PipelineTest, AnswersARequestThatPassesEveryStage) {
  auto made = request(Method::kGet, "https://acct1.notes.test/book/my%20note", {{"x-ms-client-request-id", "mine 1"}});
  auto response = send(std::move(made));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(std::get<Bytes>(response.body), "a note");
  EXPECT_EQ(service_.calls, std::vector<std::string>{"read my note"});
  EXPECT_TRUE(parse_guid<RequestId>(response.headers.get("x-ms-request-id")));
  EXPECT_EQ(response.headers.get("x-ms-client-request-id"), "mine 1");
  EXPECT_EQ(response.headers.get("x-ms-version"), "20210608");
  EXPECT_EQ(pipeline_->running(), 0u);
}

TEST_F(PipelineTest, RecordsWhoDidWhatToWhat) {
  auto response = read_note();
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  const auto& record = entries[0].record;
  auto account = accounts_.find("acct1");
  EXPECT_EQ(entries[0].way, Way::kAppended);
  EXPECT_EQ(to_string(record.request), response.headers.get("x-ms-request-id"));
  EXPECT_EQ(record.time, clock_.now());
  EXPECT_EQ(record.tenant, account->tenant);
  EXPECT_EQ(record.operation, "ReadNote");
  EXPECT_EQ(record.credential, "SharedKey");
  EXPECT_EQ(record.caller, "key1 of " + to_string(account->id));
  EXPECT_EQ(record.address, "127.0.0.1");
  EXPECT_EQ(record.resource, "/acct1/book/note");
  EXPECT_EQ(record.decision, "allowed");
  EXPECT_EQ(record.reason, "");
  EXPECT_EQ(record.status, 200);
  EXPECT_EQ(record.bytes_out, 6u);
  EXPECT_EQ(log_.open_slots(), 0);
}

TEST_F(PipelineTest, TheLogNamesTheCallersTrace) {
  const auto path = std::filesystem::temp_directory_path() / ("freehold-trace-" + std::to_string(::getpid()));
  ASSERT_TRUE(set_log_file(path.string()));
  set_log_level(LogLevel::kDebug);
  const std::string trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const std::string target = "https://acct1.notes.test/book/note";
  static_cast<void>(send(request(Method::kGet, target, {{"traceparent", "00-" + trace + "-00f067aa0ba902b7-01"}})));
  static_cast<void>(send(request(Method::kGet, target, {{"traceparent", "not-a-trace"}})));
  set_log_level(LogLevel::kInfo);
  std::ifstream in(path);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  EXPECT_NE(text.find("\"trace_id\":\"" + trace + "\""), std::string::npos) << text;
  EXPECT_EQ(text.find("not-a-trace"), std::string::npos);
  std::filesystem::remove(path);
}

TEST_F(PipelineTest, RecordsRefusalsToo) {
  auto made = request(Method::kGet, "https://acct1.notes.test/book/note");
  made.headers.set("authorization", "SharedKey acct1:AAAA");
  EXPECT_EQ(status_of(send(made)), "403 AuthenticationFailed");
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].record.decision, "denied");
  EXPECT_EQ(entries[0].record.reason, "AuthenticationFailed");
  EXPECT_EQ(entries[0].record.status, 403);
  EXPECT_EQ(entries[0].record.credential, "Unproven");
  EXPECT_EQ(entries[0].record.tenant, accounts_.find("acct1")->tenant);
  EXPECT_EQ(entries[0].record.operation, "ReadNote");
  EXPECT_TRUE(service_.calls.empty());
}

TEST_F(PipelineTest, RefusesWhatItCannotPlace) {
  struct Case {
    Method method;
    std::string url;
    std::string expected;
  };
  const Case cases[] = {
      {Method::kGet, "https://acct1.elsewhere.test/book/note", "400 InvalidUri"},
      {Method::kGet, "https://nobody.notes.test/book/note", "404 ResourceNotFound"},
      {Method::kPost, "https://acct1.notes.test/book/note", "405 UnsupportedHttpVerb"},
      {Method::kPut, "https://acct1.notes.test/book/note?comp=unheard", "405 UnsupportedHttpVerb"},
      {Method::kPut, "https://acct1.notes.test/book/note?comp=seal", "501 NotImplemented"},
      {Method::kGet, "http://acct1.notes.test/book/note", "400 AccountRequiresHttps"},
      {Method::kGet, "https://acct1-secondary.notes.test/book/note", "404 ResourceNotFound"},
      {Method::kPut, "https://acct2-secondary.notes.test/book/note", "403 WriteOperationNotSupportedOnSecondary"},
      {Method::kGet, "https://system.test/", "409 PublicAccessNotPermitted"},
  };
  for (const auto& c : cases) {
    auto made = request(c.method, c.url);
    if (made.host == "system.test") made.headers.remove("x-ms-version");
    EXPECT_EQ(status_of(send(made)), c.expected) << c.url;
    auto entries = log_.take_entries();
    ASSERT_EQ(entries.size(), 1u) << c.url;
    EXPECT_EQ(entries[0].record.decision, "denied") << c.url;
  }
  EXPECT_TRUE(service_.calls.empty());
}

TEST_F(PipelineTest, APathThatNamesNothingDoesNotFillTheLog) {
  std::string path;
  for (int i = 0; i < 4'000; ++i) path += "%C3%A9";
  EXPECT_GE(send(make_request(Method::kGet, "https://acct1.notes.test/book/" + path)).status, 400);
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_LT(entries[0].record.resource.size(), 4'300u);
  EXPECT_TRUE(entries[0].record.resource.starts_with("/acct1/book/\xC3\xA9"));
  EXPECT_TRUE(is_valid_utf8(entries[0].record.resource));
}

TEST_F(PipelineTest, LetsInWhereTheAccountAllowsIt) {
  EXPECT_EQ(send(request(Method::kGet, "http://emulated.notes.test/book/note")).status, 200);
  EXPECT_EQ(send(request(Method::kGet, "https://acct2-secondary.notes.test/book/note")).status, 200);
}

TEST_F(PipelineTest, TheEmulatorsAccountIsThereForThisMachineAlone) {
  auto account = std::make_shared<StorageAccount>();
  account->name = "publickey";
  account->keys[0] = Secret(kKey);
  account->secure_transfer_required = false;
  account->emulator = true;
  accounts_.add(account);
  const std::pair<std::string, int> cases[] = {
      {"127.0.0.1", 200}, {"::1", 200}, {"192.0.2.7", 404}, {"2001:db8::1", 404}, {"::ffff:192.0.2.7", 404}};
  for (const auto& [address, expected] : cases) {
    auto made = request(Method::kGet, "https://publickey.notes.test/book/note");
    made.peer.address = address;
    EXPECT_EQ(send(std::move(made)).status, expected) << address;
  }
}

TEST_F(PipelineTest, OnlyTheAdminSocketReachesSystemRows) {
  auto made = make_request(Method::kGet, "https://system.test/");
  made.listener = http::Listener::kAdmin;
  made.peer = {.address = {}, .port = 0, .uid = 1000};
  EXPECT_EQ(send(made).status, 200);
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].record.credential, "LocalOperator");
  EXPECT_EQ(entries[0].record.caller, "uid 1000");
  EXPECT_EQ(entries[0].record.tenant, TenantId{});
}

TEST_F(PipelineTest, ErrorsSayWhichRequestAndWhen) {
  service_.instead = [] { return std::unexpected(ApiError{.status = 404, .code = "NoSuchNote", .message = "gone"}); };
  auto response = read_note();
  auto id = std::string(response.headers.get("x-ms-request-id"));
  EXPECT_EQ(std::get<Bytes>(response.body), "NoSuchNote: gone " + id + " " + rfc3339(clock_.now()));
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].record.decision, "allowed");
  EXPECT_EQ(entries[0].record.reason, "NoSuchNote");
}

TEST_F(PipelineTest, WhatAHandlerThrowsStaysInside) {
  service_.instead = []() -> Reply { throw std::runtime_error("secret of the house"); };
  auto response = read_note();
  EXPECT_EQ(status_of(response), "500 InternalError");
  EXPECT_EQ(std::get<Bytes>(response.body).find("secret"), std::string::npos);
  service_.instead = []() -> Reply { throw 42; };
  EXPECT_EQ(status_of(read_note()), "500 InternalError");
  EXPECT_EQ(log_.take_entries().size(), 2u);
  EXPECT_EQ(pipeline_->running(), 0u);
}

TEST_F(PipelineTest, AWritesRecordRidesInItsCommit) {
  EXPECT_EQ(send(request(Method::kPut, "https://acct1.notes.test/book/note")).status, 201);
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].way, Way::kSettled);
  EXPECT_EQ(entries[0].record.status, 201);
  EXPECT_EQ(entries[0].record.bytes_in, 7u);
}

TEST_F(PipelineTest, AFailedWritesRecordGoesItsOwnWay) {
  service_.instead = [] {
    return std::unexpected(ApiError{.status = 412, .code = "ConditionNotMet", .message = "no"});
  };
  EXPECT_EQ(status_of(send(request(Method::kPut, "https://acct1.notes.test/book/note"))), "412 ConditionNotMet");
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].way, Way::kAppended);
  EXPECT_EQ(entries[0].record.status, 412);
}

TEST_F(PipelineTest, ControlActsAreDurableBeforeTheyRun) {
  auto burn = request(Method::kDelete, "https://acct1.notes.test/book?restype=container");
  EXPECT_EQ(send(burn).status, 200);
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].way, Way::kDurable);
  EXPECT_EQ(entries[0].record.status, 0);
  EXPECT_EQ(entries[1].way, Way::kAppended);
  EXPECT_EQ(entries[1].record.status, 200);

  service_.calls.clear();
  log_.lose_durability(true);
  EXPECT_EQ(status_of(send(burn)), "503 ServerBusy");
  EXPECT_TRUE(service_.calls.empty());
}

TEST_F(PipelineTest, NothingHappensWithoutTheAuditLog) {
  log_.take_away(true);
  auto response = read_note();
  EXPECT_EQ(status_of(response), "503 ServerBusy");
  EXPECT_EQ(response.headers.get("retry-after"), "1");
  EXPECT_TRUE(service_.calls.empty());
  log_.take_away(false);
  EXPECT_EQ(read_note().status, 200);
}

TEST_F(PipelineTest, EchoesOnlyHarmlessClientRequestIds) {
  auto echoed = [&](std::string id) {
    auto made =
        request(Method::kGet, "https://acct1.notes.test/book/note", {{"x-ms-client-request-id", std::move(id)}});
    return std::string(send(made).headers.get("x-ms-client-request-id"));
  };
  EXPECT_EQ(echoed(std::string(1024, 'x')).size(), 1024u);
  EXPECT_EQ(echoed(std::string(1025, 'x')), "");
  EXPECT_EQ(echoed("a\x01"
                   "b"),
            "");
  EXPECT_EQ(echoed("\xc3\xbc"), "");
}

TEST_F(PipelineTest, TellsTheObserver) {
  service_.first = [this] {
    clock_.advance(std::chrono::microseconds(250));
    return nothing();
  };
  (void)read_note();
  EXPECT_EQ(observer_.count, 1);
  EXPECT_EQ(observer_.last.operation, "ReadNote");
  EXPECT_EQ(observer_.last.status, 200);
  EXPECT_EQ(observer_.last.latency, std::chrono::microseconds(250));
  EXPECT_EQ(observer_.last.bytes_out, 6u);
  (void)send(make_request(Method::kGet, "https://acct1.elsewhere.test/"));
  EXPECT_EQ(observer_.count, 2);
  EXPECT_EQ(observer_.last.operation, "Unrouted");
}

// Requests that wait inside until they are let go.
class Crowd : public PipelineTest {
 protected:
  void start(std::string_view url) {
    requests_.push_back(std::make_unique<http::Request>(request(Method::kGet, url)));
    boost::asio::co_spawn(
        loop_, pipeline_->handle(*requests_.back()),
        [this](std::exception_ptr, http::Response response) { done_.push_back(status_of(response)); });
    loop_.restart();
    loop_.poll();
  }

  boost::asio::io_context loop_{1};
  std::vector<std::unique_ptr<http::Request>> requests_;
  std::vector<std::string> done_;
};

TEST_F(Crowd, OneTenantsBurstLeavesRoomForAnother) {
  make_pipeline({.max_running = 4, .max_running_per_tenant = 4});
  std::vector<runtime::Completion<bool>> gates;
  service_.first = [&gates] { return wait_for(gates.emplace_back()); };
  for (int i = 0; i < 4; ++i) start("https://acct1.notes.test/book/note");
  EXPECT_EQ(done_, std::vector<std::string>{"503 ServerBusy"});
  EXPECT_EQ(pipeline_->running(), 3u);
  start("https://acct2.notes.test/book/note");
  EXPECT_EQ(done_.size(), 1u);
  EXPECT_EQ(pipeline_->running(), 4u);
  start("https://acct2.notes.test/book/note");
  EXPECT_EQ(done_.size(), 2u);
  EXPECT_EQ(done_[1], "503 ServerBusy");
  for (auto& gate : gates) gate.complete(true);
  loop_.restart();
  loop_.run();
  EXPECT_EQ(std::ranges::count(done_, "200 "), 4);
  EXPECT_EQ(pipeline_->running(), 0u);
}

class OnePiece final : public http::BodyWriter {
 public:
  Task<Result<BytesView>> next() override { co_return std::exchange(left_, {}); }

 private:
  BytesView left_ = "streamed";
};

TEST_F(PipelineTest, AStreamedBodyKeepsItsPlaceUntilItIsTaken) {
  service_.instead = []() -> Reply {
    http::Response response;
    response.body = http::StreamBody{.length = 8, .writer = std::make_unique<OnePiece>()};
    return response;
  };
  {
    auto response = read_note();
    EXPECT_EQ(pipeline_->running(), 1u);
    auto& stream = std::get<http::StreamBody>(response.body);
    EXPECT_EQ(runtime::run_blocking(stream.writer->next()).value(), "streamed");
    EXPECT_EQ(runtime::run_blocking(stream.writer->next()).value(), "");
  }
  EXPECT_EQ(pipeline_->running(), 0u);
  EXPECT_EQ(log_.take_entries().back().record.bytes_out, 8u);
}

TEST_F(PipelineTest, AHandlersNoIsRecordedAsOne) {
  struct Case {
    ApiError error;
    std::string decision;
  };
  for (const auto& c : {Case{{.status = 401, .code = "X"}, "denied"}, Case{{.status = 403, .code = "X"}, "denied"},
                        Case{{.status = 400, .code = "X", .denied = true}, "denied"},
                        Case{{.status = 404, .code = "X"}, "allowed"}, Case{{.status = 412, .code = "X"}, "allowed"}}) {
    service_.instead = [&]() -> Reply { return std::unexpected(c.error); };
    EXPECT_EQ(read_note().status, c.error.status);
    EXPECT_EQ(send(request(Method::kPut, "https://acct1.notes.test/book/note")).status, c.error.status);
    const auto entries = log_.take_entries();
    ASSERT_EQ(entries.size(), 2u);
    for (const auto& entry : entries) {
      EXPECT_EQ(entry.way, Way::kAppended);
      EXPECT_EQ(entry.record.decision, c.decision) << c.error.status;
      EXPECT_EQ(entry.record.reason, "X");
    }
  }
}

TEST_F(PipelineTest, NoTwoResourcesReadTheSameInTheLog) {
  const auto resource = [&](std::string_view path) {
    static_cast<void>(send(request(Method::kGet, "https://acct1.notes.test" + std::string(path))));
    const auto entries = log_.take_entries();
    return entries.empty() ? std::string() : entries.back().record.resource;
  };
  EXPECT_EQ(resource("/book/note"), "/acct1/book/note");
  EXPECT_EQ(resource("/book/a/b%20c"), "/acct1/book/a/b c");
  EXPECT_EQ(resource("/book%2Fa/b"), "/acct1/book%2Fa/b");
  EXPECT_EQ(resource("/book%252Fa/b"), "/acct1/book%252Fa/b");
  EXPECT_EQ(resource("/book/note?snapshot=2026-01-02T03:04:05.0000000Z"),
            "/acct1/book/note?snapshot=2026-01-02T03:04:05.0000000Z");
  EXPECT_EQ(resource("/book/note%3Fsnapshot=2026"), "/acct1/book/note%3Fsnapshot=2026");
  EXPECT_EQ(resource("/book/note?versionid=1%3F2"), "/acct1/book/note?versionid=1%3F2");
  EXPECT_EQ(resource("/book/note?snapshot=" + std::string(8'000, 'x')),
            "/acct1/book/note?snapshot=" + std::string(64, 'x'));
}

TEST_F(PipelineTest, ARecordFollowsACallerWhoIsProvedToBeOfAnotherTenant) {
  TenantId other;
  other.bytes.fill(0x77);
  service_.proved_tenant = other;
  EXPECT_EQ(read_note().status, 200);
  auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].record.tenant, other);
  EXPECT_EQ(entries[0].record.caller, "somebody");
  EXPECT_EQ(log_.open_slots(), 0);
  // Without room in that tenant's log nothing is told.
  log_.refuse(other);
  EXPECT_EQ(status_of(read_note()), "503 ServerBusy");
  entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].record.tenant, accounts_.find("acct1")->tenant);
  EXPECT_EQ(entries[0].record.status, 503);
}

}  // namespace
}  // namespace freehold::gate

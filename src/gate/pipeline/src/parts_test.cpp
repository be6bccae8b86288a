// Requests that handlers and jobs make on behalf of others: the same stages, the same records.
#include "pipeline_fixture.h"

namespace freehold::gate {
namespace {

using http::Method;

class PartsTest : public PipelineTest {
 protected:
  http::Response copy(HeaderList headers) {
    return send(request(Method::kPut, "https://acct1.notes.test/book/copy?comp=copy", std::move(headers)));
  }
  static std::string operations(const std::vector<FakeLog::Entry>& entries) {
    std::string out;
    for (const auto& entry : entries) {
      out += std::string(entry.record.operation) + ' ' + std::string(entry.record.decision) + ' ' +
             entry.record.resource + ' ' + std::string(entry.record.credential) + ' ' +
             std::to_string(entry.record.status) + '\n';
    }
    return out;
  }
};

TEST_F(PartsTest, ThePartIsARequestOfItsOwn) {
  const auto response = copy({{"x-source", "https://acct1.notes.test/book/other"}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(service_.calls, std::vector<std::string>{"read other"});
  EXPECT_EQ(operations(log_.take_entries()),
            "ReadNote allowed /acct1/book/other SharedKey 200\nCopyNote allowed /acct1/book/copy SharedKey 200\n");
  EXPECT_EQ(observer_.count, 2);
  EXPECT_EQ(pipeline_->running(), 0u);
}

TEST_F(PartsTest, TheCallerIsTheCallerInItsOwnAccountOnly) {
  EXPECT_EQ(status_of(copy({{"x-source", "https://acct2.notes.test/book/other"}})), "403 AuthorizationFailure");
  EXPECT_TRUE(service_.calls.empty());
  EXPECT_EQ(operations(log_.take_entries()),
            "ReadNote denied /acct2/book/other Anonymous 403\nCopyNote allowed /acct1/book/copy SharedKey 403\n");
}

TEST_F(PartsTest, ACallerWhoseSasForbidsReadingDoesNotReadByCopying) {
  AccountSasFields sas{.permissions = "cw", .expiry = "2099-01-01"};
  auto made = make_request(Method::kPut,
                           "https://acct1.notes.test/book/copy?comp=copy&" + account_sas_query(sas, "acct1", kKey),
                           {{"x-source", "https://acct1.notes.test/book/other"}});
  EXPECT_EQ(status_of(send(std::move(made))), "403 AuthorizationPermissionMismatch");
  EXPECT_TRUE(service_.calls.empty());
}

TEST_F(PartsTest, ASasForOneNoteReadsNoOtherByCopying) {
  const ResourceSasFields sas{.permissions = "rcw", .expiry = "2099-01-01"};
  const auto query = service_sas_query(sas, "/blob/acct1/book/copy", kKey);
  const auto copy_of = [&](std::string_view source) {
    return status_of(send(make_request(Method::kPut, "https://acct1.notes.test/book/copy?comp=copy&" + query,
                                       {{"x-source", std::string(source)}})));
  };
  EXPECT_EQ(copy_of("https://acct1.notes.test/book/other"), "403 AuthorizationPermissionMismatch");
  EXPECT_TRUE(service_.calls.empty());
  EXPECT_EQ(copy_of("https://acct1.notes.test/book/copy"), "200 ");
}

TEST_F(PartsTest, APartMayBringItsOwnCredentials) {
  AccountSasFields sas{.permissions = "r", .expiry = "2099-01-01"};
  const auto url = "https://acct2.notes.test/book/other?" + account_sas_query(sas, "acct2", kKey);
  EXPECT_EQ(copy({{"x-source", url}, {"x-asked-by", "itself"}}).status, 200);
  EXPECT_EQ(service_.calls, std::vector<std::string>{"read other"});
  EXPECT_EQ(copy({{"x-source", "https://acct1.notes.test/book/other"}, {"x-asked-by", "itself"}}).status, 409);
}

TEST_F(PartsTest, PartsHaveNoParts) {
  const auto response = copy({{"x-source", "https://acct1.notes.test/book/other?comp=copy"}, {"x-nested", "1"}});
  EXPECT_EQ(status_of(response), "400 InvalidInput");
  EXPECT_TRUE(service_.calls.empty());
}

// Accounts are addressed by name, and a name may be another tenant's by the time that a job comes to it.
TEST_F(PartsTest, AJobReadsWhatItIsGivenToWorkOnAndWritesItsOwnTenantsOnly) {
  auto work = [](Permit<Tidy> permit) -> Task<Result<>> {
    auto part = make_request(Method::kGet, "https://acct2.notes.test/book/other");
    part.body = &http::no_body();
    const auto response = co_await permit.ask(part, AskedBy::kCaller);
    EXPECT_EQ(response.status, 200);
    auto write = make_request(Method::kPut, "https://acct2.notes.test/book/other");
    write.body = &http::no_body();
    EXPECT_EQ((co_await permit.ask(write, AskedBy::kCaller)).status, 403);
    auto own = make_request(Method::kPut, "https://acct1.notes.test/book/other");
    own.body = &http::no_body();
    EXPECT_EQ((co_await permit.ask(own, AskedBy::kCaller)).status, 201);
    co_return Result<>();
  };
  Job job{.tenant = accounts_.find("acct1")->tenant, .principal = "tidier", .resource = "/acct1/book"};
  EXPECT_TRUE(runtime::run_blocking(pipeline_->run_job<Tidy>(std::move(job), work)));
  EXPECT_EQ(operations(log_.take_entries()),
            "ReadNote allowed /acct2/book/other SystemJob 200\nWriteNote denied /acct2/book/other SystemJob 403\n"
            "WriteNote allowed /acct1/book/other SystemJob 201\n"
            "Tidy allowed /acct1/book SystemJob 200\n");
}

}  // namespace
}  // namespace freehold::gate

// Blob Batch through the pipeline: parts are requests of their own.
#include "src/batch_body.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

struct Part {
  Method method = Method::kDelete;
  std::string path;
  HeaderList headers = {};
  bool by_key = true;
};

struct Batch : ::testing::Test, TestRegion {
  // As clients write and sign it: without host and without version.
  std::string written(const Part& part, const std::string& id) {
    auto headers = part.headers;
    headers.emplace_back("x-ms-date", http_date(clock.now()));
    auto request =
        gate::testing::make_request(part.method, "https://acct1.blob.core.freehold.test" + part.path, headers);
    if (part.by_key) headers.emplace_back("Authorization", gate::shared_key_authorization(request, "acct1", key));
    std::string out =
        "--b1\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: " + id +
        "\r\n\r\n" + std::string(http::to_string(part.method)) + " " + part.path + " HTTP/1.1\r\n";
    for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
    return out + "\r\n";
  }
  Answer post(const std::string& body, const std::string& path = "/?comp=batch") {
    return run(Method::kPost, path, {{"content-type", "multipart/mixed; boundary=b1"}}, body);
  }
  Answer post(const std::vector<Part>& parts, const std::string& path = "/?comp=batch") {
    std::string body;
    for (std::size_t i = 0; i < parts.size(); ++i) body += written(parts[i], std::to_string(i));
    return post(body + "--b1--\r\n", path);
  }
  // The status lines of the answer, with the ids before them.
  static std::vector<std::string> lines(const Answer& answer) {
    std::vector<std::string> result;
    std::string id;
    for (std::size_t at = 0; at < answer.body.size();) {
      const auto end = std::min(answer.body.find("\r\n", at), answer.body.size());
      const auto line = answer.body.substr(at, end - at);
      if (line.starts_with("Content-ID: ")) id = line.substr(12) + ": ";
      if (line.starts_with("HTTP/1.1 ")) result.push_back(std::exchange(id, "") + line.substr(9, 3));
      at = end + 2;
    }
    return result;
  }
  using Lines = std::vector<std::string>;
};

TEST_F(Batch, DeletesWhatItNamesAndTellsOfEach) {
  make_container("box");
  make_container("other");
  ASSERT_EQ(put("/box/a", "x").status, 201);
  ASSERT_EQ(put("/other/b%20c", "x").status, 201);
  static_cast<void>(log.take_entries());
  const auto done = post({{.path = "/box/a"}, {.path = "/box/none"}, {.path = "/other/b%20c"}});
  ASSERT_EQ(done.status, 202) << done.body;
  EXPECT_TRUE(done.header("content-type").starts_with("multipart/mixed; boundary=batchresponse_"));
  EXPECT_EQ(lines(done), (Lines{"0: 202", "1: 404", "2: 202"})) << done.body;
  EXPECT_NE(done.body.find("x-ms-error-code: BlobNotFound\r\n"), std::string::npos);
  EXPECT_NE(done.body.find("x-ms-version: 2021-12-02\r\n"), std::string::npos);
  EXPECT_EQ(get("/box/a").status, 404);
  EXPECT_EQ(get("/other/b%20c").status, 404);

  std::string recorded;
  for (const auto& entry : log.take_entries()) {
    recorded += std::string(entry.record.operation) + " " + std::to_string(entry.record.status) + "\n";
  }
  EXPECT_TRUE(recorded.starts_with("DeleteBlob 202\nDeleteBlob 404\nDeleteBlob 202\nBlobBatch 202\n")) << recorded;
}

TEST_F(Batch, EachPartHasToProveItself) {
  make_container("box");
  for (const auto* name : {"/box/a", "/box/b", "/box/c"}) ASSERT_EQ(put(name, "x").status, 201);
  gate::AccountSasFields sas;
  sas.permissions = "d";
  sas.expiry = rfc3339(clock.now() + std::chrono::hours(1));
  const auto good = gate::account_sas_query(sas, "acct1", key);
  sas.permissions = "r";
  const auto poor = gate::account_sas_query(sas, "acct1", key);
  const auto done = post({{.path = "/box/a", .by_key = false},
                          {.path = "/box/b?" + good, .by_key = false},
                          {.path = "/box/c?" + poor, .by_key = false}});
  EXPECT_EQ(lines(done), (Lines{"0: 401", "1: 202", "2: 403"})) << done.body;
  EXPECT_EQ(get("/box/a").status, 200);
  EXPECT_EQ(get("/box/b").status, 404);
  EXPECT_EQ(get("/box/c").status, 200);
}

TEST_F(Batch, OfAContainerStaysInIt) {
  make_container("box");
  make_container("boxes");
  ASSERT_EQ(put("/box/a", "x").status, 201);
  ASSERT_EQ(put("/boxes/a", "x").status, 201);
  const std::string to = "/box?restype=container&comp=batch";
  EXPECT_EQ(lines(post({{.path = "/box/a"}, {.path = "/boxes/a"}}, to)), Lines{"400"});
  EXPECT_EQ(get("/box/a").status, 200);
  EXPECT_EQ(lines(post({{.path = "/box/a"}}, to)), Lines{"0: 202"});
  EXPECT_EQ(get("/boxes/a").status, 200);
}

TEST_F(Batch, WhatIsWrongWithTheWholeIsDoneInNoPart) {
  make_container("box");
  ASSERT_EQ(put("/box/a", "x").status, 201);
  const auto refused = [&](const Answer& answer, const std::string& code) {
    EXPECT_EQ(lines(answer), Lines{"400"}) << answer.body;
    EXPECT_NE(answer.body.find("x-ms-error-code: " + code + "\r\n"), std::string::npos) << answer.body;
    EXPECT_EQ(get("/box/a").status, 200);
  };
  const Part one{.path = "/box/a"};
  refused(post({one, {.method = Method::kPut, .path = "/box/a?comp=tier"}}), "AllBatchSubRequestsShouldBeSameApi");
  refused(post({one, {.method = Method::kPost, .path = "/?comp=batch"}}), "InvalidInput");
  refused(post({one, {.method = Method::kGet, .path = "/box/a"}}), "InvalidInput");
  refused(post({one, {.path = "/box?restype=container"}}), "InvalidInput");
  refused(post({{.path = "/box/a", .headers = {{"x-ms-version", "2020-10-02"}}}}), "InvalidInput");
  auto undecodable = written(one, "0");
  undecodable.replace(undecodable.find("/box/a"), 6, "/box/%G");
  refused(post(undecodable + "--b1--"), "InvalidInput");
  refused(post("--b1--\r\n"), "InvalidInput");
  refused(post(written(one, "0")), "InvalidInput");
  refused(post(written(one, "0") + written(one, "0") + "--b1--"), "InvalidInput");
  refused(post(written(one, "0") + "--b12\r\n\r\n--b1--"), "InvalidInput");
  std::vector<Part> many(257, one);
  refused(post(many), "ExceedsMaxBatchRequestCount");
  many.pop_back();
  EXPECT_EQ(lines(post(many)).size(), 256u);
  EXPECT_EQ(get("/box/a").status, 404);

  const auto typed = [&](const std::string& type) {
    return run(Method::kPost, "/?comp=batch", {{"content-type", type}}, "--b1--").code();
  };
  EXPECT_EQ(typed("application/json"), "InvalidHeaderValue");
  EXPECT_EQ(typed("multipart/mixed"), "InvalidHeaderValue");
  EXPECT_EQ(typed("multipart/mixed; boundary=b1; boundary=b2"), "InvalidHeaderValue");
  EXPECT_EQ(run(Method::kPost, "/?comp=batch").code(), "MissingRequiredHeader");
  EXPECT_EQ(post(std::string(kBatchBytes + 1, 'x')).code(), "RequestBodyTooLarge");
  EXPECT_EQ(run(Method::kPost, "/box?restype=container&comp=batch",
                {{"x-ms-version", "2019-12-12"}, {"content-type", "multipart/mixed; boundary=b1"}}, "--b1--")
                .code(),
            "InvalidQueryParameterValue");
}

// As the Python SDK writes them: the batch names its account in the path, and its parts don't.
TEST_F(Batch, InPathStyleAPartMayLeaveOutTheAccount) {
  make_container("box");
  make_container("other");
  for (const char* path : {"/box/a", "/box/b", "/box/c", "/other/a"}) ASSERT_EQ(put(path, "x").status, 201);
  const auto post_in_path_style = [&](const std::vector<Part>& parts, const std::string& path) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i) text += written(parts[i], std::to_string(i));
    BytesBody body(text + "--b1--\r\n");
    HeaderList headers{{"content-type", "multipart/mixed; boundary=b1"},
                       {"x-ms-version", "2021-12-02"},
                       {"x-ms-date", http_date(clock.now())},
                       {"content-length", std::to_string(body.length().value_or(0))}};
    auto request = gate::testing::make_request(Method::kPost, "https://127.0.0.1/acct1" + path, std::move(headers));
    request.headers.add("authorization", gate::shared_key_authorization(request, "acct1", key));
    request.body = &body;
    return runtime::run_blocking(exchange(*pipeline, request));
  };
  static_cast<void>(log.take_entries());
  const auto both = post_in_path_style({{.path = "/box/a"}, {.path = "/acct1/box/b"}}, "/?comp=batch");
  EXPECT_EQ(lines(both), (Lines{"0: 202", "1: 202"})) << both.body;
  for (const auto& entry : log.take_entries()) {
    if (entry.record.operation == "DeleteBlob") EXPECT_TRUE(entry.record.resource.starts_with("/acct1/box/"));
  }
  const std::string to_box = "/box?restype=container&comp=batch";
  EXPECT_EQ(lines(post_in_path_style({{.path = "/box/c"}}, to_box)), Lines{"0: 202"});
  EXPECT_EQ(lines(post_in_path_style({{.path = "/other/a"}}, to_box)), Lines{"400"});
  // Of another account nothing is taken, whatever the path says.
  EXPECT_EQ(lines(post_in_path_style({{.path = "/acct2/other/a"}}, "/?comp=batch")), Lines{"0: 404"});
  EXPECT_EQ(get("/other/a").status, 200);
}

TEST_F(Batch, APartIsARequestWithoutABody) {
  const auto head = [](const std::string& rest) {
    return "--b\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\nDELETE /box/a HTTP/1.1\r\n" + rest +
           "\r\n--b--";
  };
  const auto parsed = [](const std::string& body) { return parse_batch(body, "b").has_value(); };
  EXPECT_TRUE(parsed(head("")));
  EXPECT_TRUE(parsed(head("\r\n")));
  EXPECT_TRUE(parsed(head("Content-Length: 0\r\n\r\n")));
  EXPECT_FALSE(parsed(head("Content-Length: 3\r\n\r\nabc")));
  EXPECT_FALSE(parsed(head("Transfer-Encoding: chunked\r\n")));
  EXPECT_FALSE(parsed(head("Host: other\r\n")));
  EXPECT_FALSE(parsed(head("A:b\n")));
  EXPECT_FALSE(parsed(head("A: b\rc\r\n")));
  EXPECT_FALSE(parsed(head("no colon\r\n")));
  EXPECT_FALSE(parsed(head("\r\nabc")));
  EXPECT_FALSE(parsed("--b\r\nContent-Type: text/plain\r\nContent-ID: 1\r\n\r\nDELETE /a HTTP/1.1\r\n\r\n--b--"));
  EXPECT_FALSE(parsed("--b\r\nContent-Type: application/http\r\n\r\nDELETE /a HTTP/1.1\r\n\r\n--b--"));
  for (const std::string line : {"DELETE box/a HTTP/1.1", "DELETE /a HTTP/1.0", "delete /a HTTP/1.1",
                                 "DELETE /a b HTTP/1.1", "DELETE https://other/a HTTP/1.1", "DELETE /a"}) {
    EXPECT_FALSE(parsed("--b\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\n" + line + "\r\n\r\n--b--"))
        << line;
  }
  EXPECT_EQ(parse_batch_type("Multipart/Mixed; x=y; Boundary=\"a=b\"").value(), "a=b");
}

}  // namespace
}  // namespace freehold::blob::testing

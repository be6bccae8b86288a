// Copies from a server outside this cloud, which is a hostile one: over real sockets and real TLS, on this machine
// only.
#include "crypto/x509.h"
#include "http/server.h"
#include "runtime/completion.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

// Gives out `length` bytes as it announced, or stops early.
class Bytewise final : public http::BodyWriter {
 public:
  Bytewise(std::uint64_t length, std::uint64_t stop) : left_(std::min(length, stop)) {}
  http::Task<Result<BytesView>> next() override {
    bytes_.assign(static_cast<std::size_t>(std::min<std::uint64_t>(left_, 100'000)), 'x');
    left_ -= bytes_.size();
    co_return BytesView(bytes_);
  }

 private:
  std::uint64_t left_;
  Bytes bytes_;
};

// /whole: content with properties. /redirect: to an inner address. /never: no answer. /short: less than announced.
// /changing: another ETag each time. /huge: more than any copy takes. /unranged: the whole, whatever was asked for.
// /pages: a page blob. /zeros: the same, of a server that knows no page ranges.
class Hostile final : public http::Handler {
 public:
  http::Task<http::Response> handle(http::Request& request) override {
    ++asked;
    http::Response response;
    response.headers.add("ETag", request.path == "/changing" ? "\"" + std::to_string(asked) + "\"" : "\"one\"");
    response.headers.add("Content-Type", "text/x");
    response.headers.add("x-ms-meta-Mood", "good");
    if (request.path == "/pages" || request.path == "/zeros") co_return pages(request, std::move(response));
    if (request.path == "/redirect") {
      response.status = 302;
      response.headers.add("Location", "http://169.254.169.254/latest/meta-data");
      co_return response;
    }
    if (request.path == "/never") co_await never_.wait();
    if (request.path == "/denied") response.status = 403;
    const std::uint64_t length = request.path == "/huge"   ? 6'000'000'000u
                                 : request.path == "/long" ? 200'000'000u
                                                           : 300'000u;
    const std::uint64_t stop = request.path == "/short" ? 100'000 : length;
    const auto range = request.headers.get("range");
    std::uint64_t part = length;
    if (!range.empty() && request.path != "/unranged") {
      const auto dash = range.find('-');
      const auto first = parse_u64(range.substr(6, dash - 6)).value_or(0);
      const auto last = parse_u64(range.substr(dash + 1)).value_or(0);
      response.status = 206;
      response.headers.add("Content-Range", "bytes " + std::string(range.substr(6)) + "/" + std::to_string(length));
      part = last - first + 1;
    }
    if (request.method == Method::kHead) {
      response.head_length = length;
    } else {
      response.body = http::StreamBody{part, std::make_unique<Bytewise>(part, stop)};
    }
    co_return response;
  }
  static Bytes disk() {
    Bytes content(3 * 1024 * 1024, '\0');
    content.replace(512, 1024, Bytes(1024, 'p'));
    content.replace(2 * 1024 * 1024, 512, Bytes(512, 'q'));
    return content;
  }
  static http::Response pages(const http::Request& request, http::Response response) {
    const auto content = disk();
    response.headers.add("x-ms-blob-type", "PageBlob");
    response.headers.add("x-ms-blob-sequence-number", "5");
    if (request.parameter("comp") == "pagelist") {
      response.status = request.path == "/pages" ? 200 : 400;
      response.body = Bytes(
          "<PageList><PageRange><Start>512</Start><End>1535</End></PageRange><PageRange><Start>2097152</Start>"
          "<End>2097663</End></PageRange><NextMarker /></PageList>");
    } else if (const auto range = request.headers.get("range"); !range.empty()) {
      const auto dash = range.find('-');
      const auto first = parse_u64(range.substr(6, dash - 6)).value_or(0);
      const auto last = parse_u64(range.substr(dash + 1)).value_or(0);
      response.status = 206;
      response.headers.add("Content-Range",
                           "bytes " + std::string(range.substr(6)) + "/" + std::to_string(content.size()));
      response.body = content.substr(first, last - first + 1);
    } else {
      response.head_length = content.size();
    }
    return response;
  }
  void let_go() { never_.complete(true); }
  std::atomic<int> asked{0};

 private:
  runtime::Completion<bool> never_;
};

struct OutsideSources : ::testing::Test, TestRegion {
  OutsideSources() {
    auto authority = crypto::make_authority("test", SystemClock().now(), random);
    EXPECT_TRUE(authority);
    auto issued = crypto::issue_server_certificate(
        *authority, {.dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}}, SystemClock().now(), random);
    EXPECT_TRUE(issued);
    const auto bound = server.listen(http::Listener::kHttps, {"127.0.0.1"}, 0);
    EXPECT_TRUE(bound);
    port = *bound;
    EXPECT_TRUE(server.set_tls_identity({issued->certificate_pem, std::move(issued->private_key_pem)}));
    server.start();
    loops.start();
    auto options = http::default_client_options();
    options.authorities_pem = authority->certificate_pem;
    options.head_timeout = options.read_timeout = std::chrono::milliseconds(500);
    client = std::move(*http::Client::make(std::move(options)));
    outside = client.get();
    allow({"127.0.0.1:" + std::to_string(port)});
    make_container("box");
  }
  ~OutsideSources() override {
    hostile.let_go();
    server.drain(std::chrono::milliseconds(100));
    loops.stop();
    pipeline.reset();
    service.reset();
  }
  void allow(const std::vector<std::string>& entries) {
    std::vector<AllowedSource> parsed;
    for (const auto& entry : entries) parsed.push_back(*parse_allowed_source(entry));
    allowed_sources = AllowedSources(std::move(parsed));
    restart();
  }
  std::string url(const std::string& path, const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(port) + path;
  }
  Answer put_from(const std::string& source, HeaderList more = {}) {
    more.emplace_back("x-ms-blob-type", "BlockBlob");
    more.emplace_back("x-ms-copy-source", source);
    return run(Method::kPut, "/box/b", std::move(more));
  }
  std::string code(const std::string& path) {
    const auto answer = put_from(url(path));
    return std::to_string(answer.status) + ' ' + answer.code();
  }
  void expect_nothing_left() {
    EXPECT_EQ(get("/box/b").status, 404);
    ASSERT_TRUE(runtime::run_blocking(service->find_left_over(*pipeline)));
    collect();
    EXPECT_EQ(chunk_count(), 0u);
  }
  Hostile hostile;
  runtime::Loops loops{1};
  http::Server server{loops, hostile, {}};
  std::uint16_t port = 0;
  std::unique_ptr<http::Client> client;
};

TEST_F(OutsideSources, AreReadIfTheyAreAllowed) {
  const auto made = put_from(url("/whole?sig=secret"));
  ASSERT_EQ(made.status, 201) << made.body;
  const auto got = get("/box/b");
  EXPECT_TRUE(got.body == Bytes(300'000, 'x'));
  EXPECT_EQ(got.header("content-type"), "text/x");
  EXPECT_EQ(got.header("x-ms-meta-mood"), "good");
  const auto id = percent_encode(to_base64("aaaa"));
  EXPECT_EQ(run(Method::kPut, "/box/c?comp=block&blockid=" + id,
                {{"x-ms-copy-source", url("/whole")}, {"x-ms-source-range", "bytes=5-9"}})
                .status,
            201);
  EXPECT_EQ(run(Method::kPut, "/box/c?comp=block&blockid=" + id,
                {{"x-ms-copy-source", url("/unranged")}, {"x-ms-source-range", "bytes=5-9"}})
                .code(),
            "InvalidRange");
}

TEST_F(OutsideSources, ThatLieFailCleanly) {
  EXPECT_EQ(code("/redirect"), "400 CannotVerifyCopySource");
  EXPECT_EQ(code("/never"), "500 CannotVerifyCopySource");
  EXPECT_EQ(code("/short"), "500 CannotVerifyCopySource");
  EXPECT_EQ(code("/huge"), "409 CannotVerifyCopySource");
  EXPECT_EQ(code("/denied"), "403 CannotVerifyCopySource");
  expect_nothing_left();
}

TEST_F(OutsideSources, AreNotAskedIfTheyAreNotAllowed) {
  EXPECT_EQ(put_from(url("/whole", "localhost")).status, 403);  // by a name that isn't allowed
  EXPECT_EQ(put_from("http://127.0.0.1:" + std::to_string(port) + "/whole").status, 403);
  allow({"localhost:" + std::to_string(port)});  // the name is, but not the inner address that it leads to
  const auto inner = put_from(url("/whole", "localhost"));
  EXPECT_EQ(inner.status, 403);
  EXPECT_EQ(inner.code(), "CannotVerifyCopySource");
  EXPECT_EQ(hostile.asked, 0);
  allow({"localhost:" + std::to_string(port), "127.0.0.1", "::1"});
  EXPECT_EQ(put_from(url("/whole", "localhost")).status, 201);
}

TEST_F(OutsideSources, PageBlobsStaySparse) {
  for (const char* path : {"/pages", "/zeros"}) {
    const auto begun = run(Method::kPut, "/box/b", {{"x-ms-copy-source", url(path)}});
    ASSERT_EQ(begun.status, 202) << begun.body;
    EXPECT_EQ(begun.header("x-ms-copy-status"), "pending");
    runtime::run_blocking(service->continue_copies(*pipeline));
    const auto got = get("/box/b");
    EXPECT_EQ(got.header("x-ms-copy-status"), "success") << path << got.header("x-ms-copy-status-description");
    EXPECT_EQ(got.header("x-ms-blob-type"), "PageBlob");
    EXPECT_EQ(got.header("x-ms-blob-sequence-number"), "5");
    EXPECT_TRUE(got.body == Hostile::disk()) << path;
    EXPECT_EQ(elements(get("/box/b?comp=pagelist").body, "Start"), (std::vector<std::string>{"512", "2097152"}));
    ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  }
  collect();
  expect_nothing_left();
}

TEST_F(OutsideSources, BehindALongCopyMustNotChange) {
  const auto begin = [&](const std::string& path) {
    return run(Method::kPut, "/box/b", {{"x-ms-copy-source", url(path)}});
  };
  const auto begun = begin("/changing");
  ASSERT_EQ(begun.status, 202) << begun.body;
  EXPECT_EQ(begun.header("x-ms-copy-status"), "pending");
  runtime::run_blocking(service->continue_copies(*pipeline));
  const auto failed = run(Method::kHead, "/box/b");
  EXPECT_EQ(failed.header("x-ms-copy-status"), "failed");
  EXPECT_EQ(failed.head_length, 0u);
  ASSERT_EQ(begin("/whole").status, 202);
  runtime::run_blocking(service->continue_copies(*pipeline));
  EXPECT_TRUE(get("/box/b").body == Bytes(300'000, 'x'));
  EXPECT_EQ(get("/box/b").header("x-ms-copy-status"), "success");
  // What it takes to read an outside source isn't kept: a restart fails the copy.
  ASSERT_EQ(begin("/long").status, 202);
  restart();
  ASSERT_TRUE(runtime::run_blocking(service->find_pending_copies(*pipeline)));
  runtime::run_blocking(service->continue_copies(*pipeline));
  const auto interrupted = run(Method::kHead, "/box/b");
  EXPECT_EQ(interrupted.header("x-ms-copy-status"), "failed");
  EXPECT_EQ(interrupted.header("x-ms-copy-status-description"), "500 CopyInterrupted");
  ASSERT_EQ(run(Method::kDelete, "/box/b").status, 202);
  expect_nothing_left();
}

}  // namespace
}  // namespace freehold::blob::testing

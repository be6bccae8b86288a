// What a client sees of the server in ordinary use.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "test_server.h"

namespace freehold::http::testing {
namespace {

std::string pattern(std::size_t n) {
  std::string bytes(n, '\0');
  for (std::size_t i = 0; i < n; ++i) bytes[i] = stream_byte(i);
  return bytes;
}

std::string get(const std::string& target) { return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n"; }

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override { server_.start(); }
  TestServer server_;
};

TEST_F(ServerTest, AnswersWithTheStandingHeaders) {
  RawClient client(server_.port);
  client.send(get("/describe"));
  const Reply reply = client.reply();
  EXPECT_TRUE(reply.head.starts_with("HTTP/1.1 200 OK\r\n"));
  EXPECT_EQ(reply.header("server"), "Freehold");
  EXPECT_TRUE(parse_http_date(reply.header("date")).has_value());
  EXPECT_EQ(reply.header("content-type"), "text/plain");
  EXPECT_EQ(reply.header("connection"), "");
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  RawClient client(server_.port);
  std::string all;
  for (int i = 0; i < 200; ++i) {
    all += get("/describe?n=" + std::to_string(i));
    all += "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n" + std::to_string(1'000 + i);
  }
  client.send(all);
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(client.reply().body, "GET /describe /describe h n=" + std::to_string(i));
    EXPECT_EQ(client.reply().body, std::to_string(1'000 + i));
  }
}

TEST_F(ServerTest, ABodyThatCameWithItsHeadIsAtHand) {
  RawClient client(server_.port);
  const std::string head = "PUT /at-hand HTTP/1.1\r\nHost: h\r\n";
  client.send(head + "Content-Length: 4\r\n\r\nbody");
  EXPECT_EQ(client.reply().body, "all");
  client.send(head + "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(client.reply().body, "all");
  client.send(head + "Content-Length: 4\r\n\r\nbod");
  EXPECT_EQ(client.reply().body, "some");
  client.send("y" + head + "Transfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\n\r\n");
  EXPECT_EQ(client.reply().body, "some");
}

TEST_F(ServerTest, AnUnreadBodyDoesNotBecomeARequest) {
  RawClient client(server_.port);
  const std::string inside = get("/smuggled");
  client.send("POST /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(inside.size()) + "\r\n\r\n" +
              inside + "POST /ignore HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n" +
              get("/describe"));
  EXPECT_EQ(client.reply().status, 200);
  EXPECT_EQ(client.reply().status, 200);
  EXPECT_EQ(client.reply().body, "GET /describe /describe h");
  EXPECT_EQ(server_.handler.paths(), (std::vector<std::string>{"/ignore", "/ignore", "/describe"}));
}

TEST_F(ServerTest, ALongUnreadBodyEndsTheConnectionButNotTheResponse) {
  RawClient client(server_.port);
  client.send("PUT /ignore HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n" + std::string(500'000, 'x'));
  const Reply reply = client.reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, BodiesComeThroughWhole) {
  for (const std::size_t n : {1UL, 4'096UL, 70'000UL, 3'000'000UL}) {
    RawClient client(server_.port);
    std::thread sender([&] {
      client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(n) + "\r\n\r\n" + pattern(n));
    });
    const Reply reply = client.reply();
    sender.join();
    EXPECT_TRUE(reply.body == pattern(n)) << n;
  }
}

TEST_F(ServerTest, ChunkedBodiesComeThroughWhole) {
  for (const std::size_t chunk : {1UL, 7UL, 4'096UL, 100'000UL}) {
    const std::string body = pattern(std::min<std::size_t>(chunk * 50, 1'000'000));
    std::string framed;
    for (std::size_t at = 0; at < body.size(); at += chunk) {
      const std::string piece = body.substr(at, chunk);
      std::array<char, 32> size{};
      std::snprintf(size.data(), size.size(), "%zx\r\n", piece.size());
      framed += size.data() + piece + "\r\n";
    }
    RawClient client(server_.port);
    client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + "0\r\n\r\n" +
                get("/describe"));
    EXPECT_TRUE(client.reply().body == body) << chunk;
    EXPECT_EQ(client.reply().status, 200);
  }
}

TEST_F(ServerTest, StreamsAreWholeAndFollowedByTheNextResponse) {
  for (const std::size_t n : {0UL, 1UL, 99'999UL, 100'000UL, 5'000'001UL}) {
    RawClient client(server_.port);
    client.send(get("/stream?n=" + std::to_string(n)) + get("/describe"));
    EXPECT_TRUE(client.reply().body == pattern(n)) << n;
    EXPECT_EQ(client.reply().body, "GET /describe /describe h");
  }
}

TEST_F(ServerTest, AStreamThatBreaksOffIsSeenAsShort) {
  RawClient client(server_.port);
  client.send(get("/short") + get("/describe"));
  const Reply reply = client.reply();
  EXPECT_EQ(reply.header("content-length"), "100");
  EXPECT_EQ(reply.body, pattern(10));
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, HeadAnnouncesAndSendsNoBody) {
  RawClient client(server_.port);
  client.send("HEAD /stream?n=12345 HTTP/1.1\r\nHost: h\r\n\r\n" + get("/describe"));
  const Reply head = client.reply(true);
  EXPECT_EQ(head.header("content-length"), "12345");
  EXPECT_EQ(client.reply().body, "GET /describe /describe h");
}

TEST_F(ServerTest, ContinueIsSentWhenTheBodyIsWanted) {
  RawClient client(server_.port);
  client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(client.reply().head, "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  EXPECT_EQ(client.reply().body, "hello");
  client.send(get("/describe"));
  EXPECT_EQ(client.reply().status, 200);
}

TEST_F(ServerTest, ContinueIsNotSentWhenTheBodyIsNotWanted) {
  RawClient client(server_.port);
  client.send("PUT /ignore HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  const Reply reply = client.reply();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(client.closed());
}

TEST_F(ServerTest, PersistenceFollowsVersionAndConnectionHeader) {
  struct Case {
    const char* request;
    const char* connection;
  };
  for (const Case& given : {Case{"GET /describe HTTP/1.0\r\nHost: h\r\n\r\n", "close"},
                            Case{"GET /describe HTTP/1.0\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n", "keep-alive"},
                            Case{"GET /describe HTTP/1.1\r\nHost: h\r\nConnection: x, CLOSE\r\n\r\n", "close"},
                            Case{"GET /describe HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, close\r\n\r\n", "close"},
                            Case{"GET /describe HTTP/1.1\r\nHost: h\r\nConnection: keep-alive\r\n\r\n", ""}}) {
    RawClient client(server_.port);
    client.send(given.request);
    const Reply reply = client.reply();
    EXPECT_EQ(reply.header("connection"), given.connection) << given.request;
    if (reply.header("connection") == "close") {
      EXPECT_TRUE(client.closed());
    } else {
      client.send(get("/describe"));
      EXPECT_EQ(client.reply().status, 200);
    }
  }
}

TEST_F(ServerTest, AHeaderThatWouldSplitTheResponseIsNotSent) {
  RawClient client(server_.port);
  client.send(get("/inject"));
  const Reply reply = client.reply();
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(reply.head.find("Set-Cookie"), std::string::npos);
}

TEST_F(ServerTest, FramingHeadersOfAHandlerAreDropped) {
  RawClient client(server_.port);
  client.send(get("/doubled") + get("/describe"));
  const Reply reply = client.reply();
  EXPECT_EQ(reply.body, "GET /doubled /doubled h");
  EXPECT_EQ(reply.head.find(": 7\r\n"), std::string::npos) << reply.head;
  EXPECT_EQ(client.reply().status, 200);
}

TEST_F(ServerTest, AHandlerThatThrowsCostsOneConnection) {
  RawClient client(server_.port);
  client.send(get("/throw"));
  EXPECT_EQ(client.reply().status, 500);
  EXPECT_TRUE(client.closed());
  RawClient next(server_.port);
  next.send(get("/describe"));
  EXPECT_EQ(next.reply().status, 200);
}

TEST_F(ServerTest, AClientGoneInMidBodyIsAnErrorForTheHandler) {
  for (const bool by_reset : {false, true}) {
    const std::size_t before = server_.handler.body_errors().size();
    RawClient client(server_.port);
    client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nonly this");
    by_reset ? client.reset() : client.close();
    ASSERT_TRUE(eventually([&] { return server_.handler.body_errors().size() > before; }));
    EXPECT_EQ(server_.handler.body_errors().back(), ErrorCode::kCancelled);
  }
  EXPECT_TRUE(eventually([&] { return server_.server.stats().connections == 0; }));
}

TEST_F(ServerTest, AClientGoneInMidResponseFreesItsConnection) {
  RawClient client(server_.port);
  client.send(get("/stream?n=1000000000"));
  EXPECT_TRUE(eventually([&] { return server_.server.stats().connections == 1; }));
  client.reset();
  EXPECT_TRUE(eventually([&] { return server_.server.stats().connections == 0; }));
}

TEST_F(ServerTest, CountsWhatPasses) {
  RawClient client(server_.port);
  client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n" + std::string(5'000, 'x'));
  EXPECT_EQ(client.reply().status, 200);
  EXPECT_TRUE(eventually([&] { return server_.server.stats().bytes_in > 5'000; }));
  const ServerStats stats = server_.server.stats();
  EXPECT_EQ(stats.accepted, 1U);
  EXPECT_EQ(stats.connections, 1U);
  EXPECT_EQ(stats.requests, 1U);
  EXPECT_GT(stats.bytes_out, 5'000U);
}

TEST(ServerListen, ATakenPortIsAnErrorThatNamesIt) {
  TestServer first({}, 2);
  first.start();
  runtime::Loops loops(2);
  TestHandler handler;
  Server second(loops, handler, {});
  const auto bound = second.listen(Listener::kHttp, {"127.0.0.1"}, first.port);
  ASSERT_FALSE(bound);
  EXPECT_EQ(bound.error().code, ErrorCode::kConflict);
  EXPECT_NE(bound.error().message.find(std::to_string(first.port)), std::string::npos);
}

TEST(ServerListen, AnAddressThatTheMachineLacksIsSkippedUnlessItIsTheOnlyOne) {
  runtime::Loops loops(1);
  TestHandler handler;
  Server server(loops, handler, {});
  EXPECT_TRUE(server.listen(Listener::kHttp, {"127.0.0.1", "2001:db8::1"}, 0));
  const auto alone = server.listen(Listener::kHttp, {"2001:db8::1"}, 0);
  ASSERT_FALSE(alone);
  EXPECT_NE(alone.error().message.find("2001:db8::1"), std::string::npos);
  EXPECT_EQ(server.listen(Listener::kHttp, {"localhost"}, 0).error().code, ErrorCode::kInvalidArgument);
}

TEST(ServerListen, OnePortServesAllAddressesOnAllLoops) {
  TestServer server({}, 2);
  const auto port = server.server.listen(Listener::kMetrics, {"127.0.0.1", "127.0.0.2"}, 0);
  ASSERT_TRUE(port);
  const auto with_v6 = server.server.listen(Listener::kHttp, {"127.0.0.1", "::1"}, 0);
  ASSERT_TRUE(with_v6);
  server.start();
  for (const char* address : {"127.0.0.1", "127.0.0.2"}) {
    for (int i = 0; i < 8; ++i) {
      RawClient client(*port, address);
      client.send(get("/describe"));
      EXPECT_EQ(client.reply().status, 200);
    }
  }
  RawClient client(*with_v6);
  client.send(get("/describe"));
  EXPECT_EQ(client.reply().status, 200);
}

TEST(ServerLimits, BeyondTheLimitOfConnectionsClientsAreToldToComeBack) {
  TestServer server({.max_connections = 8});
  server.start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port));
    clients.back()->send(get("/describe"));
    EXPECT_EQ(clients.back()->reply().status, 200);
  }
  for (int i = 0; i < 40; ++i) {  // past the margin too, where nothing is read any more
    clients.push_back(std::make_unique<RawClient>(server.port));
    if (i == 0) clients.back()->send(get("/describe"));
    if (i == 0 || i > 2) {
      const Reply reply = clients.back()->reply();
      EXPECT_EQ(reply.status, 503);
      EXPECT_NE(reply.header("retry-after"), "");
      EXPECT_EQ(reply.header("connection"), "close");
    }
  }
  clients.erase(clients.begin() + 1, clients.end());
  ASSERT_TRUE(eventually([&] { return server.server.stats().connections == 1; }));
  clients[0]->send(get("/describe"));
  EXPECT_EQ(clients[0]->reply().status, 200);
  RawClient later(server.port);
  later.send(get("/describe"));
  EXPECT_EQ(later.reply().status, 200);
}

// Takes every descriptor of the process but one, which the client needs.
class NoDescriptorsLeft {
 public:
  NoDescriptorsLeft() {
    while (true) {
      const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      if (fd < 0) break;
      fds_.push_back(fd);
    }
    give_back_one();
  }
  ~NoDescriptorsLeft() {
    for (const int fd : fds_) ::close(fd);
  }
  void give_back_one() {
    ::close(fds_.back());
    fds_.pop_back();
  }

 private:
  std::vector<int> fds_;
};

TEST(ServerLimits, WithoutDescriptorsClientsAreTurnedAwayAndServedLater) {
  TestServer server;
  server.start();
  {
    NoDescriptorsLeft none;
    RawClient client(server.port);
    const Reply reply = client.reply();
    EXPECT_EQ(reply.status, 503);
    EXPECT_NE(reply.header("retry-after"), "");
  }
  RawClient later(server.port);
  later.send(get("/describe"));
  EXPECT_EQ(later.reply().status, 200);
}

bool refuses_connections(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool refused =
      ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 && errno == ECONNREFUSED;
  ::close(fd);
  return refused;
}

TEST(ServerDrain, RunningRequestsEndIdleConnectionsCloseNewOnesAreRefused) {
  TestServer server({}, 2);
  server.start();
  RawClient idle(server.port);
  idle.send(get("/describe"));
  EXPECT_EQ(idle.reply().status, 200);
  RawClient busy(server.port);
  busy.send(get("/wait"));
  ASSERT_TRUE(eventually([&] { return server.handler.paths().size() == 2; }));
  std::thread drainer([&] { server.server.drain(std::chrono::seconds(20)); });
  EXPECT_TRUE(idle.closed());
  server.handler.release();
  const Reply reply = busy.reply();
  EXPECT_EQ(reply.body, "GET /wait /wait h");
  EXPECT_EQ(reply.header("connection"), "close");
  EXPECT_TRUE(busy.closed());
  busy.close();
  drainer.join();
  EXPECT_EQ(server.server.stats().connections, 0U);
  EXPECT_TRUE(refuses_connections(server.port));
}

TEST(ServerDrain, CutsWhatDoesNotEndInTime) {
  TestServer server;
  server.start();
  RawClient stuck(server.port);
  stuck.shrink_receive_buffer();
  stuck.send(get("/stream?n=1000000000"));
  ASSERT_TRUE(eventually([&] { return server.handler.paths().size() == 1; }));
  const auto begun = std::chrono::steady_clock::now();
  server.server.drain(std::chrono::milliseconds(100));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(2));
  EXPECT_EQ(server.server.stats().connections, 0U);
}

TEST(ServerUnix, ServesItsOwnUserThroughAFileThatOthersCannotOpen) {
  const std::string folder = ::testing::TempDir() + "fh-http-" + std::to_string(::getpid());
  std::filesystem::create_directory(folder);
  const std::string path = folder + "/admin.sock";
  {
    TestServer server;
    ASSERT_TRUE(server.server.listen_unix(Listener::kAdmin, path));
    struct stat status{};
    ASSERT_EQ(::stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777U, 0600U);
    server.start();
    RawClient client(path);
    client.send(get("/describe"));
    EXPECT_EQ(client.reply().body, "GET /describe /describe h");
    TestServer other;
    EXPECT_EQ(other.server.listen_unix(Listener::kAdmin, path).error().code, ErrorCode::kConflict);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace freehold::http::testing

// Clients that are too slow are cut; those that only look slow aren't.
#include <sys/socket.h>

#include "test_server.h"

namespace freehold::http::testing {
namespace {

using std::chrono::milliseconds;

ServerOptions hasty() {
  ServerOptions options;
  options.header_timeout = milliseconds(200);
  options.idle_timeout = milliseconds(200);
  options.body_stall_timeout = milliseconds(200);
  return options;
}

class SlowClient : public ::testing::Test {
 protected:
  void SetUp() override { server_.start(); }

  void expect_cut() {
    EXPECT_TRUE(eventually([&] { return server_.server.stats().timeouts >= 1; }));
  }

  TestServer server_{hasty()};
};

TEST_F(SlowClient, AHeadThatDoesNotEndIsAnswered408) {
  RawClient client(server_.port);
  client.send("GET /describe HTTP/1.1\r\nHost:");
  EXPECT_EQ(client.reply().status, 408);
  EXPECT_TRUE(client.closed());
  expect_cut();
}

// The time for a head runs from its first byte: a byte now and then doesn't buy more.
TEST_F(SlowClient, AHeadThatTricklesIsCutAllTheSame) {
  RawClient client(server_.port);
  client.send("GET /describe HTTP/1.1\r\n");
  EXPECT_TRUE(eventually([&] {
    client.send("X: y\r\n");
    return server_.server.stats().timeouts >= 1;
  }));
}

TEST_F(SlowClient, AnIdleConnectionIsClosedWithoutAWord) {
  RawClient fresh(server_.port);
  EXPECT_TRUE(fresh.closed());
  RawClient used(server_.port);
  used.send("GET /describe HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(used.reply().status, 200);
  EXPECT_TRUE(used.closed());
}

TEST_F(SlowClient, ABodyThatStallsIsATimeoutForTheHandler) {
  for (const char* framing : {"Content-Length: 10", "Transfer-Encoding: chunked"}) {
    const std::size_t before = server_.handler.body_errors().size();
    RawClient client(server_.port);
    client.send("PUT /echo HTTP/1.1\r\nHost: h\r\n" + std::string(framing) + "\r\n\r\n5\r\nab");
    EXPECT_EQ(client.reply().status, 408);
    EXPECT_TRUE(client.closed());
    ASSERT_EQ(server_.handler.body_errors().size(), before + 1);
    EXPECT_EQ(server_.handler.body_errors().back(), ErrorCode::kTimeout);
  }
}

TEST_F(SlowClient, AResponseThatNobodyTakesIsCut) {
  RawClient client(server_.port);
  client.shrink_receive_buffer();
  client.send("GET /stream?n=1000000000 HTTP/1.1\r\nHost: h\r\n\r\n");
  expect_cut();
  EXPECT_TRUE(eventually([&] { return server_.server.stats().connections == 0; }));
}

TEST_F(SlowClient, AHandlerMayTakeItsTime) {
  RawClient client(server_.port);
  client.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  RawClient other(server_.port);
  EXPECT_TRUE(other.closed());  // its idle timeout has passed, so has that of the waiting request's connection
  RawClient another(server_.port);
  EXPECT_TRUE(another.closed());
  server_.handler.release();
  EXPECT_EQ(client.reply().status, 200);
}

// A byte now and then keeps a body from stalling and doesn't buy more time all the same.
TEST(SlowTrickle, ABodyBelowTheLeastRateIsCut) {
  for (const char* framing : {"Content-Length: 100000", "Transfer-Encoding: chunked"}) {
    ServerOptions options;
    options.rate_window = milliseconds(300);
    TestServer server(options);
    server.start();
    RawClient client(server.port);
    client.send("PUT /echo HTTP/1.1\r\nHost: h\r\n" + std::string(framing) + "\r\n\r\nfff\r\n");
    int polls = 0;
    EXPECT_TRUE(eventually([&] {
      if (++polls % 50 == 0) client.send("x");
      return server.server.stats().timeouts >= 1;
    }));
    EXPECT_EQ(client.reply().status, 408);
  }
}

TEST(SlowTrickle, AResponseThatIsTakenBelowTheLeastRateIsCut) {
  ServerOptions options;
  options.rate_window = milliseconds(300);
  TestServer server(options);
  server.start();
  RawClient client(server.port);
  client.shrink_receive_buffer();
  client.send("GET /stream?n=1000000000 HTTP/1.1\r\nHost: h\r\n\r\n");
  int polls = 0;
  EXPECT_TRUE(eventually([&] {
    std::array<char, 1> byte{};
    if (++polls % 50 == 0) static_cast<void>(::recv(client.fd(), byte.data(), 1, MSG_DONTWAIT));
    return server.server.stats().timeouts >= 1;
  }));
  EXPECT_TRUE(eventually([&] { return server.server.stats().connections == 0; }));
}

// Each pause lasts as long as the server takes to close an idle connection; together they outlast the stall timeout.
TEST(SlowButSteady, ABodyInManySmallStepsIsServed) {
  ServerOptions options = hasty();
  options.body_stall_timeout = milliseconds(700);
  TestServer server(options);
  server.start();
  RawClient client(server.port);
  client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    RawClient pause(server.port);
    EXPECT_TRUE(pause.closed());
    client.send("x");
  }
  EXPECT_EQ(client.reply().body, "xxxxx");
}

}  // namespace
}  // namespace freehold::http::testing

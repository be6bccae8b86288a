#include <openssl/x509.h>

#include <thread>

#include "tls_client.h"

namespace freehold::http::testing {
namespace {

const std::string kDescribe = "GET /describe HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string kDescribed = "GET /describe /describe h";
const std::string kHttp11("\x08http/1.1", 9);
const std::string kH2("\x02h2", 3);

std::string common_name(SSL* ssl) {
  X509* const certificate = SSL_get1_peer_certificate(ssl);
  std::array<char, 64> name{};
  X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
  X509_free(certificate);
  return name.data();
}

class TlsTest : public ::testing::Test {
 protected:
  explicit TlsTest(ServerOptions options = {}) : server_(std::move(options)) {}
  void SetUp() override {
    const auto bound = server_.server.listen(Listener::kHttps, {"127.0.0.1"}, 0);
    ASSERT_TRUE(bound);
    port_ = *bound;
    ASSERT_TRUE(server_.server.set_tls_identity(make_identity("first")));
    server_.start();
  }
  TestServer server_;
  std::uint16_t port_ = 0;
};

TEST_F(TlsTest, SpeaksOneTwoAndOneThreeOnly) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(port_, {.min_version = version, .max_version = version});
    ASSERT_TRUE(client.connected());
    client.send(kDescribe + kDescribe);
    EXPECT_EQ(client.receive_body(kDescribed.size()), kDescribed);
    EXPECT_EQ(client.receive_body(kDescribed.size()), kDescribed);
    const auto number = std::to_string(version);  // the gate is told, for accounts that demand one
    client.send("GET /tls HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(client.receive_body(number.size()), number);
  }
  TlsClient old(port_, {.min_version = TLS1_VERSION, .max_version = TLS1_1_VERSION});
  EXPECT_FALSE(old.connected());
}

TEST_F(TlsTest, OffersHttp11AndNothingElse) {
  TlsClient both(port_, {.protocols = kH2 + kHttp11});
  ASSERT_TRUE(both.connected());
  const unsigned char* chosen = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(both.native(), &chosen, &size);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "http/1.1");
  EXPECT_FALSE(TlsClient(port_, {.protocols = kH2}).connected());
}

TEST_F(TlsTest, LongBodiesComeThroughWholeBothWays) {
  constexpr std::size_t kSize = 5'000'001;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(port_, {.min_version = version, .max_version = version});
    client.send("GET /stream?n=" + std::to_string(kSize) + " HTTP/1.1\r\nHost: h\r\n\r\n");
    std::string expected(kSize, '\0');
    for (std::size_t i = 0; i < kSize; ++i) expected[i] = stream_byte(i);
    EXPECT_TRUE(client.receive_body(kSize) == expected);
    client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(kSize) + "\r\n\r\n" + expected);
    EXPECT_TRUE(client.receive_body(kSize) == expected);
  }
}

TEST_F(TlsTest, ANewIdentityIsForNewConnections) {
  TlsClient before(port_);
  ASSERT_TRUE(server_.server.set_tls_identity(make_identity("second")));
  TlsClient after(port_);
  EXPECT_EQ(common_name(before.native()), "first");
  EXPECT_EQ(common_name(after.native()), "second");
  before.send(kDescribe);
  EXPECT_EQ(before.receive_body(kDescribed.size()), kDescribed);
}

TEST_F(TlsTest, AnIdentityThatDoesNotFitIsRefusedAndChangesNothing) {
  TlsIdentity mixed = make_identity("third");
  mixed.private_key_pem = make_identity("fourth").private_key_pem.clone();
  EXPECT_EQ(server_.server.set_tls_identity(std::move(mixed)).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(server_.server.set_tls_identity({"garbage", Secret(BytesView("garbage"))}));
  EXPECT_EQ(common_name(TlsClient(port_).native()), "first");
}

TEST_F(TlsTest, SessionsResumeByTicket) {
  TlsClient first(port_);
  first.send(kDescribe);
  EXPECT_EQ(first.receive_body(kDescribed.size()), kDescribed);
  SSL_SESSION* const session = SSL_get1_session(first.native());
  {
    TlsClient second(port_, {.resume = session});
    EXPECT_EQ(SSL_session_reused(second.native()), 1);
    second.send(kDescribe);
    EXPECT_EQ(second.receive_body(kDescribed.size()), kDescribed);
  }
  SSL_SESSION_free(session);
}

TEST_F(TlsTest, GarbageAndPlainHttpAreTurnedAway) {
  for (const std::string& garbage : {kDescribe, std::string("\x16\x03\x01\xff\xff garbage"),
                                     std::string(100'000, '\xff'), std::string("\x15\x03\x03\x00\x02\x02\x28", 7)}) {
    RawClient client(port_);
    client.send(garbage);
    EXPECT_EQ(client.rest().find("HTTP/1.1 200"), std::string::npos);
  }
  RawClient gone(port_);
  gone.reset();
  TlsClient good(port_);
  good.send(kDescribe);
  EXPECT_EQ(good.receive_body(kDescribed.size()), kDescribed);
}

// An encrypted connection doesn't make garbage inside it any better.
TEST_F(TlsTest, FramingIsAsStrictInside) {
  TlsClient client(port_);
  client.send("GET /describe HTTP/1.1\nHost: h\n\n");
  EXPECT_TRUE(client.receive(100'000).starts_with("HTTP/1.1 400 "));
  EXPECT_EQ(SSL_get_shutdown(client.native()), SSL_RECEIVED_SHUTDOWN) << "no close_notify";
}

class HastyTlsTest : public TlsTest {
 protected:
  HastyTlsTest() : TlsTest(options()) {}
  static ServerOptions options() {
    ServerOptions options;
    options.header_timeout = options.idle_timeout = std::chrono::milliseconds(200);
    return options;
  }
};

TEST_F(HastyTlsTest, AHandshakeThatStallsIsCut) {
  RawClient silent(port_);
  EXPECT_TRUE(silent.closed());
  RawClient half(port_);
  half.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  EXPECT_TRUE(half.closed());
  EXPECT_GE(server_.server.stats().timeouts, 2U);
}

// Swept often, so that record buffers are given back at once.
class SweptTlsTest : public TlsTest {
 protected:
  static constexpr std::chrono::milliseconds kSweep{50};
  SweptTlsTest() : TlsTest({.header_timeout = 8 * kSweep}) {}
  static void wait_for_sweeps() {
    const auto end = std::chrono::steady_clock::now() + 3 * kSweep;
    EXPECT_TRUE(eventually([&] { return std::chrono::steady_clock::now() > end; }));
  }
};

TEST_F(SweptTlsTest, WhatWasSweptGoesOnAsBefore) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(port_, {.min_version = version, .max_version = version});
    for (int round = 0; round < 3; ++round) {
      client.send(kDescribe);
      EXPECT_EQ(client.receive_body(kDescribed.size()), kDescribed);
      client.send("PUT /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 40000\r\n\r\n" + std::string(20'000, 'a'));
      wait_for_sweeps();
      client.send(std::string(20'000, 'b'));
      EXPECT_TRUE(client.receive_body(40'000) == std::string(20'000, 'a') + std::string(20'000, 'b'));
      wait_for_sweeps();
    }
  }
}

TEST(TlsWithoutIdentity, ConnectionsAreClosedUntilThereIsOne) {
  TestServer server;
  const auto port = server.server.listen(Listener::kHttps, {"127.0.0.1"}, 0);
  ASSERT_TRUE(port);
  server.start();
  EXPECT_FALSE(TlsClient(*port).connected());
  ASSERT_TRUE(server.server.set_tls_identity(make_identity("late")));
  EXPECT_TRUE(TlsClient(*port).connected());
}

}  // namespace
}  // namespace freehold::http::testing

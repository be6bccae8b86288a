// What must never be read in two ways: each case is bytes sent to a real socket, followed by a request that would be
// the smuggled one. The server answers once, closes, and no handler ever sees the second request.
#include "test_server.h"

namespace freehold::http::testing {
namespace {

struct Case {
  const char* name;
  std::string bytes;
  int status;
};

const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

std::string with_headers(const std::string& lines) { return "POST /echo HTTP/1.1\r\nHost: h\r\n" + lines + "\r\n"; }

std::string chunked(const std::string& body) { return with_headers("Transfer-Encoding: chunked\r\n") + body; }

std::vector<Case> refused_cases() {
  const std::string nul(1, '\0');
  std::vector<Case> cases{
      // Lengths.
      {"two equal lengths", with_headers("Content-Length: 5\r\nContent-Length: 5\r\n") + "hello", 400},
      {"two lengths", with_headers("Content-Length: 5\r\nContent-Length: 6\r\n") + "hello", 400},
      {"length list", with_headers("Content-Length: 5, 5\r\n") + "hello", 400},
      {"length with sign", with_headers("Content-Length: +5\r\n") + "hello", 400},
      {"negative length", with_headers("Content-Length: -5\r\n") + "hello", 400},
      {"hexadecimal length", with_headers("Content-Length: 0x5\r\n") + "hello", 400},
      {"length with space inside", with_headers("Content-Length: 1 5\r\n") + "hello", 400},
      {"empty length", with_headers("Content-Length:\r\n"), 400},
      {"length that overflows 64 bits", with_headers("Content-Length: 18446744073709551617\r\n"), 400},
      {"length that overflows signed 64 bits", with_headers("Content-Length: 9223372036854775808\r\n"), 400},
      {"length with decimals", with_headers("Content-Length: 5.0\r\n") + "hello", 400},
      // Length against coding.
      {"length then coding", with_headers("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400},
      {"coding then length", with_headers("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n") + "0\r\n\r\n", 400},
      {"two codings", with_headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400},
      {"chunked then identity", with_headers("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), 400},
      {"gzip, chunked", with_headers("Transfer-Encoding: gzip, chunked\r\n") + "0\r\n\r\n", 501},
      {"chunked, chunked", with_headers("Transfer-Encoding: chunked, chunked\r\n") + "0\r\n\r\n", 501},
      {"xchunked", with_headers("Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n", 501},
      {"chunked with parameter", with_headers("Transfer-Encoding: chunked;q=1\r\n") + "0\r\n\r\n", 501},
      {"quoted chunked", with_headers("Transfer-Encoding: \"chunked\"\r\n") + "0\r\n\r\n", 501},
      {"identity", with_headers("Transfer-Encoding: identity\r\n"), 501},
      {"empty coding", with_headers("Transfer-Encoding:\r\n"), 501},
      {"vertical tab before chunked", with_headers("Transfer-Encoding: \vchunked\r\n") + "0\r\n\r\n", 400},
      {"coding hidden by a space", with_headers("Transfer-Encoding : chunked\r\n") + "0\r\n\r\n", 400},
      {"coding behind a bare LF", with_headers("X: a\nTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400},
      {"coding behind a bare CR", with_headers("X: a\rTransfer-Encoding: chunked\r\n") + "0\r\n\r\n", 400},
      {"coding in HTTP/1.0", "POST /echo HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      // Chunks.
      {"chunk size without digits", chunked("\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size with sign", chunked("+5\r\nhello\r\n0\r\n\r\n"), 400},
      {"negative chunk size", chunked("-5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size with leading space", chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size with trailing space", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size that overflows", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size of 2^64-1", chunked("ffffffffffffffff\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size line ends in LF", chunked("5\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size line ends in CR", chunked("5\rhello\r\n0\r\n\r\n"), 400},
      {"chunk longer than its size", chunked("5\r\nhello!\r\n0\r\n\r\n"), 400},
      {"chunk data ends in LF", chunked("5\r\nhello\n0\r\n\r\n"), 400},
      {"bare LF in chunk extension", chunked("5;a\nb\r\nhello\r\n0\r\n\r\n"), 400},
      {"bare CR in chunk extension", chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), 400},
      {"NUL in chunk extension", chunked("5;a" + nul + "\r\nhello\r\n0\r\n\r\n"), 400},
      {"endless chunk extension", chunked("5;" + std::string(1'000, 'a') + "\r\nhello\r\n0\r\n\r\n"), 400},
      {"trailer without colon", chunked("5\r\nhello\r\n0\r\nnocolon\r\n\r\n"), 400},
      {"folded trailer", chunked("5\r\nhello\r\n0\r\nA: b\r\n c: d\r\n\r\n"), 400},
      {"LF ends the trailers", chunked("5\r\nhello\r\n0\r\n\n"), 400},
      // Host.
      {"no Host", "GET /describe HTTP/1.1\r\nX: y\r\n\r\n", 400},
      {"two Hosts", "GET /describe HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"the same Host twice", "GET /describe HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"two Hosts in HTTP/1.0", "GET /describe HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"empty Host", "GET /describe HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"Host list", "GET /describe HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"Host with path", "GET /describe HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Host with user", "GET /describe HTTP/1.1\r\nHost: a@b\r\n\r\n", 400},
      {"Host with bad port", "GET /describe HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400},
      {"Host with port too large", "GET /describe HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400},
      {"Host of broken IPv6", "GET /describe HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
      {"Host against target", "GET http://a/describe HTTP/1.1\r\nHost: b\r\n\r\n", 400},
      // Lines and fields.
      {"bare LF throughout", "GET /describe HTTP/1.1\nHost: h\n\n", 400},
      {"request line ends in LF", "GET /describe HTTP/1.1\nHost: h\r\n\r\n", 400},
      {"head ends in LF", "GET /describe HTTP/1.1\r\nHost: h\r\n\n", 400},
      {"request line ends in CR", "GET /describe HTTP/1.1\rHost: h\r\n\r\n", 400},
      {"NUL in a value", "GET /describe HTTP/1.1\r\nHost: h\r\nX: a" + nul + "b\r\n\r\n", 400},
      {"NUL in a name", "GET /describe HTTP/1.1\r\nHost: h\r\nX" + nul + ": a\r\n\r\n", 400},
      {"DEL in a value", "GET /describe HTTP/1.1\r\nHost: h\r\nX: a\x7f\r\n\r\n", 400},
      {"folded field", "GET /describe HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400},
      {"folded first field", "GET /describe HTTP/1.1\r\n Host: h\r\n\r\n", 400},
      {"space before colon", "GET /describe HTTP/1.1\r\nHost : h\r\n\r\n", 400},
      {"tab before colon", "GET /describe HTTP/1.1\r\nHost: h\r\nContent-Length\t: 5\r\n\r\nhello", 400},
      {"empty name", "GET /describe HTTP/1.1\r\nHost: h\r\n: a\r\n\r\n", 400},
      {"field without colon", "GET /describe HTTP/1.1\r\nHost: h\r\nnocolon\r\n\r\n", 400},
      {"name with parenthesis", "GET /describe HTTP/1.1\r\nHost: h\r\nX(: a\r\n\r\n", 400},
      {"name with a high byte", "GET /describe HTTP/1.1\r\nHost: h\r\nX\xc3: a\r\n\r\n", 400},
      {"two empty lines first", "\r\n\r\nGET /describe HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"an empty LF line first", "\nGET /describe HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      // Request line.
      {"no version", "GET /describe\r\nHost: h\r\n\r\n", 400},
      {"two spaces", "GET  /describe HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"space in the target", "GET /des cribe HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"trailing space", "GET /describe HTTP/1.1 \r\nHost: h\r\n\r\n", 400},
      {"tab as separator", "GET\t/describe\tHTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"leading space", " GET /describe HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"lower-case version", "GET /describe http/1.1\r\nHost: h\r\n\r\n", 400},
      {"version with more digits", "GET /describe HTTP/1.10\r\nHost: h\r\n\r\n", 400},
      {"HTTP/1.2", "GET /describe HTTP/1.2\r\nHost: h\r\n\r\n", 505},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/0.9 by number", "GET /describe HTTP/0.9\r\nHost: h\r\n\r\n", 505},
      {"unknown method", "BREW /describe HTTP/1.1\r\nHost: h\r\n\r\n", 501},
      {"lower-case method", "get /describe HTTP/1.1\r\nHost: h\r\n\r\n", 501},
      {"CONNECT", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 501},
      {"method that is no token", "G(T /describe HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"authority as target", "GET h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"asterisk as target", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"relative target", "GET describe HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"ftp target", "GET ftp://h/describe HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"target with user", "GET http://u@h/describe HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"fragment in target", "GET /describe#x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"raw high byte in target", "GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"broken escape", "GET /%4 HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"escape of no hex", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"escaped NUL", "GET /a%00b HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"escaped byte that is no UTF-8", "GET /%ff HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"overlong UTF-8", "GET /%c0%af HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"broken escape in the query", "GET /describe?a=%x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"another expectation", with_headers("Expect: 200-ok\r\nContent-Length: 5\r\n"), 417},
      // Garbage.
      {"a TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + nul + "hello", 400},
      {"binary noise", "\x01\x02\x03\x04\xff\xfe", 400},
      // Sizes.
      {"request line too long", "GET /" + std::string(17'000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
      {"endless request line", "GET /" + std::string(17'000, 'a'), 414},
      {"headers too large", with_headers("X: " + std::string(70'000, 'a') + "\r\n"), 431},
      {"endless header", "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(70'000, 'a'), 431},
  };
  std::string many;
  for (int i = 0; i < 201; ++i) many += "X" + std::to_string(i) + ": y\r\n";
  cases.push_back({"too many headers", with_headers(many), 431});
  return cases;
}

class Smuggling : public ::testing::Test {
 protected:
  void SetUp() override { server_.start(); }

  void expect_refused(const Case& given, bool slowly) {
    SCOPED_TRACE(given.name);
    RawClient client(server_.port);
    if (slowly) {
      client.send_slowly(given.bytes);
      client.send(kSmuggled);
    } else {
      client.send(given.bytes + kSmuggled);
    }
    const Reply reply = client.reply();
    EXPECT_EQ(reply.status, given.status);
    EXPECT_EQ(reply.header("connection"), "close");
    EXPECT_EQ(client.rest(), "") << "answered more than once";
  }

  void expect_nothing_smuggled() {
    for (const auto& path : server_.handler.paths()) EXPECT_NE(path, "/smuggled");
  }

  TestServer server_;
};

TEST_F(Smuggling, AmbiguousRequestsAreRefusedAndTheConnectionClosed) {
  for (const auto& given : refused_cases()) expect_refused(given, false);
  expect_nothing_smuggled();
  EXPECT_GE(server_.server.stats().bad_requests, refused_cases().size());
}

TEST_F(Smuggling, ArrivingByteByByteChangesNothing) {
  for (const auto& given : refused_cases()) {
    if (given.bytes.size() < 1'100) expect_refused(given, true);
  }
  expect_nothing_smuggled();
}

TEST_F(Smuggling, WhatIsUnusualButClearIsServed) {
  struct Served {
    const char* name;
    std::string bytes;
    std::string body;
  };
  const std::vector<Served> cases{
      {"one empty line first", "\r\nGET /describe HTTP/1.1\r\nHost: h\r\n\r\n", "GET /describe /describe h"},
      {"Host with port", "GET /describe HTTP/1.1\r\nHost: H.Example:8443\r\n\r\n", "GET /describe /describe h.example"},
      {"IPv6 Host", "GET /describe HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET /describe /describe [::1]"},
      {"no space after the colon", "GET /describe HTTP/1.1\r\nHost:h\r\n\r\n", "GET /describe /describe h"},
      {"tabs around the value", "GET /describe HTTP/1.1\r\nHost:\t h \t\r\n\r\n", "GET /describe /describe h"},
      {"empty value", "GET /describe HTTP/1.1\r\nHost: h\r\nX:\r\n\r\n", "GET /describe /describe h"},
      {"high bytes in a value", "GET /describe HTTP/1.1\r\nHost: h\r\nX: \xc3\xa9\r\n\r\n",
       "GET /describe /describe h"},
      {"absolute target", "GET http://H:80/describe?a=b HTTP/1.1\r\nHost: h:80\r\n\r\n",
       "GET /describe /describe h a=b"},
      {"absolute target without path", "OPTIONS http://h HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS / / h"},
      {"escaped path", "GET /a%2Fb%20%C3%A9 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a%2Fb%20%C3%A9 /a/b \xc3\xa9 h"},
      {"escaped query name", "GET /describe?api%2DVersion=2%2B1+0&x HTTP/1.1\r\nHost: h\r\n\r\n",
       "GET /describe /describe h api-version=2+1 0 x="},
      {"a plus is a space in the query and itself in the path",
       "GET /a+b?p+q=my+dir/c%2Bd%20e HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a+b /a+b h p q=my dir/c+d e"},
      {"chunked in capitals",
       "POST /echo HTTP/1.1\r\nHost: h\r\nTRANSFER-ENCODING: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "hello"},
      {"chunk extension and trailer",
       chunked("5;name=\"value\"\r\nhello\r\n00006\r\n world\r\n0;end\r\nX-Sum: 1\r\nContent-Length: 9\r\n\r\n"),
       "hello world"},
      {"MERGE", "MERGE /describe HTTP/1.1\r\nHost: h\r\n\r\n", "MERGE /describe /describe h"},
      {"length zero", with_headers("Content-Length: 0\r\n"), ""},
      {"length with leading zeros", with_headers("Content-Length: 0005\r\n") + "hello", "hello"},
      {"GET with a body", "GET /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", "hello"},
  };
  for (const bool slowly : {false, true}) {
    for (const auto& given : cases) {
      SCOPED_TRACE(given.name);
      RawClient client(server_.port);
      slowly ? client.send_slowly(given.bytes) : client.send(given.bytes);
      const Reply reply = client.reply();
      EXPECT_EQ(reply.status, 200);
      EXPECT_EQ(reply.body, given.body);
      client.send("GET /describe HTTP/1.1\r\nHost: again\r\nConnection: close\r\n\r\n");
      EXPECT_EQ(client.reply().body, "GET /describe /describe again");
      EXPECT_TRUE(client.closed());
    }
  }
}

TEST_F(Smuggling, HttpOneNeedsNoHost) {
  RawClient client(server_.port);
  client.send("GET /describe HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.reply().body, "GET /describe /describe ");
  EXPECT_TRUE(client.closed());
}

TEST_F(Smuggling, AQueryHasABoundedNumberOfParameters) {
  const auto status = [&](std::size_t parameters) {
    std::string query = "a";
    for (std::size_t i = 1; i < parameters; ++i) query += "&a";
    RawClient client(server_.port);
    client.send("GET /describe?" + query + "&& HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    return client.reply().status;
  };
  EXPECT_EQ(status(64), 200);
  EXPECT_EQ(status(65), 400);
  EXPECT_EQ(status(7'000), 400);
}

}  // namespace
}  // namespace freehold::http::testing

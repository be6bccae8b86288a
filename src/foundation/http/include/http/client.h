// A client for reading from other servers: GET and HEAD over http and https, one connection a request.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "http/url.h"

namespace freehold::http {

struct ClientOptions {
  std::string authorities_pem;                // whom to believe; empty: the system's certificate authorities
  std::chrono::milliseconds connect_timeout;  // for the connection and the TLS handshake, each
  std::chrono::milliseconds head_timeout;     // from the request to the end of the response's head
  std::chrono::milliseconds read_timeout;     // without one byte of the body
};
[[nodiscard]] ClientOptions default_client_options();

// What came back. Redirects are answers like any other: nothing is followed. The body may outlive the client; it is
// read on the loop that fetched it. Never null, also where there is none.
struct ClientResponse {
  int status = 0;
  Headers headers;
  std::unique_ptr<BodyReader> body;
};

// Thread-safe: called from all loops. Where a name leads and where a connection goes are two steps, so that what was
// checked between them is what is connected to.
class Client {
 public:
  // kInvalidArgument: the authorities can't be read.
  [[nodiscard]] static Result<std::unique_ptr<Client>> make(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The numeric addresses of a host name, as the system finds them; of an address (an IPv6 one in brackets), itself.
  // kNotFound, kTimeout.
  [[nodiscard]] Task<Result<std::vector<std::string>>> resolve(std::string host);
  // Asks the server at `address` (numeric, without brackets) for the URL, and for nothing else. Over TLS the server
  // proves that it is url.host. Errors: kUnavailable (no connection), kDenied (the certificate), kTimeout, kCancelled
  // (it went away), kInvalidArgument (what it said is no HTTP).
  [[nodiscard]] Task<Result<ClientResponse>> fetch(Method method, Url url, std::string address, Headers headers);

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace freehold::http

// Requests and responses as values, and their bodies as streams.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "runtime/task.h"

namespace freehold::http {

using runtime::Task;

enum class Method { kGet, kHead, kPut, kPost, kDelete, kOptions, kPatch, kMerge };
[[nodiscard]] std::string_view to_string(Method method);

// Header fields in order of arrival; names in lower case. Lookup is linear: requests have some twenty.
class Headers {
 public:
  // First value of that (lower-case) name, or empty.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
  void add(std::string name, std::string value);
  // The name in any case: looked up in lower case, and kept as it was sent for those who give it back.
  void add_as_sent(std::string_view name, std::string value);
  // Of the field at this index; the lower-case name where nothing else is known.
  [[nodiscard]] std::string_view sent_name(std::size_t index) const;
  void set(std::string_view name, std::string value);  // replaces all of that name
  void remove(std::string_view name);
  // Overwrites the values of all of that name where they lie: they held a secret and are over.
  void wipe_values(std::string_view name);
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }
  void reserve(std::size_t n) { fields_.reserve(n); }

 private:
  void note(std::string_view name);
  std::vector<std::pair<std::string, std::string>> fields_;
  std::string sent_;  // all names as sent, each with a ':' after it, which no name has; empty: nothing to know
};

// A query string's parameters in order: names decoded and in lower case, values decoded. Percent-encoding is undone and
// '+' is a space, as in forms; a plus is sent as %2B. nullopt: not UTF-8 so encoded, or more than
// limits::kQueryParameters.
struct QueryParameter {
  std::string name;
  std::string value;
  std::string raw_name;  // as sent, decoded, case kept (for canonical strings)
};
[[nodiscard]] std::optional<std::vector<QueryParameter>> parse_query(std::string_view query);

// The body of a request, read as it comes in: no read, no more bytes from the client (back-pressure).
class BodyReader {
 public:
  virtual ~BodyReader() = default;
  // Bytes still to come if known before reading (Content-Length); nullopt for chunked.
  [[nodiscard]] virtual std::optional<std::uint64_t> length() const = 0;
  // Fills at most out.size() bytes; 0 at the end. kInvalidArgument: broken chunked framing; kCancelled: the client went
  // away or sent less than it announced; kTimeout: it stalled. After an error the connection closes.
  [[nodiscard]] virtual Task<Result<std::size_t>> read_some(std::span<char> out) = 0;
  // All that is still to come is in memory already: reading it waits for nobody.
  [[nodiscard]] virtual bool is_at_hand() const { return false; }
};
// Reads until `out` is full or the body ends; returns the count.
[[nodiscard]] Task<Result<std::size_t>> read_full(BodyReader& body, std::span<char> out);
// The whole body, kExhausted if longer than `limit`.
[[nodiscard]] Task<Result<Bytes>> read_all(BodyReader& body, std::size_t limit);

// The body of a response, made as the client takes it in.
class BodyWriter {
 public:
  virtual ~BodyWriter() = default;
  // The next piece, valid until the next call; empty at the end. An error aborts the connection (the client sees a
  // short body: nothing wrong is ever passed off as whole).
  [[nodiscard]] virtual Task<Result<BytesView>> next() = 0;
};

enum class Listener { kHttps, kHttp, kMetrics, kAdmin };

struct Peer {
  std::string address;  // numeric, without port; "" for the admin socket
  std::uint16_t port = 0;
  std::optional<std::uint32_t> uid;  // of the process at the other end of the admin socket (SO_PEERCRED)
  std::uint16_t tls_version = 0;     // as the protocol has it: 0x0303 is TLS 1.2; 0: no TLS
};

struct Request {
  Method method = Method::kGet;
  std::string target;  // as sent: the request line's path and query (an absolute-form target's authority is in host)
  std::string path;    // as sent, percent-encoded, from the leading '/', without the query
  std::string decoded_path;  // percent-decoded, valid UTF-8 without NUL
  std::string raw_query;     // without '?'
  std::vector<QueryParameter> query;
  Headers headers;
  std::string host;  // of the Host header, lower case, without port; an IPv6 literal keeps its brackets
  Listener listener = Listener::kHttps;
  Peer peer;
  BodyReader* body = nullptr;  // never null in a handler; owned by the connection, lives as long as the handler runs

  // The parameter of that (lower-case) name, or empty.
  [[nodiscard]] std::string_view parameter(std::string_view name) const;
  [[nodiscard]] bool has_parameter(std::string_view name) const;
};

struct StreamBody {
  std::uint64_t length = 0;  // sent as Content-Length
  std::unique_ptr<BodyWriter> writer;
};

struct Response {
  int status = 200;
  Headers headers;  // Content-Length, Transfer-Encoding, Connection, Date and Server are the server's: dropped here
  std::variant<std::monostate, Bytes, StreamBody> body;
  // For HEAD: the Content-Length to announce without a body.
  std::optional<std::uint64_t> head_length;
  bool close = false;  // close the connection after this response
};

}  // namespace freehold::http

// Requests for the load generator: heads signed ahead where that is legal, one by one where each must differ.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace freehold::bench {

// Whom to ask, and as whom. An empty key sends no Authorization header (a plain web server).
struct Peer {
  std::string host;       // the Host header, with port
  std::string account;    // leads the path: path style
  std::string key;        // base64
  std::string container;  // or the folder of a web server
};

// One request of any service, sent again and again: what a bearer token lets its holder do.
struct PlainRequest {
  std::string host;  // the Host header
  std::string path;  // with its query; {n} in it stands for 0 .. objects-1 in turn
  std::string token;
  std::string body;             // JSON; empty: a GET
  std::string method = "POST";  // of what has a body
  int status = 200;             // that says that it was done
};

// What to send next. Owned by the load loop, one thread.
class RequestSource {
 public:
  virtual ~RequestSource() = default;
  virtual void next_head(std::string& out) = 0;
  [[nodiscard]] virtual std::string_view body() const = 0;
  [[nodiscard]] virtual int expected_status() const = 0;
};

// GETs of blobs 0 .. objects-1 in turn; of very many, of some thousands that the seed chooses. Their signatures are
// made once: a signature holds for 15 minutes, and these requests are all alike, as a client that caches its headers
// would send them.
[[nodiscard]] std::unique_ptr<RequestSource> get_requests(const Peer& peer, std::size_t objects, std::uint64_t seed);

// PUTs of `size` random bytes. Names are prefix + counter, so that no two collide; each is signed on its own. With
// objects > 0 the counter wraps there.
[[nodiscard]] std::unique_ptr<RequestSource> put_requests(const Peer& peer, std::string prefix, std::size_t size,
                                                          std::size_t objects);

// Blocks of `size` random bytes, staged without a digest, 64 to a blob.
[[nodiscard]] std::unique_ptr<RequestSource> block_requests(const Peer& peer, std::string prefix, std::size_t size);

// The first page of the container's listing, again and again.
[[nodiscard]] std::unique_ptr<RequestSource> list_requests(const Peer& peer);

// The same request each time, but for {n}; 200 is right.
[[nodiscard]] std::unique_ptr<RequestSource> plain_requests(PlainRequest request, std::size_t objects);

}  // namespace freehold::bench

// Digests, HMAC and HKDF (OpenSSL 3). Contexts are kept per thread and reused.
#pragma once

#include <array>
#include <initializer_list>
#include <memory>

#include "base/bytes.h"
#include "base/secret.h"

namespace freehold::crypto {

using Sha256Digest = std::array<std::uint8_t, 32>;
using Md5Digest = std::array<std::uint8_t, 16>;

[[nodiscard]] inline BytesView view(const Sha256Digest& d) {
  return {reinterpret_cast<const char*>(d.data()), d.size()};
}
[[nodiscard]] inline BytesView view(const Md5Digest& d) { return {reinterpret_cast<const char*>(d.data()), d.size()}; }

[[nodiscard]] Sha256Digest sha256(BytesView data);
[[nodiscard]] Sha256Digest sha256(std::initializer_list<BytesView> pieces);
[[nodiscard]] Sha256Digest hmac_sha256(BytesView key, BytesView data);
// RFC 5869 expand step alone; `key` is already uniform. length <= 8160.
[[nodiscard]] Secret hkdf_expand(BytesView key, BytesView info, std::size_t length);

// MD5 for Content-MD5 only: Azure demands it, nothing here trusts it. Streaming; not thread-safe.
class Md5 {
 public:
  Md5();
  ~Md5();
  Md5(Md5&&) noexcept;
  Md5& operator=(Md5&&) noexcept;
  void update(BytesView data);
  [[nodiscard]] Md5Digest finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::crypto

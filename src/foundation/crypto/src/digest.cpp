#include "crypto/digest.h"

#include <cstring>

#include "base/check.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {
namespace {

constexpr std::size_t kSha256Block = 64;

// Fetched once: an implicit fetch at every init takes a provider lock and most of a microsecond.
const EVP_MD* fetched(const char* name) {
  EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
  FH_CHECK(md != nullptr);
  return md;
}

const EVP_MD* sha256_md() {
  static const EVP_MD* const md = fetched("SHA256");
  return md;
}

const EVP_MD* md5_md() {
  static const EVP_MD* const md = fetched("MD5");
  return md;
}

EVP_MD_CTX* thread_context() {
  thread_local const MdContextPtr context(EVP_MD_CTX_new());
  FH_CHECK(context != nullptr);
  return context.get();
}

void update(EVP_MD_CTX* context, BytesView data) { FH_CHECK(EVP_DigestUpdate(context, data.data(), data.size()) == 1); }

Sha256Digest digest_pieces(std::initializer_list<BytesView> pieces) {
  EVP_MD_CTX* context = thread_context();
  FH_CHECK(EVP_DigestInit_ex(context, sha256_md(), nullptr) == 1);
  for (BytesView piece : pieces) update(context, piece);
  Sha256Digest digest;
  FH_CHECK(EVP_DigestFinal_ex(context, digest.data(), nullptr) == 1);
  return digest;
}

// RFC 2104 over the reused digest context: EVP_MAC of OpenSSL 3.0 costs several times as much for a short message.
class HmacKey {
 public:
  explicit HmacKey(BytesView key) {
    std::array<char, kSha256Block> block{};
    if (key.size() <= block.size()) {
      if (!key.empty()) std::memcpy(block.data(), key.data(), key.size());
    } else {
      const Sha256Digest shortened = sha256(key);
      std::memcpy(block.data(), shortened.data(), shortened.size());
    }
    for (std::size_t i = 0; i < block.size(); ++i) {
      inner_[i] = static_cast<char>(block[i] ^ 0x36);
      outer_[i] = static_cast<char>(block[i] ^ 0x5c);
    }
    wipe(block.data(), block.size());
  }
  ~HmacKey() {
    wipe(inner_.data(), inner_.size());
    wipe(outer_.data(), outer_.size());
  }
  HmacKey(const HmacKey&) = delete;
  HmacKey& operator=(const HmacKey&) = delete;

  [[nodiscard]] Sha256Digest mac(BytesView a, BytesView b = {}, BytesView c = {}) const {
    Sha256Digest inside = digest_pieces({{inner_.data(), inner_.size()}, a, b, c});
    const Sha256Digest result = digest_pieces({{outer_.data(), outer_.size()}, view(inside)});
    wipe(inside.data(), inside.size());
    return result;
  }

 private:
  std::array<char, kSha256Block> inner_;
  std::array<char, kSha256Block> outer_;
};

}  // namespace

Sha256Digest sha256(BytesView data) { return digest_pieces({data}); }

Sha256Digest sha256(std::initializer_list<BytesView> pieces) { return digest_pieces(pieces); }

Sha256Digest hmac_sha256(BytesView key, BytesView data) { return HmacKey(key).mac(data); }

Secret hkdf_expand(BytesView key, BytesView info, std::size_t length) {
  FH_CHECK(length <= 255 * sizeof(Sha256Digest));
  const HmacKey hmac(key);
  Secret out(length);
  Sha256Digest block{};
  BytesView previous;
  for (std::size_t done = 0, counter = 1; done < length; ++counter) {
    const char octet = static_cast<char>(counter);
    block = hmac.mac(previous, info, {&octet, 1});
    const std::size_t take = std::min(length - done, block.size());
    std::memcpy(out.span().data() + done, block.data(), take);
    done += take;
    previous = view(block);
  }
  wipe(block.data(), block.size());
  return out;
}

struct Md5::State {
  MdContextPtr context{EVP_MD_CTX_new()};
};

Md5::Md5() : state_(std::make_unique<State>()) {
  FH_CHECK(state_->context && EVP_DigestInit_ex(state_->context.get(), md5_md(), nullptr) == 1);
}
Md5::~Md5() = default;
Md5::Md5(Md5&&) noexcept = default;
Md5& Md5::operator=(Md5&&) noexcept = default;

void Md5::update(BytesView data) { crypto::update(state_->context.get(), data); }

Md5Digest Md5::finish() {
  Md5Digest digest;
  FH_CHECK(EVP_DigestFinal_ex(state_->context.get(), digest.data(), nullptr) == 1);
  return digest;
}

}  // namespace freehold::crypto

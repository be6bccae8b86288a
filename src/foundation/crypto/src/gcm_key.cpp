#include "src/gcm_key.h"

#include <atomic>
#include <cstring>
#include <optional>

#include "base/check.h"
#include "src/openssl_ptr.h"

namespace freehold::crypto {
namespace {

// One manager a process: after init it is a table of functions for this processor, read only. Lives as long as the
// process.
const IMB_MGR* ipsec_mb() {
  static const IMB_MGR* const manager = [] {
    IMB_MGR* made = alloc_mb_mgr(0);
    if (made != nullptr) init_mb_mgr_auto(made, nullptr);
    return made;
  }();
  return manager;
}

AeadEngine best_engine() {
  constexpr std::uint64_t kNeeded = IMB_FEATURE_AESNI | IMB_FEATURE_PCLMULQDQ;
  const IMB_MGR* manager = ipsec_mb();
  const bool able = manager != nullptr && (manager->features & kNeeded) == kNeeded;
  return able ? AeadEngine::kIpsecMb : AeadEngine::kOpenssl;
}

std::atomic<int> forced_engine{-1};

const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  FH_CHECK(cipher != nullptr);
  return cipher;
}

// The thread's own cipher context, keyed for one message and then keyed with zeros: no schedule outlives its use.
class OpensslGcm {
 public:
  enum class Direction { kOpen = 0, kSeal = 1 };

  OpensslGcm(Direction direction, BytesView key, BytesView nonce, BytesView context) : context_(thread_context()) {
    FH_CHECK(EVP_CipherInit_ex(context_, aes_256_gcm(), nullptr, octets(key.data()), octets(nonce.data()),
                               static_cast<int>(direction)) == 1);
    int done = 0;
    FH_CHECK(context.empty() ||
             EVP_CipherUpdate(context_, nullptr, &done, octets(context.data()), static_cast<int>(context.size())) == 1);
  }
  ~OpensslGcm() {
    static constexpr std::array<unsigned char, kAeadKeyBytes> kZeros{};
    FH_CHECK(EVP_CipherInit_ex(context_, nullptr, nullptr, kZeros.data(), kZeros.data(), 1) == 1);
  }
  OpensslGcm(const OpensslGcm&) = delete;
  OpensslGcm& operator=(const OpensslGcm&) = delete;

  void update(BytesView in, char* out) {
    constexpr std::size_t kStep = std::size_t{1} << 30;  // lengths are int here
    while (!in.empty()) {
      const std::size_t take = std::min(in.size(), kStep);
      int done = 0;
      FH_CHECK(EVP_CipherUpdate(context_, octets(out), &done, octets(in.data()), static_cast<int>(take)) == 1);
      in.remove_prefix(take);
      out += take;
    }
  }
  void finish_seal(char* tag) {
    std::array<unsigned char, kAeadTagBytes> none;
    int done = 0;
    FH_CHECK(EVP_CipherFinal_ex(context_, none.data(), &done) == 1);
    FH_CHECK(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes, tag) == 1);
  }
  [[nodiscard]] bool finish_open(std::array<char, kAeadTagBytes> tag) {
    FH_CHECK(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, tag.data()) == 1);
    std::array<unsigned char, kAeadTagBytes> none;
    int done = 0;
    return EVP_CipherFinal_ex(context_, none.data(), &done) == 1;
  }

 private:
  static EVP_CIPHER_CTX* thread_context() {
    thread_local const CipherContextPtr context(EVP_CIPHER_CTX_new());
    FH_CHECK(context != nullptr);
    return context.get();
  }
  EVP_CIPHER_CTX* context_;
};

// The library refuses null pointers where a length is zero in some of its paths only: never hand it one.
const std::uint8_t* solid(BytesView bytes) {
  static constexpr std::uint8_t kNothing = 0;
  return bytes.data() != nullptr ? octets(bytes.data()) : &kNothing;
}

struct IpsecContext {
  alignas(kScheduleAlignment) gcm_context_data data;
  ~IpsecContext() { wipe(&data, sizeof data); }
};

}  // namespace

AeadEngine aead_engine() {
  static const AeadEngine best = best_engine();
  const int forced = forced_engine.load(std::memory_order_relaxed);
  return forced < 0 ? best : static_cast<AeadEngine>(forced);
}

bool force_aead_engine_for_tests(std::optional<AeadEngine> engine) {
  if (engine == AeadEngine::kIpsecMb && best_engine() != AeadEngine::kIpsecMb) return false;
  forced_engine = engine ? static_cast<int>(*engine) : -1;
  return true;
}

GcmKey::GcmKey(AeadEngine engine, BytesView key) : engine_(engine) {
  FH_CHECK(key.size() == kAeadKeyBytes);
  if (engine_ == AeadEngine::kIpsecMb) {
    IMB_AES256_GCM_PRE(ipsec_mb(), key.data(), &schedule_);
  } else {
    std::memcpy(raw_.data(), key.data(), raw_.size());
  }
}

GcmKey::~GcmKey() {
  if (engine_ == AeadEngine::kIpsecMb) {
    wipe(&schedule_, sizeof schedule_);
  } else {
    wipe(raw_.data(), raw_.size());
  }
}

void GcmKey::seal(BytesView nonce, BytesView context, BytesView plain, std::span<char> out) const {
  FH_CHECK(nonce.size() == kAeadNonceBytes && out.size() == plain.size() + kAeadTagBytes);
  char* tag = out.data() + plain.size();
  if (engine_ == AeadEngine::kIpsecMb) {
    IpsecContext work;
    IMB_AES256_GCM_ENC(ipsec_mb(), &schedule_, &work.data, octets(out.data()), solid(plain), plain.size(), solid(nonce),
                       solid(context), context.size(), octets(tag), kAeadTagBytes);
    return;
  }
  OpensslGcm work(OpensslGcm::Direction::kSeal, {raw_.data(), raw_.size()}, nonce, context);
  work.update(plain, out.data());
  work.finish_seal(tag);
}

bool GcmKey::open(BytesView nonce, BytesView context, BytesView sealed, std::span<char> out) const {
  if (sealed.size() < kAeadTagBytes) return false;
  FH_CHECK(nonce.size() == kAeadNonceBytes && out.size() == sealed.size() - kAeadTagBytes);
  const BytesView cipher = sealed.substr(0, out.size());
  std::array<char, kAeadTagBytes> tag;  // copied first: in place, `out` ends where the tag begins
  std::memcpy(tag.data(), sealed.data() + cipher.size(), tag.size());
  bool good = false;
  if (engine_ == AeadEngine::kIpsecMb) {
    IpsecContext work;
    std::array<char, kAeadTagBytes> computed;
    char unused = 0;
    IMB_AES256_GCM_DEC(ipsec_mb(), &schedule_, &work.data, octets(out.empty() ? &unused : out.data()), solid(cipher),
                       cipher.size(), solid(nonce), solid(context), context.size(), octets(computed.data()),
                       kAeadTagBytes);
    good = constant_time_equal({computed.data(), computed.size()}, {tag.data(), tag.size()});
  } else {
    OpensslGcm work(OpensslGcm::Direction::kOpen, {raw_.data(), raw_.size()}, nonce, context);
    work.update(cipher, out.data());
    good = work.finish_open(tag);
  }
  if (!good && !out.empty()) wipe(out.data(), out.size());
  return good;
}

}  // namespace freehold::crypto

#include "src/embedded/file_cipher.h"

#include "crypto/ctr.h"
#include "crypto/digest.h"
#include "disk/encrypted_file_system.h"

namespace freehold::store::embedded {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kCheckBytes = 16;

class CtrFileCipher final : public disk::FileCipher {
 public:
  CtrFileCipher(const Secret& key, BytesView iv16) : stream_(key, iv16) {}
  void apply(std::uint64_t offset, std::span<char> data) const override { stream_.apply(offset, data); }

 private:
  crypto::CtrStream stream_;
};

// Two keys from the domain's one: a check value must not tell anything of the cipher's.
class CtrFileCiphers final : public disk::FileCipherFactory {
 public:
  explicit CtrFileCiphers(const Secret& key)
      : cipher_key_(crypto::hkdf_expand(key.view(), "freehold rows cipher", kKeyBytes)),
        check_key_(crypto::hkdf_expand(key.view(), "freehold rows check", kKeyBytes)) {}

  std::unique_ptr<disk::FileCipher> make(BytesView iv16) const override {
    return std::make_unique<CtrFileCipher>(cipher_key_, iv16);
  }
  Bytes check_value(BytesView head) const override {
    return Bytes(crypto::view(crypto::hmac_sha256(check_key_.view(), head)).substr(0, kCheckBytes));
  }

 private:
  const Secret cipher_key_;
  const Secret check_key_;
};

}  // namespace

std::shared_ptr<rocksdb::Env> encrypted_env(disk::Disk& disk, const Secret& file_key, Random& random) {
  auto ciphers = std::make_shared<const CtrFileCiphers>(file_key);
  return disk.rocksdb_env(disk::encrypt_file_system(disk.rocksdb_file_system(), std::move(ciphers), random));
}

}  // namespace freehold::store::embedded

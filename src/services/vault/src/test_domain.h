// Who holds a security domain, as clients do it: certificates, shares, and what a client makes of them for another
// pool.
#pragma once

#include "base/encoding.h"
#include "base/testing/temporary_directory.h"
#include "crypto/compact_jwe.h"
#include "crypto/key_certificate.h"
#include "crypto/secret_shares.h"
#include "src/test_pool.h"

namespace freehold::vault {

struct DomainHolder {
  crypto::JoseKey key;
  Bytes certificate;
};

class DomainTest : public PoolTest {
 protected:
  // One module for all tests of the process; each pool makes a token of its own in it.
  static void SetUpTestSuite() {
    directory_ = std::make_unique<TemporaryDirectory>();
    crypto::HsmConfig config;
    config.token_label = "freehold-test";
    config.softhsm_dir = *directory_ / "hsm";
    config.pin = Secret(BytesView("a pin for tests"));
    hsm_ = std::move(*crypto::open_hsm(std::move(config), true));
  }
  static void TearDownTestSuite() {
    hsm_.reset();
    directory_.reset();
  }
  DomainTest() {
    hsm_of_pools_ = hsm_.get();
    open();
  }
  ~DomainTest() override {
    pipeline_.reset();
    service_.reset();  // before the module goes
  }
  static inline std::unique_ptr<TemporaryDirectory> directory_;
  static inline std::unique_ptr<crypto::Hsm> hsm_;

  // RSA keys take long: made once.
  static const std::vector<DomainHolder>& holders() {
    static const auto made = [] {
      SeededRandom random(5);
      std::vector<DomainHolder> out;
      for (const char* subject : {"CN=one", "CN=two", "CN=three"}) {
        auto key = crypto::JoseKey::generate_rsa(2'048, 65'537);
        auto certificate =
            crypto::self_signed(*key, {.subject = subject}, WallTime(std::chrono::hours(24 * 20'000)), random);
        out.push_back({std::move(*key), std::move(*certificate)});
      }
      return out;
    }();
    return made;
  }
  static Json certificate_set(std::int64_t required = 2) {
    Json certificates = Json::array();
    for (const auto& holder : holders()) {
      certificates.push_back({{"kty", "RSA"}, {"x5c", {to_base64(holder.certificate)}}});
    }
    return {{"certificates", std::move(certificates)}, {"required", required}};
  }
  Answer download(const std::string& pool, Json body = certificate_set()) {
    return ask_pool(owner_, http::Method::kPost, pool, "/securitydomain/download", std::move(body));
  }
  // What a client does with the private keys of two holders and a pool's exchange key.
  Json for_pool(const Json& domain, const Json& transfer_key) {
    std::vector<Secret> shares;
    for (const std::size_t i : {2, 0}) {
      for (const auto& each : domain["SharedKeys"]["enc_shares"]) {
        auto share = crypto::open_sealed_to(holders()[i].key, each["enc_key"].get<std::string>());
        if (share) shares.push_back(std::move(*share));
      }
    }
    const auto master = crypto::join_shares(shares, 2);
    if (!master) return nullptr;
    SeededRandom random(6);
    Secret fresh(32);
    random.fill(fresh.span());
    Json data = Json::array();
    for (const auto& each : domain["EncData"]["data"]) {
      const auto tag = each["tag"].get<std::string>();
      const auto plain =
          crypto::open_direct(crypto::derive_by_counter(*master, tag, 64), each["compact_jwe"].get<std::string>());
      if (!plain) return nullptr;
      const auto sealed = crypto::seal_direct(crypto::derive_by_counter(fresh, tag, 64), tag, *plain, random);
      data.push_back({{"compact_jwe", *sealed}, {"tag", tag}});
    }
    const auto der = from_base64(transfer_key["x5c"][0].get<std::string>());
    return {{"EncData", {{"data", data}, {"kdf", "sp108_kdf"}}},
            {"WrappedKey", {{"enc_key", *crypto::seal_to_certificate(*der, fresh, random)}, {"x5t_256", ""}}}};
  }
};

}  // namespace freehold::vault

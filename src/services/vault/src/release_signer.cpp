#include "src/release_signer.h"

#include <nlohmann/json.hpp>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "crypto/key_certificate.h"

namespace freehold::vault {
namespace {

constexpr std::chrono::days kLife{30};

// RFC 7515 section 4.1: the certificate's SHA-1 and SHA-256, and the chain in base64, the key's certificate first.
Result<std::string> header_of(const std::vector<Bytes>& chain) {
  FH_TRY(const auto facts, crypto::certificate_facts(chain.front()));
  std::string id = to_hex(facts.sha1);
  for (char& c : id) c = c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c;
  nlohmann::ordered_json header = {{"alg", "RS256"},
                                   {"kid", id},
                                   {"x5t", to_base64url(facts.sha1)},
                                   {"typ", "JWT"},
                                   {"x5t#S256", to_base64url(crypto::view(crypto::sha256(chain.front())))}};
  for (const Bytes& each : chain) header["x5c"].push_back(to_base64(each));
  return header.dump();
}

}  // namespace

Result<std::shared_ptr<const ReleaseSigner::Made>> ReleaseSigner::make(WallTime now) {
  if (authority_ == nullptr) return fail(ErrorCode::kUnavailable, "there is no authority to sign what is released");
  FH_TRY(auto key, crypto::RsaSigningKey::generate());
  const crypto::ServerCertificateRequest names{
      .dns_names = {"vault." + domain_, "*.vault." + domain_, "*.managedhsm." + domain_}, .ip_addresses = {}};
  FH_TRY(const auto chain, crypto::issue_signing_certificate(*authority_, key.public_key(), names, now, random_));
  FH_TRY(auto header, header_of(chain));
  return std::make_shared<const Made>(std::move(key), std::move(header), now);
}

Result<std::string> ReleaseSigner::sign(std::string_view payload, WallTime now) {
  std::shared_ptr<const Made> by;
  {
    const std::lock_guard lock(mutex_);
    // A clock that was set back would make a certificate that isn't valid yet.
    if (made_ == nullptr || now < made_->from || now >= made_->from + kLife) {
      FH_TRY(made_, make(now));
    }
    by = made_;
  }
  return crypto::sign_compact(by->key, by->header, payload);
}

}  // namespace freehold::vault

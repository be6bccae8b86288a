#include "src/security_domain.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/json_depth.h"
#include "crypto/compact_jwe.h"
#include "crypto/digest.h"
#include "crypto/key_certificate.h"
#include "crypto/secret_shares.h"
#include "src/jwk.h"

namespace freehold::vault {
namespace {

constexpr int kVersion = 2;
constexpr std::size_t kMasterBytes = 32;
constexpr std::size_t kTokenBytes = 64;
constexpr std::size_t kBackupBytes = 32;
constexpr std::size_t kMaxCertificateBytes = 16 * 1'024;
constexpr std::size_t kMaxData = 16;
constexpr std::string_view kTokenTag = "freehold-token";
constexpr std::string_view kBackupTag = "freehold-backup";
constexpr std::string_view kDerivation = "sp108_kdf";

std::unexpected<Error> wrong(std::string what) { return fail(ErrorCode::kInvalidArgument, std::move(what)); }

std::string thumbprint(BytesView certificate) { return to_base64url(crypto::view(crypto::sha256(certificate))); }

// "compact_jwe" and "enc_key": as they are, or in base64url once more, as some versions of az have them.
std::string message_of(const Json& object, std::string_view name) {
  const auto& value = member(object, name);
  if (!value.is_string()) return {};
  const auto& text = value.get_ref<const std::string&>();
  if (text.find('.') != text.npos) return text;
  return from_base64url(text).value_or(Bytes());
}

Result<Json> seal_data(const Secret& master, const DomainSecrets& secrets, Random& random) {
  Json data = Json::array();
  for (const auto& [tag, secret] : {std::pair(kTokenTag, &secrets.token), std::pair(kBackupTag, &secrets.backup)}) {
    const Secret key = crypto::derive_by_counter(master, tag, crypto::kContentKeyBytes);
    FH_TRY(auto text, crypto::seal_direct(key, tag, *secret, random));
    data.push_back({{"compact_jwe", std::move(text)}, {"tag", tag}});
  }
  return Json{{"data", std::move(data)}, {"kdf", kDerivation}};
}

// The secret of one tag; kInvalidArgument: none, or it doesn't open.
Result<Secret> open_data(const Json& data, const Secret& master, std::string_view tag, std::size_t bytes) {
  for (const auto& each : data) {
    if (member(each, "tag") != tag) continue;
    const Secret key = crypto::derive_by_counter(master, tag, crypto::kContentKeyBytes);
    auto secret = crypto::open_direct(key, message_of(each, "compact_jwe"));
    if (!secret || secret->size() != bytes) return wrong("a part of it doesn't open.");
    return secret;
  }
  return wrong("it isn't one of this cloud's pools.");
}

}  // namespace

DomainSecrets DomainSecrets::make(Random& random) {
  DomainSecrets out{.token = Secret(kTokenBytes), .backup = Secret(kBackupBytes)};
  random.fill(out.token.span());
  random.fill(out.backup.span());
  return out;
}

Bytes DomainHolders::fingerprint() const {
  std::vector<Bytes> all;
  for (const auto& each : certificates) all.emplace_back(crypto::view(crypto::sha256(each)));
  std::ranges::sort(all);
  Bytes joined;
  append_u64(joined, static_cast<std::uint64_t>(required));
  for (const auto& each : all) joined += each;
  return Bytes(crypto::view(crypto::sha256(joined)));
}

Result<DomainHolders> read_holders(const Json& body) {
  DomainHolders out;
  FH_TRY(const auto* list, array_member(body, "certificates", kMostDomainCertificates));
  if (list == nullptr || list->size() < kLeastDomainCertificates) {
    return wrong("'certificates' must be 3 to 10 certificates of RSA keys.");
  }
  for (const auto& each : *list) {
    FH_TRY(const auto* chain, array_member(each, "x5c", 8));
    if (chain == nullptr || chain->empty() || !chain->front().is_string()) {
      return wrong("each certificate must have 'x5c'.");
    }
    auto der = from_base64(chain->front().get_ref<const std::string&>());
    if (!der || der->empty() || der->size() > kMaxCertificateBytes)
      return wrong("'x5c' must be certificates in base64.");
    if (std::ranges::find(out.certificates, *der) != out.certificates.end()) {
      return wrong("a certificate stands twice in 'certificates'.");
    }
    out.certificates.push_back(std::move(*der));
  }
  FH_TRY(const auto required, number_member(body, "required"));
  if (!required || *required < kLeastQuorum || *required > static_cast<std::int64_t>(out.certificates.size())) {
    return wrong("'required' must be at least 2 and at most as many as there are certificates.");
  }
  out.required = *required;
  return out;
}

Result<std::string> seal_domain(const DomainHolders& holders, const DomainSecrets& secrets, Random& random) {
  Secret master(kMasterBytes);
  random.fill(master.span());
  FH_TRY(auto data, seal_data(master, secrets, random));
  FH_TRY(const auto shares, crypto::share_secret(master, static_cast<unsigned>(holders.certificates.size()),
                                                 static_cast<unsigned>(holders.required), random));
  Json sealed = Json::array();
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const auto& certificate = holders.certificates[i];
    FH_TRY(auto text, crypto::seal_to_certificate(certificate, shares[i], random));
    sealed.push_back({{"enc_key", std::move(text)}, {"x5t_256", thumbprint(certificate)}});
  }
  const Json whole = {
      {"EncData", std::move(data)},
      {"SharedKeys",
       {{"enc_shares", std::move(sealed)}, {"key_algorithm", "shamir_share"}, {"required", holders.required}}},
      {"version", kVersion}};
  std::string text = whole.dump();
  if (text.size() > kMaxDomainBytes) return wrong("the certificates' keys are too long together.");
  return text;
}

Result<DomainSecrets> open_domain(std::string_view text, const crypto::JoseKey& transfer_key) {
  if (text.size() > kMaxDomainBytes || nests_deeper_than(text, 8)) return wrong("it is too long.");
  const Json whole = Json::parse(text, nullptr, false);
  const Json& encrypted = member(whole, "EncData");
  const Json& data = member(encrypted, "data");
  const Json& wrapped = member(whole, "WrappedKey");
  if (!data.is_array() || data.size() > kMaxData || !wrapped.is_object()) {
    return wrong("it has no 'EncData' and 'WrappedKey': it must be made for this pool's exchange key.");
  }
  if (member(encrypted, "kdf") != kDerivation) return wrong("its keys are derived in another way.");
  const auto master = crypto::open_sealed_to(transfer_key, message_of(wrapped, "enc_key"));
  if (!master || master->size() != kMasterBytes) return wrong("it wasn't made for this pool's exchange key.");
  DomainSecrets out;
  FH_TRY(out.token, open_data(data, *master, kTokenTag, kTokenBytes));
  FH_TRY(out.backup, open_data(data, *master, kBackupTag, kBackupBytes));
  return out;
}

Json show_transfer_key(const crypto::JoseKey& key, BytesView certificate) {
  Json jwk = show_jwk(key.numbers(), {"wrapKey", "encrypt"});
  jwk["alg"] = "RSA-OAEP-256";
  jwk["kid"] = thumbprint(certificate);
  jwk["x5c"] = Json::array({to_base64(certificate)});
  if (const auto facts = crypto::certificate_facts(certificate)) jwk["x5t"] = to_base64url(facts->sha1);
  jwk["x5t#S256"] = thumbprint(certificate);
  return jwk;
}

}  // namespace freehold::vault

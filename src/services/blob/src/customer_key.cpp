#include "src/customer_key.h"

#include "base/encoding.h"
#include "crypto/digest.h"

namespace freehold::blob {
namespace {

constexpr std::string_view kKey = "x-ms-encryption-key";
constexpr std::string_view kSha256 = "x-ms-encryption-key-sha256";
constexpr std::string_view kAlgorithm = "x-ms-encryption-algorithm";
constexpr std::string_view kContentLabel = "freehold customer key";

// The errors name the header and never repeat the key.
ApiResult<Secret> decode_key(std::string_view text) {
  auto bytes = from_base64(text);
  if (!bytes) return refuse(errors::invalid_header(kKey, ""));
  Secret key(*bytes);
  wipe(*bytes);
  if (key.size() != crypto::kAeadKeyBytes) return refuse(errors::invalid_header(kKey, ""));
  return key;
}

}  // namespace

ApiResult<std::optional<CustomerKey>> parse_customer_key(const http::Request& request,
                                                         const gate::StorageAccount& account) {
  const auto& headers = request.headers;
  if (!headers.has(kKey) && !headers.has(kSha256) && !headers.has(kAlgorithm)) return std::nullopt;
  for (const auto name : {kKey, kSha256, kAlgorithm}) {
    if (!headers.has(name)) return refuse(errors::missing_header(name));
  }
  if (request.listener == http::Listener::kHttp && !account.emulator) {
    return refuse(errors::customer_key_needs_https());
  }
  if (!equals_ignoring_case(headers.get(kAlgorithm), "AES256")) {
    return refuse(errors::invalid_header(kAlgorithm, headers.get(kAlgorithm)));
  }
  FH_TRY(auto key, decode_key(headers.get(kKey)));
  const auto digest = crypto::sha256(key.view());
  const auto sent = from_base64(headers.get(kSha256));
  if (!sent || !constant_time_equal(*sent, crypto::view(digest))) {
    return refuse(errors::invalid_header(kSha256, headers.get(kSha256)));
  }
  return CustomerKey{std::make_shared<const Secret>(std::move(key)), Bytes(crypto::view(digest))};
}

ApiResult<> check_customer_key(BytesView stored_sha256, const std::optional<CustomerKey>& sent) {
  if (stored_sha256.empty()) {
    if (sent) return refuse(errors::customer_key_not_used());
    return {};
  }
  if (!sent) return refuse(errors::customer_key_missing());
  if (!constant_time_equal(stored_sha256, sent->sha256)) return refuse(errors::customer_key_mismatch());
  return {};
}

// RFC 5869: extract with the customer's key as the salt, then expand.
BlobKey content_key(const BlobKey& blob_key, const std::optional<CustomerKey>& customer) {
  if (!customer) return blob_key;
  auto extracted = crypto::hmac_sha256(customer->key->view(), blob_key->key.view());
  auto derived = crypto::hkdf_expand(crypto::view(extracted), kContentLabel, crypto::kAeadKeyBytes);
  wipe(extracted.data(), extracted.size());
  return std::make_shared<const ContentKey>(ContentKey{std::move(derived), blob_key->outer});
}

void add_customer_key(http::Response& response, BytesView sha256) {
  if (!sha256.empty()) response.headers.add(std::string(kSha256), to_base64(sha256));
}

}  // namespace freehold::blob

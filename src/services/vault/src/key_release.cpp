// The release of a key to an environment that somebody vouches for: "Release" of the data plane reference.
//
// The token wraps the key for the environment; what is signed here is nobody's to open but the environment's.
#include "base/encoding.h"
#include "src/attestation.h"
#include "src/key_export.h"
#include "src/key_operations.h"
#include "src/release_signer.h"
#include "src/token_material.h"

namespace freehold::vault {
namespace {

constexpr std::string_view kOperation = "release";
constexpr std::size_t kMaxNonceBytes = 1'024;

struct WrapAlgorithm {
  std::string_view name;
  crypto::HashName hash;  // of RSA-OAEP and its MGF1
};
// "KeyEncryptionAlgorithm" of the reference. The first is what isn't named.
constexpr WrapAlgorithm kAlgorithms[] = {{"CKM_RSA_AES_KEY_WRAP", crypto::HashName::kSha1},
                                         {"RSA_AES_KEY_WRAP_256", crypto::HashName::kSha256},
                                         {"RSA_AES_KEY_WRAP_384", crypto::HashName::kSha384}};

struct ReleaseAsked {
  std::string target;
  std::optional<std::string> nonce;
  WrapAlgorithm algorithm = kAlgorithms[0];
};

ApiResult<ReleaseAsked> read_asked(const Json& body) {
  ReleaseAsked out;
  FH_TRY(const auto target, said(text_member(body, "target", crypto::kMaxTokenBytes)));
  if (!target || target->empty()) {
    return vault_errors::bad_parameter("'target' is required: the attestation assertion for the target.");
  }
  out.target = *target;
  FH_TRY(out.nonce, said(text_member(body, "nonce", kMaxNonceBytes)));
  FH_TRY(const auto enc, said(text_member(body, "enc", 64)));
  if (!enc) return out;
  const auto at = std::ranges::find(kAlgorithms, *enc, &WrapAlgorithm::name);
  if (at == std::end(kAlgorithms)) {
    return vault_errors::bad_parameter(
        "'enc' must be CKM_RSA_AES_KEY_WRAP, RSA_AES_KEY_WRAP_256 or RSA_AES_KEY_WRAP_384.");
  }
  out.algorithm = *at;
  return out;
}

// Signatures of attestations take their time: on the pool.
Task<ApiResult<AttestedEnvironment>> attested(VaultParts& parts, const VaultCall& call, std::string target,
                                              const Json& policy) {
  if (parts.release == nullptr) co_return vault_errors::not_attested("nothing is released here");
  auto data = from_base64url(policy.is_object() ? policy.value("data", "") : "");
  FH_CO_TRY(auto rules, said(parse_release_policy(data.value_or(Bytes()))));
  const auto* issuers = &parts.release->issuers;
  auto environment = co_await parts.crypto.run(
      fair_key(call.vault->tenant), [issuers, target = std::move(target), rules = std::move(rules), now = call.now] {
        return read_attestation(target, *issuers, rules, now);
      });
  if (!environment && environment.error().code == ErrorCode::kDenied) {
    co_return vault_errors::not_attested(environment.error().detail);
  }
  co_return said(std::move(environment));
}

Json key_blob(const AttestedEnvironment& to, std::string_view enc, BytesView wrapped) {
  return {{"schema_version", "1.0"},
          {"header", {{"kid", to.key_id}, {"alg", "dir"}, {"enc", enc}}},
          {"ciphertext", to_base64url(wrapped)}};
}

}  // namespace

// Whether it may be is decided before the token is asked; that it is on its way out is in the log before it leaves.
Task<Reply> release_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto name, name_in(call));
  // Environments of Azure's ask without a version, and without a place for it.
  const bool named = call.segments.size() > 3;
  FH_CO_TRY(const auto version, named ? version_in(call, kKeyApi) : ApiResult<std::string>(std::string()));
  FH_CO_TRY(auto asked, read_asked(call.body));
  const auto forgets = forgets_of(parts);
  FH_CO_TRY(const auto found, said(co_await parts.items.find(call.vault, ItemKind::kKey, name, version)));
  if (!found) co_return vault_errors::not_found(ItemKind::kKey, version.empty() ? name : name + "/" + version);
  FH_CO_CHECK_OK(check_enabled(found->shown, kOperation));
  if (leaving_of(found->shown) == crypto::Leaving::kNever) co_return vault_errors::key_not_for(kOperation);
  FH_CO_TRY(const Json policy, co_await policy_in_force(parts, call, name));
  FH_CO_TRY(const auto to, co_await attested(parts, call, std::move(asked.target), policy));

  FH_CO_CHECK_OK(parts.throttle.take(call.vault->id, Transaction::kHsmUse));
  const KeyName key{.vault = call.vault, .name = name, .version = found->shown.version};
  FH_CO_TRY(auto* const tokens, said(tokens_of(parts)));
  FH_CO_TRY(auto use, said(token_use(key, *found, forgets)));
  crypto::TokenKeyRecipient recipient{.key = to.key, .hash = asked.algorithm.hash};
  FH_CO_TRY(const Bytes wrapped, said(co_await tokens->release(std::move(use), std::move(recipient))));

  ItemVersion shown = found->shown;
  set_release_policy(shown, policy);
  Json bundle = show_item(call, kKeyApi, name, shown);
  bundle["key"]["key_hsm"] = to_base64url(key_blob(to, asked.algorithm.name, wrapped).dump());
  Json request = {{"api-version", call.request.parameter("api-version")},
                  {"enc", asked.algorithm.name},
                  {"kid", item_id(call, kKeyApi, name, version)}};
  if (asked.nonce) request["nonce"] = *asked.nonce;
  const Json payload = {{"request", std::move(request)}, {"response", {{"key", std::move(bundle)}}}};
  auto text = payload.dump(-1, ' ', false, Json::error_handler_t::replace);
  auto* signer = &parts.release->signer;
  FH_CO_TRY(const std::string signature,
            said(co_await parts.making.run(fair_key(call.vault->tenant),
                                           [signer, text, now = call.now] { return signer->sign(text, now); })));
  co_return json_answer({{"value", signature}});
}

}  // namespace freehold::vault

// Uses of a key: encrypt, decrypt, wrap, unwrap, sign, verify.
#include "base/encoding.h"
#include "runtime/slices.h"
#include "src/key_cache.h"
#include "src/key_operations.h"
#include "src/token_material.h"

namespace freehold::vault {
namespace {

using crypto::JoseAlgorithm;
using crypto::JoseEncrypted;
using crypto::JoseKey;

constexpr KeyUse kEncrypt{"encrypt", "encrypt", true};
constexpr KeyUse kDecrypt{"decrypt", "decrypt", false};
constexpr KeyUse kWrap{"wrapKey", "wrapKey", true};
constexpr KeyUse kUnwrap{"unwrapKey", "unwrapKey", false};
constexpr KeyUse kSign{"sign", "sign", true};
constexpr KeyUse kVerify{"verify", "verify", false};

// What a body of any of them has.
struct UseAsked {
  const JoseAlgorithm* algorithm = nullptr;
  Secret value = {};
  Bytes iv = {};
  Bytes tag = {};
  Bytes associated = {};
};

ApiResult<std::shared_ptr<UseAsked>> read_use(const Json& body, std::string_view value = "value") {
  auto asked = std::make_shared<UseAsked>();
  FH_TRY(const auto name, said(text_member(body, "alg", 32)));
  asked->algorithm = crypto::find_algorithm(name.value_or(""));
  if (asked->algorithm == nullptr) return vault_errors::bad_parameter("'alg' is required: an algorithm's name.");
  if (member(body, value).is_null()) {
    return vault_errors::bad_parameter("'" + std::string(value) + "' is required.");
  }
  FH_TRY(asked->value, said(secret_member(body, value, crypto::kMaxJoseInputBytes)));
  FH_TRY(asked->iv, said(bytes_member(body, "iv", 64)));
  FH_TRY(asked->tag, said(bytes_member(body, "tag", 64)));
  FH_TRY(asked->associated, said(bytes_member(body, "aad", crypto::kMaxJoseInputBytes)));
  return asked;
}

struct UsedKey {
  std::shared_ptr<const ItemContent> content;
  KeyName name;
  std::string id;
  std::uint64_t purges = 0;   // that the cache knew of before the key was read
  std::uint64_t forgets = 0;  // ... and the token
};

Task<ApiResult<UsedKey>> key_for(VaultParts& parts, VaultCall& call, KeyUse use) {
  FH_CO_TRY(const auto name, name_in(call));
  FH_CO_TRY(const auto version, version_in(call, kKeyApi));
  const auto purges = parts.keys.purges();
  const auto forgets = forgets_of(parts);
  FH_CO_TRY(auto found, said(co_await parts.items.find(call.vault, ItemKind::kKey, name, version)));
  if (!found) co_return vault_errors::not_found(ItemKind::kKey, version.empty() ? name : name + "/" + version);
  FH_CO_CHECK_OK(check_use(found->shown, use, call.seconds()));
  std::string id = item_id(call, kKeyApi, name, found->shown.version);
  KeyName named{.vault = call.vault, .name = name, .version = found->shown.version};
  co_return UsedKey{std::move(found), std::move(named), std::move(id), purges, forgets};
}

// Where a key that is at hand is used. What takes some tens of microseconds, at once: less than the way to the pool and
// back takes. What takes half a millisecond at most, in a slice of the loop. The rest on the pool.
enum class Place : std::uint8_t { kHere, kSlice, kPool };

Place place_of(const crypto::PublicNumbers& key, KeyUse use) {
  const bool hidden =
      use.operation == kSign.operation || use.operation == kDecrypt.operation || use.operation == kUnwrap.operation;
  const bool short_rsa = key.bits <= 2'048;
  switch (key.type) {
    case crypto::KeyType::kOct:
      return Place::kHere;
    case crypto::KeyType::kEc:
      if (key.curve != crypto::Curve::kP256) return Place::kPool;
      return hidden ? Place::kHere : Place::kSlice;  // OpenSSL has a table of the base point's multiples, for signing
    case crypto::KeyType::kRsa:
      if (hidden) return short_rsa ? Place::kSlice : Place::kPool;
      return short_rsa ? Place::kHere : Place::kSlice;  // no exponent is longer than 33 bits
  }
  return Place::kPool;
}

// Runs `work` with the opened key.
template <class Work>
auto with_key(VaultParts& parts, VaultCall& call, KeyUse use, UsedKey used, Work work)
    -> Task<ApiResult<typename std::invoke_result_t<Work, const JoseKey&>::value_type>> {
  KeyCache* cache = &parts.keys;
  const auto vault = call.vault->id;
  const auto turn = fair_key(call.vault->tenant);
  if (const auto known = cache->find(vault, used.content->shown.version)) {
    const auto place = place_of(known->numbers(), use);
    bool here = place == Place::kHere;
    if (place == Place::kSlice) here = co_await runtime::take_slice(turn);
    if (here) co_return said(work(*known));
  }
  auto done = co_await parts.crypto.run(turn,
                                        [cache, vault, content = used.content, purges = used.purges,
                                         work]() -> std::invoke_result_t<Work, const JoseKey&> {
                                          FH_TRY(const auto key, open_key(*cache, vault, *content, purges));
                                          return work(key);
                                        });
  co_return said(std::move(done));
}

// Is it for the token to do? Of RSA and elliptic curves what only the private half can; of symmetric keys all.
bool in_token(const UsedKey& used, const JoseAlgorithm& algorithm, bool takes_private) {
  return is_in_token(*used.content) && (takes_private || algorithm.type == crypto::KeyType::kOct);
}

struct TokenUse {
  crypto::TokenKeys* tokens;
  crypto::TokenKeyUse use;
};
ApiResult<TokenUse> token_for(VaultParts& parts, const UsedKey& used) {
  FH_CHECK_OK(parts.throttle.take(used.name.vault->id, Transaction::kHsmUse));
  FH_TRY(auto* const tokens, said(tokens_of(parts)));
  FH_TRY(auto use, said(token_use(used.name, *used.content, used.forgets)));
  return TokenUse{tokens, std::move(use)};
}

using Asked = std::shared_ptr<UseAsked>;

Task<ApiResult<JoseEncrypted>> encrypt_in_token(VaultParts& parts, UsedKey used, Asked asked, bool wraps) {
  FH_CO_TRY(auto token, token_for(parts, used));
  if (!wraps) {
    co_return said(co_await token.tokens->encrypt(std::move(token.use), *asked->algorithm, asked->value.clone(),
                                                  asked->iv, asked->associated));
  }
  FH_CO_TRY(Bytes text,
            said(co_await token.tokens->wrap(std::move(token.use), *asked->algorithm, asked->value.clone())));
  co_return JoseEncrypted{.text = std::move(text)};
}

Task<ApiResult<Secret>> decrypt_in_token(VaultParts& parts, UsedKey used, Asked asked, bool unwraps) {
  FH_CO_TRY(auto token, token_for(parts, used));
  Bytes value(asked->value.view());
  if (unwraps) {
    co_return said(co_await token.tokens->unwrap(std::move(token.use), *asked->algorithm, std::move(value)));
  }
  JoseEncrypted text{.text = std::move(value), .iv = asked->iv, .tag = asked->tag};
  co_return said(
      co_await token.tokens->decrypt(std::move(token.use), *asked->algorithm, std::move(text), asked->associated));
}

Task<ApiResult<Bytes>> sign_in_token(VaultParts& parts, UsedKey used, Asked asked) {
  FH_CO_TRY(auto token, token_for(parts, used));
  co_return said(co_await token.tokens->sign(std::move(token.use), *asked->algorithm, Bytes(asked->value.view())));
}

Task<ApiResult<bool>> verify_in_token(VaultParts& parts, UsedKey used, Asked asked, Bytes signature) {
  FH_CO_TRY(auto token, token_for(parts, used));
  co_return said(co_await token.tokens->verify(std::move(token.use), *asked->algorithm, Bytes(asked->value.view()),
                                               std::move(signature)));
}

Task<ApiResult<JoseEncrypted>> encrypt_here(VaultParts& parts, VaultCall& call, KeyUse use, UsedKey used, Asked asked,
                                            bool wraps) {
  Random* random = &parts.random;
  co_return co_await with_key(
      parts, call, use, used, [asked, wraps, random](const JoseKey& key) -> Result<JoseEncrypted> {
        if (!wraps) {
          return key.encrypt(*asked->algorithm, asked->value.view(), asked->iv, asked->associated, *random);
        }
        FH_TRY(Bytes text, key.wrap(*asked->algorithm, asked->value));
        return JoseEncrypted{.text = std::move(text)};
      });
}

Task<ApiResult<Secret>> decrypt_here(VaultParts& parts, VaultCall& call, KeyUse use, UsedKey used, Asked asked,
                                     bool unwraps) {
  co_return co_await with_key(parts, call, use, used, [asked, unwraps](const JoseKey& key) -> Result<Secret> {
    if (unwraps) return key.unwrap(*asked->algorithm, asked->value.view());
    const JoseEncrypted text{.text = Bytes(asked->value.view()), .iv = asked->iv, .tag = asked->tag};
    return key.decrypt(*asked->algorithm, text, asked->associated);
  });
}

Json answer_json(std::string id, BytesView value) {
  Json json = Json::object();
  json.emplace("kid", std::move(id));
  json.emplace("value", to_base64url(value));
  return json;
}

Task<Reply> encrypt_or_wrap(VaultParts& parts, VaultCall& call, KeyUse use) {
  FH_CO_TRY(const auto asked, read_use(call.body));
  FH_CO_TRY(const auto used, co_await key_for(parts, call, use));
  const bool wraps = use.operation == kWrap.operation;
  auto work = in_token(used, *asked->algorithm, false) ? encrypt_in_token(parts, used, asked, wraps)
                                                       : encrypt_here(parts, call, use, used, asked, wraps);
  FH_CO_TRY(const auto made, co_await std::move(work));
  Json json = answer_json(used.id, made.text);
  if (!made.iv.empty()) json["iv"] = to_base64url(made.iv);
  if (!made.tag.empty()) json["tag"] = to_base64url(made.tag);
  if (!asked->associated.empty()) json["aad"] = to_base64url(asked->associated);
  co_return json_answer(json);
}

Task<Reply> decrypt_or_unwrap(VaultParts& parts, VaultCall& call, KeyUse use) {
  FH_CO_TRY(const auto asked, read_use(call.body));
  FH_CO_TRY(const auto used, co_await key_for(parts, call, use));
  const bool unwraps = use.operation == kUnwrap.operation;
  auto work = in_token(used, *asked->algorithm, true) ? decrypt_in_token(parts, used, asked, unwraps)
                                                      : decrypt_here(parts, call, use, used, asked, unwraps);
  FH_CO_TRY(const Secret plain, co_await std::move(work));
  co_return secret_answer(answer_json(used.id, plain.view()));
}

}  // namespace

Task<Reply> encrypt_with_key(VaultParts& parts, VaultCall& call) {
  co_return co_await encrypt_or_wrap(parts, call, kEncrypt);
}

Task<Reply> wrap_with_key(VaultParts& parts, VaultCall& call) {
  co_return co_await encrypt_or_wrap(parts, call, kWrap);
}

Task<Reply> decrypt_with_key(VaultParts& parts, VaultCall& call) {
  co_return co_await decrypt_or_unwrap(parts, call, kDecrypt);
}

Task<Reply> unwrap_with_key(VaultParts& parts, VaultCall& call) {
  co_return co_await decrypt_or_unwrap(parts, call, kUnwrap);
}

Task<Reply> sign_with_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto asked, read_use(call.body));
  FH_CO_TRY(const auto used, co_await key_for(parts, call, kSign));
  if (in_token(used, *asked->algorithm, true)) {
    FH_CO_TRY(const Bytes signature, co_await sign_in_token(parts, used, asked));
    co_return json_answer(answer_json(used.id, signature));
  }
  FH_CO_TRY(const Bytes signature, co_await with_key(parts, call, kSign, used, [asked](const JoseKey& key) {
              return key.sign(*asked->algorithm, asked->value.view());
            }));
  co_return json_answer(answer_json(used.id, signature));
}

Task<Reply> verify_with_key(VaultParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto asked, read_use(call.body, "digest"));
  FH_CO_TRY(const auto signature, said(bytes_member(call.body, "value", 1'024)));
  FH_CO_TRY(const auto used, co_await key_for(parts, call, kVerify));
  if (in_token(used, *asked->algorithm, false)) {
    FH_CO_TRY(const bool right, co_await verify_in_token(parts, used, asked, signature));
    co_return json_answer({{"value", right}});
  }
  FH_CO_TRY(const bool right, co_await with_key(parts, call, kVerify, used, [asked, signature](const JoseKey& key) {
              return key.verify(*asked->algorithm, asked->value.view(), signature);
            }));
  co_return json_answer({{"value", right}});
}

}  // namespace freehold::vault

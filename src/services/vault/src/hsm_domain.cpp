// The security domain of a pool: given to a quorum of certificates, or taken in from another pool. Either activates it.
//
// Source: "Security domain in Managed HSM overview"; the az CLI's security_domain commands, which poll upload/pending
// after a download too.
#include "base/encoding.h"
#include "base/log.h"
#include "crypto/key_certificate.h"
#include "src/hsm_call.h"
#include "src/hsm_errors.h"
#include "src/hsm_secrets.h"
#include "src/hsm_stray_tokens.h"
#include "src/key_material.h"
#include "src/security_domain.h"
#include "src/vault_row.h"

namespace freehold::vault {
namespace {

using gate::AuditClass;
using gate::Task;
using http::Method;

constexpr std::size_t kMaxTransferKey = 16 * 1'024;
constexpr std::size_t kFingerprintBytes = 32;
constexpr std::size_t kLabelBytes = 10;

// A domain's secrets, whose token isn't made yet. A shared_ptr: they go to a pool and back.
using SecretsPtr = std::shared_ptr<const DomainSecrets>;

std::string new_label(Random& random) { return "pool-" + to_hex(random.bytes(kLabelBytes)); }

// A change is the way to know that the pool's row is what is known of it; then tokens of earlier attempts go.
Task<ApiResult<VaultPtr>> tidy_up(PoolParts& parts, VaultPtr pool) {
  FH_CO_CHECK_OK(said(co_await parts.vault.vaults.change(pool, [](Vault&) {})));
  const auto now = parts.vault.vaults.find(pool->name);
  if (!now || now->id != pool->id || now->pool->activated) co_return vault_errors::conflict();
  FH_CO_CHECK_OK(said(co_await remove_stray_tokens(parts.rows, parts.tokens, now)));
  co_return now;
}

// The pool's token is there before the pool says so; one that no pool came to have is removed again, now or later.
Task<ApiResult<>> activate(PoolParts& parts, VaultPtr seen, std::string label, SecretsPtr domain) {
  PoolSecrets kept{.pin = Secret(to_hex(parts.vault.random.bytes(kTokenPinBytes / 2))),
                   .backup = domain->backup.clone()};
  FH_CO_TRY(const auto wrapped, said(co_await wrap_secrets(parts.wrapper, seen->tenant, seen->id, kept)));
  FH_CO_TRY(const auto pool, co_await tidy_up(parts, seen));
  const auto edit = [wrapped, label](Vault& next) {
    next.pool->activated = true;
    next.pool->token = label;
    next.pool->wrapped_secrets = wrapped;
  };
  Vault next = *pool;
  edit(next);
  if (!fits_row(next)) {
    co_return vault_errors::bad_parameter("The Managed HSM's rules and tags are too long together to activate it.");
  }
  FH_CO_CHECK_OK(said(co_await name_token(parts.rows, pool, label)));
  FH_CO_TRY(auto made, said(co_await parts.tokens.make_token(pool->tenant, label, kept.pin, domain->token)));
  const auto done = co_await parts.vault.vaults.change(pool, edit);
  if (done) {
    parts.tokens.enter(pool->id, std::move(made.keys));
    co_return ApiResult<>();
  }
  made.keys.reset();
  // Whether the row was written isn't known if the store was away: the next attempt or start finds out.
  if (done.error().code != ErrorCode::kUnavailable) {
    const auto gone = co_await remove_stray_tokens(parts.rows, parts.tokens, pool);
    if (!gone) log_warning("the token of a pool that wasn't activated stays", {{"error", gone.error().message}});
  }
  co_return vault_errors::of(done.error());
}

Bytes domain_row(const DomainHolders& holders, std::string_view label, std::string_view text) {
  return holders.fingerprint() + Bytes(label) + Bytes(text);
}

// Sealed to its holders, so that it can be given again to whoever didn't get it: a pool whose domain nobody has can't
// be brought back after a disaster. The pool may have another token by now: from an upload, or a later attempt.
Task<ApiResult<std::string>> domain_given_before(PoolParts& parts, VaultPtr pool, const DomainHolders& holders) {
  FH_CO_TRY(const auto row, said(co_await parts.rows.find(pool, Bytes(kDomainRow))));
  if (!row || row->view().substr(0, kFingerprintBytes) != holders.fingerprint()) {
    co_return hsm_errors::activated_already();
  }
  const auto rest = row->view().substr(kFingerprintBytes);
  const auto text = rest.find('{');
  if (text == rest.npos || rest.substr(0, text) != pool->pool->token) co_return hsm_errors::activated_already();
  co_return std::string(rest.substr(text));
}

Task<Reply> download(PoolParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto holders, said(read_holders(call.body)));
  const auto turn = co_await parts.activation.take(call.vault->id);
  if (!turn) co_return vault_errors::of(turn.error());
  // As it is now that it's this one's turn.
  const auto pool = parts.vault.vaults.find(call.vault->name);
  if (!pool || pool->id != call.vault->id) co_return std::unexpected(hsm_errors::no_such_pool());
  std::string text;
  if (pool->pool->activated) {
    FH_CO_TRY(text, co_await domain_given_before(parts, pool, holders));
  } else {
    const auto secrets = std::make_shared<const DomainSecrets>(DomainSecrets::make(parts.vault.random));
    Random* random = &parts.vault.random;
    FH_CO_TRY(text, said(co_await parts.vault.crypto.run(fair_key(pool->tenant), [holders, secrets, random] {
                return seal_domain(holders, *secrets, *random);
              })));
    const auto label = new_label(parts.vault.random);
    FH_CO_CHECK_OK(said(co_await parts.rows.change(
        pool, {.puts = {{Bytes(kDomainRow), domain_row(holders, label, text)}}, .deletes = {Bytes(kTransferRow)}})));
    FH_CO_CHECK_OK(co_await activate(parts, pool, label, secrets));
  }
  co_return accepted(call, "/securitydomain/download/pending", {{"value", text}});
}

struct TransferKey {
  crypto::JoseKey key;
  Bytes certificate;
};

Task<ApiResult<std::shared_ptr<const TransferKey>>> find_transfer_key(PoolParts& parts, VaultPtr pool) {
  FH_CO_TRY(const auto row, said(co_await parts.rows.find(pool, Bytes(kTransferRow))));
  if (!row) co_return nullptr;
  ByteReader in(row->view());
  const Secret secret(in.sized(kMaxTransferKey));
  const Bytes certificate(in.sized(kMaxTransferKey));
  auto key = crypto::JoseKey::from_secret(crypto::KeyType::kRsa, secret);
  if (!in.done() || !key)
    co_return vault_errors::of(Error{ErrorCode::kCorrupt, "a pool's transfer key is damaged", {}});
  co_return std::make_shared<const TransferKey>(TransferKey{std::move(*key), certificate});
}

Task<ApiResult<std::shared_ptr<const TransferKey>>> make_transfer_key(PoolParts& parts, VaultPtr pool, WallTime now) {
  FH_CO_TRY(auto key, said(co_await make_key(parts.vault, pool->tenant, {.type = crypto::KeyType::kRsa})));
  FH_CO_TRY(auto certificate, said(crypto::self_signed(key, {.subject = "CN=" + pool->name}, now, parts.vault.random)));
  Bytes row;
  append_sized(row, key.secret().view());
  append_sized(row, certificate);
  FH_CO_CHECK_OK(said(co_await parts.rows.change(pool, {.puts = {{Bytes(kTransferRow), std::move(row)}}})));
  co_return std::make_shared<const TransferKey>(TransferKey{std::move(key), std::move(certificate)});
}

Task<Reply> get_transfer_key(PoolParts& parts, VaultCall& call) {
  const auto turn = co_await parts.activation.take(call.vault->id);
  if (!turn) co_return vault_errors::of(turn.error());
  const auto pool = parts.vault.vaults.find(call.vault->name);
  if (!pool || pool->id != call.vault->id) co_return std::unexpected(hsm_errors::no_such_pool());
  if (pool->pool->activated) co_return hsm_errors::activated_already();
  FH_CO_TRY(auto key, co_await find_transfer_key(parts, pool));
  if (key == nullptr) {
    FH_CO_TRY(key, co_await make_transfer_key(parts, pool, call.now));
  }
  // A text with JSON in it: so do clients take it apart.
  co_return json_answer(
      {{"key_format", "jwk"}, {"transfer_key", show_transfer_key(key->key, key->certificate).dump()}});
}

Task<Reply> upload(PoolParts& parts, VaultCall& call) {
  FH_CO_TRY(const auto text, said(text_member(call.body, "value", kMaxDomainBytes)));
  if (!text) co_return vault_errors::bad_parameter("'value' is required: the security domain.");
  const auto turn = co_await parts.activation.take(call.vault->id);
  if (!turn) co_return vault_errors::of(turn.error());
  const auto pool = parts.vault.vaults.find(call.vault->name);
  if (!pool || pool->id != call.vault->id) co_return std::unexpected(hsm_errors::no_such_pool());
  if (pool->pool->activated) co_return hsm_errors::activated_already();
  FH_CO_TRY(const auto key, co_await find_transfer_key(parts, pool));
  if (key == nullptr) co_return hsm_errors::bad_domain("the pool has no exchange key yet: ask for it first.");
  const auto opened =
      co_await parts.vault.crypto.run(fair_key(pool->tenant), [text = *text, key]() -> Result<SecretsPtr> {
        FH_TRY(auto secrets, open_domain(text, key->key));
        return std::make_shared<const DomainSecrets>(std::move(secrets));
      });
  if (!opened && opened.error().code == ErrorCode::kInvalidArgument) {
    co_return hsm_errors::bad_domain(opened.error().message);
  }
  FH_CO_TRY(const auto secrets, said(opened));
  FH_CO_CHECK_OK(co_await activate(parts, pool, new_label(parts.vault.random), secrets));
  FH_CO_CHECK_OK(said(co_await parts.rows.change(pool, {.deletes = {Bytes(kTransferRow), Bytes(kDomainRow)}})));
  co_return accepted(call, "/securitydomain/upload/pending",
                     {{"status", "Success"}, {"status_details", "The security domain is in the pool."}});
}

// Both are done when they are answered.
Task<Reply> get_status(PoolParts&, VaultCall& call) {
  if (!call.vault->pool->activated) co_return hsm_errors::job_not_found("of the security domain");
  co_return json_answer({{"status", "Success"}, {"status_details", "The pool is activated."}});
}

#define FH_DOMAIN "Microsoft.KeyVault/managedHsm/securitydomain/"

}  // namespace

std::span<const PoolRow> pool_domain_rows() {
  static const std::vector<PoolRow> rows = {{"SecurityDomainDownload",
                                             Method::kPost,
                                             {"/securitydomain/download"},
                                             FH_DOMAIN "download/action",
                                             &download,
                                             AuditClass::kControl,
                                             true},
                                            {"SecurityDomainDownloadPending",
                                             Method::kGet,
                                             {"/securitydomain/download/pending"},
                                             FH_DOMAIN "download/read",
                                             &get_status,
                                             AuditClass::kRead,
                                             true},
                                            {"SecurityDomainTransferKey",
                                             Method::kGet,
                                             {"/securitydomain/upload"},
                                             FH_DOMAIN "transferkey/read",
                                             &get_transfer_key,
                                             AuditClass::kControl,
                                             true},
                                            {"SecurityDomainUpload",
                                             Method::kPost,
                                             {"/securitydomain/upload"},
                                             FH_DOMAIN "upload/action",
                                             &upload,
                                             AuditClass::kControl,
                                             true},
                                            {"SecurityDomainUploadPending",
                                             Method::kGet,
                                             {"/securitydomain/upload/pending"},
                                             FH_DOMAIN "upload/read",
                                             &get_status,
                                             AuditClass::kRead,
                                             true}};
  return rows;
}

#undef FH_DOMAIN

}  // namespace freehold::vault

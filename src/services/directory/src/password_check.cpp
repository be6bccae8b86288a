#include "src/password_check.h"

#include <algorithm>

#include "base/encoding.h"
#include "src/ldap_directory.h"
#include "src/local_identity.h"
#include "src/snapshot.h"
#include "src/token_errors.h"

namespace freehold::directory {
namespace {

namespace errors = token_errors;

// Those that lists of stolen passwords begin with, eight bytes and longer, compared without regard to case.
constexpr std::string_view kTrivial[] = {
    "password",  "password1",  "password12", "password123", "passw0rd",      "p@ssw0rd",   "p@ssword",  "12345678",
    "123456789", "1234567890", "87654321",   "qwertyui",    "qwerty123",     "qwertyuiop", "1q2w3e4r",  "1qaz2wsx",
    "abcd1234",  "abc12345",   "iloveyou",   "welcome1",    "letmein1",      "sunshine",   "princess",  "football",
    "baseball",  "trustno1",   "superman",   "changeme",    "administrator", "admin123",   "admin1234", "freehold"};

// What a name that is nobody's is compared with, so that it takes as long.
const crypto::PasswordHash& nobodys_password() {
  static const crypto::PasswordHash kept{
      .memory_kib = 19 * 1'024, .passes = 2, .salt = Bytes(16, 's'), .digest = Bytes(32, 'd')};
  return kept;
}

// By the hash that is kept here; as slow where there is none.
runtime::Task<Result<bool>> is_own_password(LoginParts& parts, std::optional<crypto::PasswordHash> kept,
                                            Secret password, std::string address) {
  const bool has = kept.has_value();
  co_return co_await parts.passwords.run(
      password_turn(address),
      [has, kept = has ? *kept : nobodys_password(), password = std::move(password)]() -> Result<bool> {
        return crypto::is_password(kept, password.view()) && has;
      });
}

// A guest signs in by the name of the account.
std::shared_ptr<const User> guest_named(const DirectoryStore& store, const Snapshot& directory, std::string_view name) {
  if (directory.guests.empty()) return nullptr;
  for (const TenantId id : store.tenants()) {
    const auto home = id == directory.tenant ? nullptr : store.snapshot(id);
    const auto account = home ? home->user_signing_in(name) : nullptr;
    auto guest = account ? directory.guest_from(id, account->object) : nullptr;
    if (guest) return guest;
  }
  return nullptr;
}

// Names that are nobody's count where they are tried: another tenant's people may have them.
std::string guessing_name_of(const DirectoryStore& store, const std::optional<FoundUser>& found, std::string_view name,
                             std::optional<TenantId> tenant) {
  if (found) return guessing_name(store, found->account);
  return (tenant && store.is_external(*tenant) ? to_string(*tenant) + " " : std::string()) + to_lower(name);
}

}  // namespace

runtime::FairKey password_turn(std::string_view address) { return std::hash<std::string>{}(place_of(address)) | 1; }

std::optional<FoundUser> find_user(const DirectoryStore& store, std::string_view name, std::optional<TenantId> tenant) {
  for (const TenantId id : tenant ? std::vector{*tenant} : store.home_tenants()) {
    const auto directory = store.snapshot(id);
    auto user = directory ? directory->user_signing_in(name) : nullptr;
    if (!user && directory) user = guest_named(store, *directory, name);
    auto account = user ? account_of(store, id, user) : std::nullopt;
    if (account) return FoundUser{id, std::move(user), std::move(*account)};
  }
  return std::nullopt;
}

runtime::Task<gate::ApiResult<FoundUser>> check_password(LoginParts& parts, std::string name, Secret password,
                                                         std::string address, std::optional<TenantId> tenant) {
  const std::string seconds = std::to_string(Attempts::retry_after().count());
  if (!parts.attempts.may_check_password(address)) co_return std::unexpected(errors::too_many_attempts(seconds));
  auto found = find_user(parts.store, name, tenant);
  const std::string account = guessing_name_of(parts.store, found, name, tenant);
  const auto is = found ? NameIs::kSomebodys : NameIs::kNobodys;
  if (!parts.attempts.may_guess(address, account, is)) co_return std::unexpected(errors::locked_out(seconds));
  auto right =
      co_await is_own_password(parts, found ? found->account.user->password : std::nullopt, password.clone(), address);
  const bool of_ldap =
      found ? is_synchronised(found->account.user->attributes) : !tenant || !parts.store.is_external(*tenant);
  const bool elsewhere = parts.ldap != nullptr && of_ldap;
  // Asked of nobody too, so that it takes as long; what was typed isn't told there.
  if (right && elsewhere) {
    const std::string dn = found ? text_of(found->account.user->attributes, "onPremisesDistinguishedName")
                                 : parts.ldap->nobodys_name(parts.random);
    if (!found) password = Secret(BytesView("nobody's password"));
    right = co_await parts.ldap->is_password(dn, std::move(password), password_turn(address));
  }
  if (!right) co_return std::unexpected(errors::busy(right.error().message));
  if (!*right || !found) {
    parts.attempts.guessed_wrong(address, account, is);
    co_return std::unexpected(errors::wrong_password());
  }
  parts.attempts.guessed_right(address, account);
  if (!found->user->enabled || !found->account.user->enabled) co_return std::unexpected(errors::disabled_user());
  co_return std::move(*found);
}

Result<> check_new_password(std::string_view password, const User& user) {
  const auto refuse = [](std::string why) { return fail(ErrorCode::kInvalidArgument, std::move(why)); };
  if (password.size() < kMinPasswordBytes || password.size() > kMaxChosenPasswordBytes || !is_valid_utf8(password)) {
    return refuse("A password has 8 to 256 characters.");
  }
  const std::string lower = to_lower(password);
  if (std::ranges::find(kTrivial, lower) != std::end(kTrivial) || lower.find_first_not_of(lower[0]) == lower.npos) {
    return refuse("The password is among those that are guessed first. Choose another.");
  }
  const std::string name = to_lower(text_of(user.attributes, "userPrincipalName"));
  const auto is_own = [&lower](const std::string& own) {
    return lower == own || lower == own.substr(0, own.find('@'));
  };
  const auto identities = identities_of(user.attributes);
  if (is_own(name) ||
      std::ranges::any_of(identities, [&](const auto& one) { return is_own(to_lower(one.assigned_id)); })) {
    return refuse("The password must not be the user's name.");
  }
  return {};
}

runtime::Task<Result<crypto::PasswordHash>> hash_new_password(runtime::Pool& passwords, Random& random, Secret password,
                                                              runtime::FairKey turn) {
  co_return co_await passwords.run(turn, [&random, password = std::move(password)]() -> Result<crypto::PasswordHash> {
    return crypto::hash_password(password.view(), random);
  });
}

}  // namespace freehold::directory

// Is this a user's password? With lockout, and as slow for a name that is nobody's.
#pragma once

#include "src/login_parts.h"
#include "src/proven_user.h"

namespace freehold::directory {

inline constexpr std::size_t kMinPasswordBytes = 8;  // Azure's limits
inline constexpr std::size_t kMaxChosenPasswordBytes = 256;

struct FoundUser {
  TenantId tenant;
  std::shared_ptr<const User> user;
  UserAccount account;  // whose password it is: the user's own, or a guest's elsewhere
};
// By any name that one may sign in by: of the tenant that is named, its guests included, or of any that is no external
// directory. A guest whose account can't be used is nobody.
[[nodiscard]] std::optional<FoundUser> find_user(const DirectoryStore& store, std::string_view name,
                                                 std::optional<TenantId> tenant);

// AADSTS50126 for a wrong password and for a name that is nobody's; 50053 locked out; 50057 disabled (told only to who
// has the password); 90055 too many of this place; 90033 busy. What it finds has proved its password and nothing more.
[[nodiscard]] runtime::Task<gate::ApiResult<FoundUser>> check_password(LoginParts& parts, std::string name,
                                                                       Secret password, std::string address,
                                                                       std::optional<TenantId> tenant);

// kInvalidArgument says what a new password lacks: 8 to 256 bytes of UTF-8, not one of the most guessed ones, nor made
// of the user's own name.
[[nodiscard]] Result<> check_new_password(std::string_view password, const User& user);

// Whose turn it is to have a password hashed: a place's. What a caller types says nothing.
[[nodiscard]] runtime::FairKey password_turn(std::string_view address);
// On the pool for passwords. kExhausted: too many at once.
[[nodiscard]] runtime::Task<Result<crypto::PasswordHash>> hash_new_password(runtime::Pool& passwords, Random& random,
                                                                            Secret password, runtime::FairKey turn = 3);

}  // namespace freehold::directory

// Invitations: how an account of one tenant becomes a guest of another. Who invites makes the guest; who has the
// invitation's link and the account that it is for accepts by signing in where that account is. Nothing is mailed.
//
// Source: "Create invitation" (Microsoft Graph v1.0). Keeps: H1, I1.
#pragma once

#include "src/login_parts.h"
#include "src/proven_user.h"
#include "src/sign_in.h"
#include "src/snapshot.h"

namespace freehold::directory {

inline constexpr std::chrono::days kInvitationLife{30};

struct NewInvitation {
  std::string text;    // what the link says: tenant, guest and 32 random bytes
  std::string digest;  // what the guest keeps of it (`redeemDigest`)
};
[[nodiscard]] NewInvitation make_invitation(TenantId tenant, PrincipalId guest, Random& random);

struct Invitation {
  std::shared_ptr<const Snapshot> directory;  // that invites
  std::shared_ptr<const User> guest;
};
// nullopt: malformed, accepted, replaced, or over.
[[nodiscard]] std::optional<Invitation> find_invitation(const DirectoryStore& store, std::string_view text,
                                                        WallTime now);

// The sign-in page of the tenant whose account the invitation is for, or a choice where several have one.
[[nodiscard]] http::Response begin_redemption(const LoginParts& parts, const LoginCall& call, std::string_view query,
                                              std::string_view cookie_header);

// Who the account is from then on where it was invited; `record` of that rides in the commit. kNotFound: the invitation
// is over; kDenied: the account isn't the one it is for; kConflict: the account is a guest there already.
[[nodiscard]] runtime::Task<Result<ProvenUser>> accept_invitation(LoginParts& parts, std::string text, ProvenUser who,
                                                                  WallTime now, SignInRecord record);

}  // namespace freehold::directory

#include "region_identity.h"

#include "base/encoding.h"
#include "crypto/aead.h"
#include "crypto/ed25519.h"
#include "directory/secret_text.h"
#include "runtime/task_scope.h"

namespace freehold::app {

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kFieldLimit = 16 * 1024;
const Bytes kIdentityKey = "identity";
const Bytes kCertificateKey = "certificate";

store::PartitionId region_partition() { return store::make_partition_id(TenantId{}, "region"); }

// A row of the region's own partition: version, a row key wrapped by the HSM's root key, the row sealed under it. The
// token wraps only 32-byte keys; bulk stays out of it.
Result<Bytes> seal_row(crypto::Hsm& hsm, const Bytes& name, BytesView plain, Random& random) {
  Secret row_key(crypto::kAeadKeyBytes);
  random.fill(row_key.span());
  FH_TRY(const Bytes wrapped, runtime::run_blocking(hsm.wrap_root(row_key.clone(), "freehold region row " + name)));
  Bytes out;
  append_u8(out, kVersion);
  append_sized(out, wrapped);
  out += crypto::seal(row_key, name, plain, random);
  return out;
}

Result<Secret> open_row(crypto::Hsm& hsm, const Bytes& name, BytesView row) {
  ByteReader in(row);
  const std::uint8_t version = in.u8();
  const Bytes wrapped(in.sized(kFieldLimit));
  if (!in.ok()) return fail(ErrorCode::kCorrupt, "the region's row '" + name + "' is cut short");
  if (version != kVersion) return fail(ErrorCode::kUnsupported, "the region's row '" + name + "' has a newer format");
  FH_TRY(const Secret row_key, runtime::run_blocking(hsm.unwrap_root(wrapped, "freehold region row " + name)));
  return crypto::open_secret(row_key, name, in.rest());
}

Result<> store_row(store::PartitionStore& partitions, store::HybridClock& clock, store::Epoch epoch, const Bytes& name,
                   Bytes row, std::vector<store::Expectation> expect) {
  store::Commit commit{.partition = region_partition(),
                       .epoch = epoch,
                       .transaction = clock.next_transaction(),
                       .expect = std::move(expect),
                       .puts = {{name, std::move(row)}},
                       .deletes = {}};
  const auto result = runtime::run_blocking(store::commit_settled(partitions, std::move(commit)));
  if (result.outcome == store::CommitOutcome::kOk) return {};
  return fail(ErrorCode::kUnavailable, "the region's row '" + name + "' could not be stored: " + result.error.message);
}

Bytes encode(const RegionIdentity& identity) {
  Bytes out;
  out += identity.tenant.view();
  out += identity.subscription.view();
  out += identity.admin.view();
  append_sized(out, identity.admin_secret.view());
  append_sized(out, identity.account_name);
  append_sized(out, identity.authority.certificate_pem);
  append_sized(out, identity.authority.private_key_pem.view());
  append_sized(out, identity.audit_seed.view());
  return out;
}

Result<RegionIdentity> decode(BytesView plain) {
  ByteReader in(plain);
  RegionIdentity out;
  out.tenant = id_from_bytes<TenantId>(in.take(16)).value_or(TenantId{});
  out.subscription = id_from_bytes<SubscriptionId>(in.take(16)).value_or(SubscriptionId{});
  out.admin = id_from_bytes<PrincipalId>(in.take(16)).value_or(PrincipalId{});
  out.admin_secret = Secret(in.sized(kFieldLimit));
  out.account_name = in.sized(kFieldLimit);
  out.authority.certificate_pem = in.sized(kFieldLimit);
  out.authority.private_key_pem = Secret(in.sized(kFieldLimit));
  out.audit_seed = Secret(in.sized(kFieldLimit));
  if (!in.done()) return fail(ErrorCode::kCorrupt, "the region's identity row is malformed");
  return out;
}

std::string random_suffix(Random& random) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string out;
  for (int i = 0; i < 6; ++i) out.push_back(kLetters[random.below(kLetters.size())]);
  return out;
}

Result<RegionIdentity> make_identity(const std::string& region, WallTime now, Random& random) {
  RegionIdentity out;
  out.tenant = random_id<TenantId>(random);
  out.subscription = random_id<SubscriptionId>(random);
  out.admin = random_id<PrincipalId>(random);
  out.admin_secret = directory::make_secret_text(random);
  out.account_name = "default" + random_suffix(random);
  FH_TRY(out.authority, crypto::make_authority("Freehold " + region + " local authority", now, random));
  out.audit_seed = crypto::make_ed25519().seed.clone();
  return out;
}

// CLIENTS.md, "Names, ports, certificates": one-level wildcards for each host family, localhost, both loopbacks.
crypto::ServerCertificateRequest certificate_names(const std::string& domain) {
  return {.dns_names = {domain, "*." + domain, "*.blob.core." + domain, "*.blob." + domain, "*.vault." + domain,
                        "*.managedhsm." + domain, "localhost"},
          .ip_addresses = {"127.0.0.1", "::1"}};
}

}  // namespace

Result<RegionIdentity> load_or_make_identity(store::PartitionStore& partitions, store::HybridClock& clock,
                                             store::Epoch epoch, crypto::Hsm& hsm, const std::string& region,
                                             WallTime now, Random& random) {
  FH_TRY(const auto stored, runtime::run_blocking(partitions.get(region_partition(), kIdentityKey)));
  if (stored) {
    FH_TRY(const Secret plain, open_row(hsm, kIdentityKey, *stored));
    return decode(plain.view());
  }
  FH_TRY(RegionIdentity fresh, make_identity(region, now, random));
  Bytes plain = encode(fresh);
  auto row = seal_row(hsm, kIdentityKey, plain, random);
  wipe(plain);
  if (!row) return pass_on(row);
  FH_CHECK_OK(store_row(partitions, clock, epoch, kIdentityKey, std::move(*row), {store::absent(kIdentityKey)}));
  return fresh;
}

Result<crypto::CertificateAndKey> load_or_issue_certificate(store::PartitionStore& partitions,
                                                            store::HybridClock& clock, store::Epoch epoch,
                                                            crypto::Hsm& hsm, const RegionIdentity& identity,
                                                            const std::string& domain, WallTime now, Random& random) {
  FH_TRY(const auto stored, runtime::run_blocking(partitions.get(region_partition(), kCertificateKey)));
  std::optional<crypto::CertificateAndKey> due;  // good for some time yet
  if (stored) {
    FH_TRY(const Secret plain, open_row(hsm, kCertificateKey, *stored));
    ByteReader in(plain.view());
    const std::string stored_domain(in.sized(kFieldLimit));
    crypto::CertificateAndKey kept{std::string(in.sized(kFieldLimit)), Secret(in.sized(kFieldLimit))};
    if (!in.done()) return fail(ErrorCode::kCorrupt, "the region's certificate row is malformed");
    FH_TRY(const crypto::Validity validity, crypto::certificate_validity(kept.certificate_pem));
    if (stored_domain == domain && !crypto::due_for_renewal(validity, now)) return kept;
    if (stored_domain == domain) due = std::move(kept);
  }
  FH_TRY(crypto::CertificateAndKey issued,
         crypto::issue_server_certificate(identity.authority, certificate_names(domain), now, random));
  Bytes plain;
  append_sized(plain, domain);
  append_sized(plain, issued.certificate_pem);
  append_sized(plain, issued.private_key_pem.view());
  auto row = seal_row(hsm, kCertificateKey, plain, random);
  wipe(plain);
  if (!row) return pass_on(row);
  const auto kept = store_row(partitions, clock, epoch, kCertificateKey, std::move(*row), {});
  if (!kept && kept.error().code == ErrorCode::kUnavailable && due) return std::move(*due);  // tried again in a while
  FH_CHECK_OK(kept);
  return issued;
}

}  // namespace freehold::app

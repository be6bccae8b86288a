#include "attached_row.h"

#include "base/limits.h"
#include "crypto/aead.h"

namespace freehold::gate::audit {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kTextBytes =
    16 * 1024;  // of one text; longer ones are cut, as the record's text cuts them anyway

Bytes context_of(const store::PartitionId& partition, BytesView key) {
  Bytes context = "freehold audit attached";
  append_sized(context, partition.value);
  append_sized(context, key);
  return context;
}

void append_text(Bytes& out, std::string_view text) { append_sized(out, text.substr(0, kTextBytes)); }

Bytes encode(const Record& r) {
  Bytes out;
  out.reserve(256 + r.resource.size());
  append_u8(out, kVersion);
  append_u64(out, static_cast<std::uint64_t>(r.time.time_since_epoch().count()));
  out += r.request.view();
  append_text(out, r.operation);
  append_text(out, r.credential);
  append_text(out, r.caller);
  append_text(out, r.address);
  append_text(out, r.resource);
  append_text(out, r.decision);
  append_text(out, r.reason);
  append_u32(out, static_cast<std::uint32_t>(r.status));
  append_u64(out, r.bytes_in);
  append_u64(out, r.bytes_out);
  return out;
}

std::optional<Record> decode(BytesView plain, TenantId tenant, WordPool& words) {
  ByteReader in(plain);
  if (in.u8() != kVersion) return std::nullopt;
  Record r;
  r.tenant = tenant;
  r.time = WallTime(std::chrono::microseconds(static_cast<std::int64_t>(in.u64())));
  const auto request = id_from_bytes<RequestId>(in.take(16));
  if (!request) return std::nullopt;
  r.request = *request;
  r.operation = words.keep(in.sized(kTextBytes));
  r.credential = words.keep(in.sized(kTextBytes));
  r.caller = in.sized(kTextBytes);
  r.address = in.sized(kTextBytes);
  r.resource = in.sized(kTextBytes);
  r.decision = words.keep(in.sized(kTextBytes));
  r.reason = in.sized(kTextBytes);
  r.status = static_cast<int>(in.u32());
  r.bytes_in = in.u64();
  r.bytes_out = in.u64();
  if (!in.done()) return std::nullopt;
  return r;
}

}  // namespace

std::string_view WordPool::keep(std::string_view word) {
  const std::lock_guard lock(mutex_);
  const auto found = words_.find(word);
  return found != words_.end() ? std::string_view(*found) : std::string_view(*words_.emplace(word).first);
}

Bytes seal_attached(const Secret& batch_key, const store::PartitionId& partition, BytesView key, const Record& record,
                    Random& random) {
  return Bytes(record.tenant.view()) + crypto::seal(batch_key, context_of(partition, key), encode(record), random);
}

std::optional<TenantId> attached_tenant(BytesView value) { return id_from_bytes<TenantId>(value.substr(0, 16)); }

Result<Record> open_attached(const Secret& batch_key, const store::PartitionId& partition, BytesView key,
                             BytesView value, WordPool& words) {
  const auto tenant = attached_tenant(value);
  if (!tenant) return fail(ErrorCode::kCorrupt, "an attached audit row is damaged");
  FH_TRY(const auto plain, crypto::open(batch_key, context_of(partition, key), value.substr(16)));
  auto record = decode(plain, *tenant, words);
  if (!record) return fail(ErrorCode::kCorrupt, "an attached audit row is damaged");
  return std::move(*record);
}

}  // namespace freehold::gate::audit

#include "audit_format/export_format.h"

#include "audit_format/checkpoint.h"
#include "base/check.h"
#include "base/encoding.h"

namespace freehold::gate::audit {
namespace {

constexpr std::string_view kManifestHead = "freehold-audit-export 1\n";
constexpr std::size_t kProofHashes = 128;  // of one kind: cover() and proofs of 2^48 leaves need fewer

// Takes "name value\n" from the front; nullopt if it isn't there.
std::optional<std::string_view> take_field(std::string_view& text, std::string_view name) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  auto line = text.substr(0, end);
  if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') return std::nullopt;
  text.remove_prefix(end + 1);
  return line.substr(name.size() + 1);
}

// Decimal without leading zeros, at most kLogLeaves * kBatchRecords.
std::optional<std::uint64_t> parse_count(std::string_view text) {
  const auto value = parse_u64(text);
  if (!value || *value > kLogLeaves * kBatchRecords || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> take_count(std::string_view& text, std::string_view name) {
  const auto field = take_field(text, name);
  return field ? parse_count(*field) : std::nullopt;
}

std::optional<std::vector<Hash>> take_hashes(std::string_view& text, std::string_view name) {
  std::vector<Hash> hashes;
  while (const auto field = take_field(text, name)) {
    const auto bytes = from_base64(*field);
    if (!bytes || bytes->size() != sizeof(Hash) || hashes.size() == kProofHashes) return std::nullopt;
    std::memcpy(hashes.emplace_back().data(), bytes->data(), sizeof(Hash));
  }
  return hashes;
}

void append_hashes(std::string& out, std::string_view name, const std::vector<Hash>& hashes) {
  for (const auto& hash : hashes) out += std::string(name) + " " + to_base64(crypto::view(hash)) + "\n";
}

// Takes what stands between `before` and the next `after`.
std::optional<std::string_view> take_between(std::string_view& text, std::string_view before, std::string_view after) {
  if (!text.starts_with(before)) return std::nullopt;
  const auto end = text.find(after, before.size());
  if (end == std::string_view::npos) return std::nullopt;
  const auto inner = text.substr(before.size(), end - before.size());
  text.remove_prefix(end);
  return inner;
}

}  // namespace

std::string encode_manifest(const Manifest& manifest) {
  return std::string(kManifestHead) + "origin " + manifest.origin + "\nfirst-leaf " +
         std::to_string(manifest.first_leaf) + "\nend-leaf " + std::to_string(manifest.end_leaf) + "\nrecords " +
         std::to_string(manifest.records) + "\n";
}

Result<Manifest> parse_manifest(std::string_view text) {
  const auto wrong = [] { return fail(ErrorCode::kCorrupt, "the manifest is not that of an audit export"); };
  if (!text.starts_with("freehold-audit-export ")) return wrong();
  if (!text.starts_with(kManifestHead)) {
    return fail(ErrorCode::kUnsupported, "the export was written by a newer version; verify it with that one");
  }
  text.remove_prefix(kManifestHead.size());
  const auto origin = take_field(text, "origin");
  const auto first = take_count(text, "first-leaf");
  const auto end = take_count(text, "end-leaf");
  const auto records = take_count(text, "records");
  if (!origin || !is_log_name(*origin) || !first || !end || !records || !text.empty()) return wrong();
  if (*first > *end || *end > kLogLeaves) return wrong();
  return Manifest{std::string(*origin), *first, *end, *records};
}

std::string encode_proof(const Proof& proof) {
  std::string out;
  append_hashes(out, "left", proof.left);
  append_hashes(out, "right", proof.right);
  append_hashes(out, "consistency", proof.consistency);
  return out;
}

Result<Proof> parse_proof(std::string_view text) {
  auto left = take_hashes(text, "left");
  auto right = take_hashes(text, "right");
  auto consistency = take_hashes(text, "consistency");
  if (!left || !right || !consistency || !text.empty()) {
    return fail(ErrorCode::kCorrupt, "the proof file is damaged");
  }
  return Proof{std::move(*left), std::move(*right), std::move(*consistency)};
}

Bytes encode_leaf_entry(const LeafEntry& entry) {
  FH_CHECK(entry.leaf.size() == kLeafBytes && entry.payload.size() <= kPayloadLimit);
  Bytes out;
  append_u8(out, static_cast<std::uint8_t>(entry.kind));
  append_u32(out, static_cast<std::uint32_t>(entry.payload.size()));
  out += crypto::view(entry.hash);
  return out + entry.leaf + entry.payload;
}

Result<std::optional<LeafEntry>> read_leaf_entry(std::istream& in) {
  Bytes head(1 + 4 + sizeof(Hash) + kLeafBytes, '\0');
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  if (in.gcount() == 0) return std::optional<LeafEntry>();
  ByteReader fields(BytesView(head).substr(0, static_cast<std::size_t>(in.gcount())));
  const auto kind = fields.u8();
  const auto length = fields.u32();
  const auto hash = fields.take(sizeof(Hash));
  const auto leaf = fields.take(kLeafBytes);
  if (!fields.ok()) return fail(ErrorCode::kCorrupt, "the leaves file ends in the middle of a leaf");
  if (kind < 1 || kind > 2 || length > kPayloadLimit) return fail(ErrorCode::kCorrupt, "the leaves file is damaged");
  LeafEntry entry{static_cast<LeafKind>(kind), {}, Bytes(leaf), Bytes(length, '\0')};
  std::memcpy(entry.hash.data(), hash.data(), hash.size());
  in.read(entry.payload.data(), length);
  if (in.gcount() != static_cast<std::streamsize>(length)) {
    return fail(ErrorCode::kCorrupt, "the leaves file ends in the middle of a leaf");
  }
  return entry;
}

void append_record_line(Bytes& out, std::uint64_t leaf, std::uint64_t n, std::string_view record) {
  out += "{\"leaf\":" + std::to_string(leaf) + ",\"n\":" + std::to_string(n) + ",\"record\":";
  out += record;
  out += "}\n";
}

std::optional<RecordLine> parse_record_line(std::string_view line) {
  const auto leaf_text = take_between(line, "{\"leaf\":", ",");
  if (!leaf_text) return std::nullopt;
  const auto n_text = take_between(line, ",\"n\":", ",");
  constexpr std::string_view kBefore = ",\"record\":";
  if (!n_text || !line.starts_with(kBefore) || !line.ends_with("}")) return std::nullopt;
  const auto leaf = parse_count(*leaf_text);
  const auto n = parse_count(*n_text);
  if (!leaf || !n || line.size() <= kBefore.size()) return std::nullopt;
  return RecordLine{*leaf, *n, line.substr(kBefore.size(), line.size() - kBefore.size() - 1)};
}

}  // namespace freehold::gate::audit

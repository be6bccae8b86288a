// The files of an audit export (docs/formats/audit-export.md): what export-audit writes and verify reads.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "audit_format/leaf.h"
#include "audit_format/merkle.h"
#include "base/result.h"

namespace freehold::gate::audit {

inline constexpr std::string_view kManifestFile = "manifest";
inline constexpr std::string_view kCheckpointFile = "checkpoint";
inline constexpr std::string_view kEarlierCheckpointFile = "checkpoint.earlier";  // optional
inline constexpr std::string_view kProofFile = "proof";
inline constexpr std::string_view kLeavesFile = "leaves";
inline constexpr std::string_view kRecordsFile = "records.jsonl";

// Lines "name value"; the first is "freehold-audit-export 1".
struct Manifest {
  std::string origin;
  std::uint64_t first_leaf = 0;  // the export holds leaves [first_leaf, end_leaf)
  std::uint64_t end_leaf = 0;
  std::uint64_t records = 0;  // lines of records.jsonl
};
[[nodiscard]] std::string encode_manifest(const Manifest& manifest);
[[nodiscard]] Result<Manifest> parse_manifest(std::string_view text);

// Lines "left HASH", "right HASH", "consistency HASH" in that order, hashes in base64: the subtrees before and after
// the exported leaves (as cover() lists them), and the proof that the earlier checkpoint's tree is a prefix of this
// one.
struct Proof {
  std::vector<Hash> left;
  std::vector<Hash> right;
  std::vector<Hash> consistency;
};
[[nodiscard]] std::string encode_proof(const Proof& proof);
[[nodiscard]] Result<Proof> parse_proof(std::string_view text);

// One entry of the leaves file: kind (u8), payload length (u32), the leaf's hash as it stands in the tree (32), the
// leaf (kLeafBytes), the payload: for kOpened the hashes of its records, for kSealed the sealed batch itself, because
// the tenant's key could not be had.
enum class LeafKind : std::uint8_t { kOpened = 1, kSealed = 2 };
inline constexpr std::string_view kLeavesMagic = "FHAX\x01";
inline constexpr std::size_t kPayloadLimit = kBatchRecords * sizeof(Hash);
struct LeafEntry {
  LeafKind kind = LeafKind::kOpened;
  Hash hash{};
  Bytes leaf;  // encoded
  Bytes payload;
};
[[nodiscard]] Bytes encode_leaf_entry(const LeafEntry& entry);
// The next entry, or nullopt at the end of the file; kCorrupt if it is cut short or of no known kind.
[[nodiscard]] Result<std::optional<LeafEntry>> read_leaf_entry(std::istream& in);

// A line of records.jsonl: {"leaf":12,"n":3,"record":{...}}, the record's own text unchanged.
struct RecordLine {
  std::uint64_t leaf = 0;
  std::uint64_t n = 0;
  std::string_view record;
};
void append_record_line(Bytes& out, std::uint64_t leaf, std::uint64_t n, std::string_view record);
// Without the line end. nullopt if it isn't exactly of that form.
[[nodiscard]] std::optional<RecordLine> parse_record_line(std::string_view line);
inline constexpr std::size_t kRecordLineBytes = 200 * 1024;

}  // namespace freehold::gate::audit

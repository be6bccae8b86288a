#include "audit_format/verify.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "audit_format/export_format.h"
#include "audit_format/record_text.h"
#include "compare_records.h"
#include "record_lines.h"

namespace freehold::gate::audit {
namespace {

constexpr std::size_t kDisplaced = 1'000;  // lines that stand before their leaf's, kept until it comes
constexpr std::size_t kClaims = 2 * kBatchRecords;

std::string request_of(std::string_view record) {
  constexpr std::string_view kMember = "\"request\":\"";
  const auto at = record.find(kMember);
  if (at == std::string_view::npos) return {};
  const auto id = record.substr(at + kMember.size(), 36);
  return id.find_first_not_of("0123456789abcdef-") == std::string_view::npos ? std::string(id) : std::string();
}

ClaimedRecord claim_of(const RecordLines::Line& line) {
  const auto& record = *line.parsed;
  return {line.number, record.n, record_hash(record.record), request_of(record.record)};
}

std::string line_name(std::uint64_t number) { return "records.jsonl line " + std::to_string(number); }
std::string leaf_name(std::uint64_t index) { return "leaf " + std::to_string(index); }

// One run over one export. Members are the state of the walk along the leaves.
class Verification {
 public:
  Verification(const ExportFiles& files, const VerifierKey& key) : files_(files), key_(key), lines_(*files.records) {}
  VerifyReport run();

 private:
  void find(std::string text);
  void find(const Error& error) { find(error.message); }
  [[nodiscard]] bool read_heads();
  void walk_leaves();
  void take_entry(const LeafEntry& entry);
  [[nodiscard]] bool place(const Leaf& leaf);
  void check_records(const Leaf& leaf, const Bytes& payload);
  std::vector<ClaimedRecord> claims_for(std::uint64_t leaf);
  void skip_lines_before(std::uint64_t leaf);
  void pass_over_lines_of(std::uint64_t leaf);
  void check_rest_of_records();
  void check_tree();
  void check_earlier();
  [[nodiscard]] bool fill(std::uint64_t begin, std::uint64_t end, const std::vector<Hash>& hashes);

  const ExportFiles& files_;
  const VerifierKey& key_;
  RecordLines lines_;
  VerifyReport report_;
  Checkpoint checkpoint_;
  Manifest manifest_;
  Proof proof_;
  CompactTree stated_;      // of the hashes that the leaves file states
  CompactTree computed_;    // of the leaves themselves
  std::uint64_t next_ = 0;  // the leaf that must come next
  bool whole_ = true;       // all leaves came, in order
  std::map<std::uint64_t, std::vector<ClaimedRecord>> displaced_;
  std::size_t displaced_count_ = 0;
};

void Verification::find(std::string text) {
  if (report_.findings.size() < kMaxFindings) report_.findings.push_back({std::move(text)});
  ++report_.finding_count;
}

VerifyReport Verification::run() {
  if (!read_heads()) return std::move(report_);
  if (!fill(0, manifest_.first_leaf, proof_.left)) find("the proof lacks the hashes before the exported leaves");
  next_ = manifest_.first_leaf;
  walk_leaves();
  check_rest_of_records();
  check_tree();
  check_earlier();
  return std::move(report_);
}

bool Verification::read_heads() {
  const auto checkpoint = open_checkpoint(files_.checkpoint, key_);
  const auto manifest = parse_manifest(files_.manifest);
  auto proof = parse_proof(files_.proof);
  if (!checkpoint) find(checkpoint.error());
  if (!manifest) find(manifest.error());
  if (!proof) find(proof.error());
  if (!checkpoint || !manifest || !proof) return false;
  checkpoint_ = *checkpoint;
  manifest_ = *manifest;
  proof_ = std::move(*proof);
  report_.origin = checkpoint_.origin;
  report_.log_size = checkpoint_.size;
  report_.first_leaf = manifest_.first_leaf;
  report_.end_leaf = manifest_.end_leaf;
  if (manifest_.origin != checkpoint_.origin) find("the manifest names another log than the checkpoint");
  if (manifest_.end_leaf <= checkpoint_.size) return true;
  find("the manifest names more leaves than the checkpoint vouches for");
  return false;
}

void Verification::walk_leaves() {
  Bytes magic(kLeavesMagic.size(), '\0');
  files_.leaves->read(magic.data(), static_cast<std::streamsize>(magic.size()));
  if (magic != kLeavesMagic) {
    whole_ = false;
    return find("the leaves file is not one, or was written by a newer version");
  }
  for (;;) {
    auto entry = read_leaf_entry(*files_.leaves);
    if (!entry) {
      whole_ = false;
      find(leaf_name(next_) + ": " + entry.error().message);
      break;
    }
    if (!*entry) break;
    take_entry(**entry);
  }
  if (next_ < manifest_.end_leaf) {
    whole_ = false;
    find("leaves " + std::to_string(next_) + " to " + std::to_string(manifest_.end_leaf - 1) + " are missing");
  }
}

void Verification::take_entry(const LeafEntry& entry) {
  const auto hash = leaf_hash(entry.leaf);
  const auto leaf = decode_leaf(entry.leaf);
  if (hash != entry.hash || !leaf) {
    find(leaf_name(next_) + " was changed: it does not give its hash in the tree");
  }
  // A leaf that can't be read keeps its place; what it says of its records can't be held against them.
  if (leaf && !place(*leaf)) return;
  if (next_ >= manifest_.end_leaf) {
    whole_ = false;
    return find(leaf_name(next_) + " was added: the export ends before it");
  }
  stated_.append(entry.hash);
  computed_.append(hash);
  ++next_;
  if (!leaf) return pass_over_lines_of(next_ - 1);
  if (entry.kind == LeafKind::kOpened) return check_records(*leaf, entry.payload);
  if (crypto::sha256(entry.payload) != leaf->sealed_hash)
    find(leaf_name(leaf->index) + ": its sealed batch was changed");
  ++report_.sealed_leaves;
  report_.sealed_records += leaf->count;
}

// The leaf's own index against the place where it stands.
bool Verification::place(const Leaf& leaf) {
  if (leaf.index == next_) return true;
  whole_ = false;
  if (leaf.index < next_ || leaf.index >= manifest_.end_leaf) {
    find(leaf_name(leaf.index) + " stands out of order, where leaf " + std::to_string(next_) + " belongs");
    return false;
  }
  if (leaf.index - next_ == 1) {
    find(leaf_name(next_) + " is missing, or stands out of order");
  } else {
    find("leaves " + std::to_string(next_) + " to " + std::to_string(leaf.index - 1) +
         " are missing, or stand out of order");
  }
  next_ = leaf.index;
  return true;
}

void Verification::check_records(const Leaf& leaf, const Bytes& payload) {
  std::vector<Hash> expected(payload.size() / sizeof(Hash));
  std::memcpy(expected.data(), payload.data(), expected.size() * sizeof(Hash));
  const bool vouched =
      payload.size() % sizeof(Hash) == 0 && expected.size() == leaf.count && root_of(expected) == leaf.sub_root;
  const auto claimed = claims_for(leaf.index);
  if (vouched) {
    report_.records += claimed.size();
    for (auto& text : compare_records(leaf.index, expected, claimed)) find(std::move(text));
    return;
  }
  // The list of hashes is wrong; the records themselves may still be right.
  CompactTree records;
  for (const auto& record : claimed) records.append(record.hash);
  const bool right = claimed.size() == leaf.count && records.root() == leaf.sub_root;
  find(leaf_name(leaf.index) + (right ? ": its list of record hashes was changed (its records are as they were)"
                                      : ": neither its records nor their hashes give its sub-root"));
}

std::vector<ClaimedRecord> Verification::claims_for(std::uint64_t leaf) {
  skip_lines_before(leaf);
  std::vector<ClaimedRecord> claimed;
  if (const auto early = displaced_.find(leaf); early != displaced_.end()) {
    claimed = std::move(early->second);
    displaced_.erase(early);
  }
  while (const auto* line = lines_.peek(0)) {
    if (!line->parsed) {
      find(line_name(line->number) + (line->whole ? " is not a record" : " is cut short or too long"));
    } else if (line->parsed->leaf == leaf) {
      if (claimed.size() < kClaims) {
        claimed.push_back(claim_of(*line));
      } else {
        find(line_name(line->number) + " was added");
      }
    } else {
      // A line of a later leaf ends this one's lines, unless this leaf goes on right behind it.
      const auto* after = lines_.peek(1);
      const bool strays = after != nullptr && after->parsed && after->parsed->leaf == leaf;
      if (!strays) break;
      find(line_name(line->number) + " was reordered: it belongs to leaf " + std::to_string(line->parsed->leaf));
      if (++displaced_count_ <= kDisplaced) displaced_[line->parsed->leaf].push_back(claim_of(*line));
    }
    lines_.pop();
  }
  return claimed;
}

// Lines of leaves that are past, or aren't in the export.
void Verification::skip_lines_before(std::uint64_t leaf) {
  while (const auto* line = lines_.peek(0)) {
    if (!line->parsed || line->parsed->leaf >= leaf) return;
    find(line_name(line->number) + " was added or reordered: it claims to belong to leaf " +
         std::to_string(line->parsed->leaf));
    lines_.pop();
  }
}

void Verification::pass_over_lines_of(std::uint64_t leaf) {
  skip_lines_before(leaf);
  while (const auto* line = lines_.peek(0)) {
    if (!line->parsed || line->parsed->leaf != leaf) return;
    lines_.pop();
  }
}

void Verification::check_rest_of_records() {
  while (const auto* line = lines_.peek(0)) {
    find(line_name(line->number) + (line->whole ? " was added: no leaf of the export has it" : " is cut short"));
    lines_.pop();
  }
  if (lines_.read() != manifest_.records) {
    find("records.jsonl has " + std::to_string(lines_.read()) + " lines, the manifest names " +
         std::to_string(manifest_.records));
  }
}

bool Verification::fill(std::uint64_t begin, std::uint64_t end, const std::vector<Hash>& hashes) {
  const auto places = cover(begin, end);
  if (places.size() != hashes.size()) return false;
  for (std::size_t i = 0; i < places.size(); ++i) {
    stated_.append_subtree(places[i].level, hashes[i]);
    computed_.append_subtree(places[i].level, hashes[i]);
  }
  return true;
}

void Verification::check_tree() {
  if (!whole_ || stated_.size() != manifest_.end_leaf) return;  // has been named already
  if (!fill(manifest_.end_leaf, checkpoint_.size, proof_.right)) {
    return find("the proof lacks the hashes after the exported leaves");
  }
  if (stated_.root() == checkpoint_.root) return;
  if (computed_.root() == checkpoint_.root) {
    return find("the leaves are as they were; the hashes stated beside them were changed");
  }
  find("the tree of these leaves is not the one that the checkpoint signs: leaves or proof were changed");
}

void Verification::check_earlier() {
  if (files_.earlier_checkpoint.empty()) {
    if (!proof_.consistency.empty()) find("the earlier checkpoint, which the proof speaks of, is missing");
    return;
  }
  const auto earlier = open_checkpoint(files_.earlier_checkpoint, key_);
  if (!earlier) return find("the earlier checkpoint: " + earlier.error().message);
  if (!verify_consistency(earlier->size, checkpoint_.size, earlier->root, checkpoint_.root, proof_.consistency)) {
    return find("the log does not continue what the earlier checkpoint vouched for");
  }
  report_.earlier_size = earlier->size;
}

Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(ErrorCode::kNotFound, "the export has no file \"" + path.filename().string() + "\"");
  std::string text(limit, '\0');
  in.read(text.data(), static_cast<std::streamsize>(limit));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace

VerifyReport verify_export(const ExportFiles& files, const VerifierKey& key) { return Verification(files, key).run(); }

Result<VerifyReport> verify_export_folder(const std::string& folder, const VerifierKey& key) {
  const std::filesystem::path path(folder);
  ExportFiles files;
  FH_TRY(files.manifest, read_file(path / kManifestFile, kNoteBytes));
  FH_TRY(files.checkpoint, read_file(path / kCheckpointFile, kNoteBytes + 1));
  FH_TRY(files.proof, read_file(path / kProofFile, kNoteBytes));
  std::error_code ignored;
  if (std::filesystem::exists(path / kEarlierCheckpointFile, ignored)) {
    FH_TRY(files.earlier_checkpoint, read_file(path / kEarlierCheckpointFile, kNoteBytes + 1));
    if (files.earlier_checkpoint.empty()) files.earlier_checkpoint = "\n";  // there, but nothing in it: a finding
  }
  std::ifstream leaves(path / kLeavesFile, std::ios::binary);
  std::ifstream records(path / kRecordsFile, std::ios::binary);
  if (!leaves || !records) return fail(ErrorCode::kNotFound, "the export lacks its leaves or records file");
  files.leaves = &leaves;
  files.records = &records;
  return verify_export(files, key);
}

}  // namespace freehold::gate::audit

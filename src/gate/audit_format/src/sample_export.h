// An export made by hand, for tests and fuzz targets that harm it.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "audit_format/checkpoint.h"
#include "audit_format/export_format.h"
#include "audit_format/record_text.h"
#include "audit_format/verify.h"
#include "crypto/ed25519.h"

namespace freehold::gate::audit {

struct SampleExport {
  static Secret seed() { return Secret(BytesView("0123456789abcdef0123456789abcdef")); }
  VerifierKey key = make_verifier_key("example.org/audit/fe0", crypto::ed25519_from_seed(seed())->public_key);
  std::vector<std::vector<std::string>> batches;  // by leaf, of the whole log
  std::vector<Leaf> leaves;
  std::vector<Hash> hashes;
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  std::string manifest, checkpoint, earlier, proof;
  std::vector<Bytes> entries;      // of the exported leaves
  std::vector<std::string> lines;  // of records.jsonl, with line ends

  // A log of `count` leaves, leaf i with i % 5 + 3 records, of which [first, end) are exported.
  SampleExport(std::uint64_t count, std::uint64_t first_leaf, std::uint64_t end_leaf, std::uint64_t earlier_size = 0)
      : first(first_leaf), end(end_leaf) {
    for (std::uint64_t i = 0; i < count; ++i) add_leaf(i);
    checkpoint = sign_checkpoint({key.name, count, root_of(hashes)}, key, seed());
    for (auto i = first; i < end; ++i) export_leaf(i);
    manifest = encode_manifest({key.name, first, end, lines.size()});
    const LeafSpan nodes(hashes);
    Proof parts;
    for (const auto id : cover(0, first)) parts.left.push_back(*nodes.node(id));
    for (const auto id : cover(end, count)) parts.right.push_back(*nodes.node(id));
    if (earlier_size > 0) {
      const auto before = root_of(std::span(hashes).first(earlier_size));
      earlier = sign_checkpoint({key.name, earlier_size, before}, key, seed());
      parts.consistency = *consistency_proof(nodes, earlier_size, count);
    }
    proof = encode_proof(parts);
  }

  static std::string record(std::uint64_t leaf, std::uint64_t n) {
    RecordText text;
    const auto resource = "/a/b/" + std::to_string(leaf) + "/" + std::to_string(n);
    text.resource = resource;
    text.request.bytes = {1, 2, 3, static_cast<std::uint8_t>(leaf), static_cast<std::uint8_t>(n)};
    Bytes out;
    append_record_text(out, text);
    return out;
  }

  std::string all_leaves() const {
    std::string all(kLeavesMagic);
    for (const auto& entry : entries) all += entry;
    return all;
  }
  std::string all_lines() const {
    std::string all;
    for (const auto& line : lines) all += line;
    return all;
  }
  VerifyReport verify() const { return verify_with(all_leaves(), all_lines()); }
  VerifyReport verify_with(const std::string& leaves_text, const std::string& records_text) const {
    std::istringstream leaves_in(leaves_text);
    std::istringstream records_in(records_text);
    return verify_export({manifest, checkpoint, earlier, proof, &leaves_in, &records_in}, key);
  }

 private:
  void add_leaf(std::uint64_t index) {
    std::vector<Hash> records;
    auto& texts = batches.emplace_back();
    for (std::uint64_t n = 0; n < index % 5 + 3; ++n) {
      texts.push_back(record(index, n));
      records.push_back(record_hash(texts.back()));
    }
    Leaf leaf;
    leaf.index = index;
    leaf.count = static_cast<std::uint32_t>(texts.size());
    leaf.sub_root = root_of(records);
    leaf.sealed_hash = crypto::sha256(sealed(index));
    leaves.push_back(leaf);
    hashes.push_back(leaf_hash(encode_leaf(leaf)));
  }

  static Bytes sealed(std::uint64_t index) { return "sealed batch " + std::to_string(index); }

  // Every seventh leaf's key is not to be had.
  void export_leaf(std::uint64_t index) {
    LeafEntry entry{LeafKind::kOpened, hashes[index], encode_leaf(leaves[index]), {}};
    if (index % 7 == 6) {
      entry.kind = LeafKind::kSealed;
      entry.payload = sealed(index);
    } else {
      for (std::uint64_t n = 0; n < batches[index].size(); ++n) {
        entry.payload += crypto::view(record_hash(batches[index][n]));
        append_record_line(lines.emplace_back(), index, n, batches[index][n]);
      }
    }
    entries.push_back(encode_leaf_entry(entry));
  }
};

}  // namespace freehold::gate::audit

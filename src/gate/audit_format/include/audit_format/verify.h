// Verifies an audit export without trusting who made it: all it believes is a public key. Keeps: A6.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "audit_format/checkpoint.h"
#include "base/result.h"

namespace freehold::gate::audit {

// What is wrong, in words that name the file, the leaf and the record.
struct Finding {
  std::string text;
};

struct VerifyReport {
  std::string origin;
  std::uint64_t log_size = 0;    // leaves in the log, by its checkpoint
  std::uint64_t first_leaf = 0;  // exported: [first_leaf, end_leaf)
  std::uint64_t end_leaf = 0;
  std::uint64_t records = 0;         // whose text was checked
  std::uint64_t sealed_leaves = 0;   // exported unopened; their hashes were checked
  std::uint64_t sealed_records = 0;  // in those
  std::uint64_t earlier_size = 0;    // of the earlier checkpoint that this log was shown to continue; 0 = none
  std::uint64_t finding_count = 0;
  std::vector<Finding> findings;  // the first kMaxFindings of them
  [[nodiscard]] bool verified() const { return finding_count == 0; }
};

inline constexpr std::size_t kMaxFindings = 1'000;

// An export's files. The two large ones are streams: memory stays bounded whatever their size.
struct ExportFiles {
  std::string manifest;
  std::string checkpoint;
  std::string earlier_checkpoint;  // empty: there is none
  std::string proof;
  std::istream* leaves = nullptr;
  std::istream* records = nullptr;
};

// Pure but for reading the streams. Always answers: damage of any kind is a finding.
[[nodiscard]] VerifyReport verify_export(const ExportFiles& files, const VerifierKey& key);
// The same of a folder. An error only if the folder can't be read at all (kNotFound: a file is missing).
[[nodiscard]] Result<VerifyReport> verify_export_folder(const std::string& folder, const VerifierKey& key);

}  // namespace freehold::gate::audit

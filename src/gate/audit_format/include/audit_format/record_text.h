// The text of an audit record: canonical JSON (RFC 8785), one object without white space, members in sorted order.
//
// The hash of this text is what the tree proves, so the writer here is the only one. docs/formats/audit-log.md names
// every member. Keeps: A6, R7.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "audit_format/merkle.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"

namespace freehold::gate::audit {

inline constexpr std::size_t kSaltBytes = 16;
using Salt = std::array<char, kSaltBytes>;

// What a record says, in order of its members' names. Borrows everything.
struct RecordText {
  std::string_view address;  // pseudonym, or empty
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::string_view caller;  // pseudonym, or empty
  std::string_view credential;
  std::string_view decision;
  BytesView id;  // 16 bytes: the attached row it came from; left out if empty
  std::string_view operation;
  std::string_view reason;
  RequestId request;
  std::string_view resource;
  Salt salt{};
  int status = 0;
  TenantId tenant;
  WallTime time;
};

// Appends the canonical text (no line end). Strings that aren't valid UTF-8 are written percent-encoded. Text longer
// than kRecordStringBytes is cut at a character and ends in "~" and the SHA-256 of the whole, so that a record has a
// bound and two long names stay apart.
void append_record_text(Bytes& out, const RecordText& record);

inline constexpr std::size_t kRecordStringBytes = 4096;
// No record's text is longer: what a reader may refuse.
inline constexpr std::size_t kRecordTextBytes = 192 * 1024;

// A record's hash is a leaf hash of its batch's own tree.
[[nodiscard]] inline Hash record_hash(BytesView text) { return leaf_hash(text); }

}  // namespace freehold::gate::audit

#include "audit_format/checkpoint.h"

#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"
#include "crypto/ed25519.h"

namespace freehold::gate::audit {
namespace {

constexpr char kEd25519 = '\x01';                    // signature type of the signed-note format
constexpr std::string_view kDash = "\xe2\x80\x94 ";  // U+2014, blank: begins a signature line

std::string key_id(std::string_view name, BytesView public_key) {
  const auto digest = crypto::sha256({name, BytesView("\n\x01", 2), public_key});
  return std::string(crypto::view(digest).substr(0, 4));
}

// Takes the text up to the next line end; nullopt if there is none.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::string body_of(const Checkpoint& checkpoint) {
  return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" + to_base64(crypto::view(checkpoint.root)) +
         "\n";
}

// True if the line is a signature by this very key, and right.
bool signs(std::string_view line, std::string_view body, const VerifierKey& key) {
  if (!line.starts_with(kDash)) return false;
  line.remove_prefix(kDash.size());
  const auto blank = line.find(' ');
  if (blank == std::string_view::npos || line.substr(0, blank) != key.name) return false;
  const auto bytes = from_base64(line.substr(blank + 1));
  return bytes && bytes->size() == 4 + 64 && BytesView(*bytes).substr(0, 4) == key.id &&
         crypto::ed25519_verify(key.public_key, body, BytesView(*bytes).substr(4));
}

// Origin, size and root; lines after them are extensions and signed like the rest.
std::optional<Checkpoint> parse_body(std::string_view body) {
  const auto origin = take_line(body);
  const auto size_text = take_line(body);
  const auto root_text = take_line(body);
  if (!origin || !size_text || !root_text || !is_log_name(*origin)) return std::nullopt;
  const auto size = parse_u64(*size_text);
  const auto root = from_base64(*root_text);
  if (!size || *size > kLogLeaves || std::to_string(*size) != *size_text || !root) return std::nullopt;
  Checkpoint checkpoint{std::string(*origin), *size, {}};
  if (root->size() != checkpoint.root.size()) return std::nullopt;
  std::memcpy(checkpoint.root.data(), root->data(), root->size());
  return checkpoint;
}

}  // namespace

bool is_log_name(std::string_view name) {
  return !name.empty() && name.size() <= 256 &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7f' && c != '+'; });
}

VerifierKey make_verifier_key(std::string_view name, BytesView public_key) {
  FH_CHECK(is_log_name(name) && public_key.size() == 32);
  return {std::string(name), key_id(name, public_key), Bytes(public_key)};
}

std::string to_string(const VerifierKey& key) {
  return key.name + "+" + to_hex(key.id) + "+" + to_base64(kEd25519 + key.public_key);
}

Result<VerifierKey> parse_verifier_key(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  const auto wrong = [] { return fail(ErrorCode::kInvalidArgument, "not a log's public key (name+id+key)"); };
  const auto first = text.find('+');
  if (first == std::string_view::npos) return wrong();
  const auto second = text.find('+', first + 1);
  if (second == std::string_view::npos || !is_log_name(text.substr(0, first))) return wrong();
  const auto id = from_hex(text.substr(first + 1, second - first - 1));
  const auto key = from_base64(text.substr(second + 1));
  if (!id || !key || key->size() != 33 || key->front() != kEd25519) return wrong();
  auto made = make_verifier_key(text.substr(0, first), BytesView(*key).substr(1));
  if (made.id != *id) return fail(ErrorCode::kInvalidArgument, "the public key's id does not fit its name and bytes");
  return made;
}

std::string sign_checkpoint(const Checkpoint& checkpoint, const VerifierKey& key, const Secret& seed) {
  FH_CHECK(checkpoint.origin == key.name);
  auto note = body_of(checkpoint);
  const auto signature = crypto::ed25519_sign(seed, note);
  note += "\n";
  note += kDash;
  return note + key.name + " " + to_base64(key.id + signature) + "\n";
}

Result<Checkpoint> open_checkpoint(std::string_view note, const VerifierKey& key) {
  // The body ends at the last empty line; its own line end belongs to it.
  const auto gap = note.rfind("\n\n");
  if (note.size() > kNoteBytes || gap == std::string_view::npos) {
    return fail(ErrorCode::kCorrupt, "the checkpoint is not a signed note");
  }
  const auto body = note.substr(0, gap + 1);
  auto lines = note.substr(gap + 2);
  bool signed_by_key = false;
  while (!lines.empty()) {
    const auto line = take_line(lines);
    if (!line || !line->starts_with(kDash)) return fail(ErrorCode::kCorrupt, "the checkpoint is not a signed note");
    signed_by_key = signed_by_key || signs(*line, body, key);
  }
  if (!signed_by_key) return fail(ErrorCode::kCorrupt, "no signature of the checkpoint is right under the given key");
  const auto checkpoint = parse_body(body);
  if (!checkpoint || checkpoint->origin != key.name) {
    return fail(ErrorCode::kCorrupt, "the checkpoint is not one of the log that the key names");
  }
  return *checkpoint;
}

}  // namespace freehold::gate::audit

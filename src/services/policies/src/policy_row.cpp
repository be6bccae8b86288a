#include "src/policy_row.h"

#include <algorithm>

#include "base/check.h"
#include "crypto/digest.h"
#include "store/json_row.h"

namespace freehold::policies {
namespace {

constexpr int kVersion = 1;
constexpr std::size_t kKeyBytes = 1 + 32 + 1;  // prefix, digest of the id, part

Bytes row_key(const ResourceId& id, std::size_t part) {
  const auto digest = crypto::sha256(key_of(id));
  Bytes out(1, kEntryPrefix);
  out.append(crypto::view(digest));
  out.push_back(static_cast<char>(part));
  return out;
}

std::unexpected<Error> corrupt() { return fail(ErrorCode::kCorrupt, "a row of policies is damaged"); }

Result<Stored> decode_one(const std::string& text) {
  FH_TRY(const Json json, store::parse_json_row(text, kVersion, "a row of policies"));
  const auto kind = kind_of(json.value("kind", ""));
  auto id = gate::resource::parse_resource_id(json.value("id", ""));
  if (!kind || !id || !json.contains("body") || !json["body"].is_object()) return corrupt();
  return Stored{.kind = *kind, .id = std::move(*id), .body = json["body"]};
}

}  // namespace

std::vector<store::KeyValue> encode(const Entry& entry) {
  FH_CHECK(entry.body.size() <= kMaxEntryBytes);
  const Json json = {{"v", kVersion},
                     {"kind", type_of(entry.kind)},
                     {"id", entry.id.text()},
                     {"body", Json::parse(entry.body, nullptr, false)}};
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::size_t parts = (text.size() + kRowBytes - 1) / kRowBytes;
  FH_CHECK(parts <= kMaxParts);
  std::vector<store::KeyValue> out;
  for (std::size_t part = 0; part < parts; ++part) {
    Bytes value(1, static_cast<char>(parts));
    value.append(text, part * kRowBytes, kRowBytes);
    out.push_back({row_key(entry.id, part), std::move(value)});
  }
  return out;
}

std::vector<Bytes> row_keys(const ResourceId& id) {
  std::vector<Bytes> out;
  for (std::size_t part = 0; part < kMaxParts; ++part) out.push_back(row_key(id, part));
  return out;
}

Result<std::vector<Stored>> decode(const std::vector<store::KeyValue>& rows) {
  std::vector<Stored> out;
  for (std::size_t at = 0; at < rows.size();) {
    const auto& first = rows[at];
    if (first.key.size() != kKeyBytes || first.value.empty()) return corrupt();
    const auto parts = static_cast<unsigned char>(first.value.front());
    std::string text;
    for (std::size_t part = 0; part < parts; ++part, ++at) {
      const bool fits = at < rows.size() && rows[at].key.size() == kKeyBytes &&
                        rows[at].key.substr(0, kKeyBytes - 1) == first.key.substr(0, kKeyBytes - 1) &&
                        static_cast<unsigned char>(rows[at].key.back()) == part && !rows[at].value.empty() &&
                        static_cast<unsigned char>(rows[at].value.front()) == parts;
      if (!fits) return corrupt();
      text.append(rows[at].value, 1);
    }
    if (parts == 0) return corrupt();
    FH_TRY(auto stored, decode_one(text));
    out.push_back(std::move(stored));
  }
  return out;
}

}  // namespace freehold::policies

#include "compare_records.h"

#include <algorithm>
#include <optional>

namespace freehold::gate::audit {
namespace {

// Which of the expected hashes each line bears. A line whose hash isn't expected, or was borne before, bears none.
std::vector<std::optional<std::size_t>> match(const std::vector<Hash>& expected,
                                              const std::vector<ClaimedRecord>& claimed) {
  std::vector<std::pair<Hash, std::size_t>> places;
  places.reserve(expected.size());
  for (const auto& hash : expected) places.emplace_back(hash, places.size());
  std::ranges::sort(places);
  std::vector<bool> borne(expected.size());
  std::vector<std::optional<std::size_t>> matches;
  for (const auto& record : claimed) {
    auto place = std::ranges::lower_bound(places, std::pair{record.hash, std::size_t{0}});
    while (place != places.end() && place->first == record.hash && borne[place->second]) ++place;
    const bool found = place != places.end() && place->first == record.hash;
    matches.push_back(found ? std::optional(place->second) : std::nullopt);
    if (found) borne[place->second] = true;
  }
  return matches;
}

std::string name_of(std::uint64_t leaf, const ClaimedRecord& record) {
  auto name = "leaf " + std::to_string(leaf) + " record " + std::to_string(record.n) + " (records.jsonl line " +
              std::to_string(record.line);
  if (!record.request.empty()) name += ", request " + record.request;
  return name + ")";
}

}  // namespace

std::vector<std::string> compare_records(std::uint64_t leaf, const std::vector<Hash>& expected,
                                         const std::vector<ClaimedRecord>& claimed) {
  const auto matches = match(expected, claimed);
  std::vector<bool> accounted(expected.size());
  for (const auto& m : matches) {
    if (m) accounted[*m] = true;
  }
  std::vector<std::string> findings;
  std::uint64_t furthest = 0;  // one past the highest place claimed so far: places must only rise
  for (std::size_t i = 0; i < claimed.size(); ++i) {
    const auto& record = claimed[i];
    if (!matches[i]) {
      const bool stands_for_another = record.n < expected.size() && !accounted[record.n];
      findings.push_back(name_of(leaf, record) + (stands_for_another ? " was changed" : " was added"));
      if (stands_for_another) accounted[record.n] = true;
      continue;
    }
    if (*matches[i] != record.n || record.n < furthest) {
      findings.push_back(name_of(leaf, record) + " was reordered: its place is " + std::to_string(*matches[i]));
    }
    furthest = std::max(furthest, record.n + 1);
  }
  for (std::size_t n = 0; n < expected.size(); ++n) {
    if (!accounted[n]) {
      findings.push_back("leaf " + std::to_string(leaf) + " record " + std::to_string(n) + " is missing");
    }
  }
  return findings;
}

}  // namespace freehold::gate::audit

#include "src/storage_facts.h"

#include <algorithm>
#include <span>

#include "base/encoding.h"

namespace freehold::gate::authz {
namespace {

Fact known(std::string value) { return {Fact::State::kKnown, {std::move(value)}}; }
Fact absent() { return {Fact::State::kAbsent, {}}; }
Fact known_or_absent(std::string_view value) { return value.empty() ? absent() : known(std::string(value)); }

// A parameter that stands twice says two things, of which an operation reads one.
Fact parameter(const http::Request& request, std::string_view name) {
  const auto count = std::ranges::count(request.query, name, &http::QueryParameter::name);
  if (count > 1) return {};
  return count == 0 ? absent() : known(std::string(request.parameter(name)));
}

std::size_t count_of(const http::Request& request, std::string_view header) {
  return static_cast<std::size_t>(std::ranges::count(request.headers.fields(), header,
                                                     [](const auto& field) { return std::string_view(field.first); }));
}

constexpr std::ptrdiff_t kMostTags = 10;      // of a blob
constexpr std::ptrdiff_t kMostIncluded = 32;  // words of a list, far more than there are
constexpr std::string_view kTaggers[] = {"PutBlob",  "PutBlockList",    "PutBlobFromUrl", "CreateAppendBlob",
                                         "CopyBlob", "CopyBlobFromUrl", "CreatePageBlob"};

bool takes_tags_header(std::string_view operation) {
  return std::ranges::find(kTaggers, operation) != std::end(kTaggers);
}

Fact words(std::string_view list) {
  if (std::ranges::count(list, ',') >= kMostIncluded) return {};
  Fact out{Fact::State::kKnown, {}};
  while (!list.empty()) {
    const auto word = list.substr(0, list.find(','));
    if (!word.empty()) out.values.push_back(to_lower(word));
    list.remove_prefix(std::min(list.size(), word.size() + 1));
  }
  return out.values.empty() ? absent() : out;
}

// The keys of tags, or what one of them says.
Fact chosen(std::span<const std::pair<std::string, std::string>> tags, bool keys, std::string_view key) {
  Fact out{Fact::State::kKnown, {}};
  for (const auto& [name, value] : tags) {
    if (keys || name == key) out.values.push_back(keys ? name : value);
  }
  return out.values.empty() ? absent() : out;
}

}  // namespace

Fact StorageFacts::of(Attribute attribute, std::string_view key) const {
  switch (attribute) {
    case Attribute::kAccountName:
      return known(account_.name);
    case Attribute::kIsHnsEnabled:
    case Attribute::kIsPrivateLink:
      return known("false");  // there are neither hierarchical namespaces nor private endpoints
    case Attribute::kContainerName:
      return known_or_absent(target_.container);
    case Attribute::kBlobPath:
      return known_or_absent(target_.blob);
    case Attribute::kResourceTag:
    case Attribute::kResourceTagKeys:
      return stored_tags(attribute, key);
    default:
      return asked_.request == nullptr ? Fact{} : of_request(attribute, key);
  }
}

Fact StorageFacts::of_request(Attribute attribute, std::string_view key) const {
  const auto& request = *asked_.request;
  switch (attribute) {
    // Of lists alone: another operation passes over what it carries under these names, and so must a condition.
    case Attribute::kPrefix:
      return asked_.operation == "ListBlobs" ? parameter(request, "prefix") : absent();
    case Attribute::kInclude: {
      if (asked_.operation != "ListBlobs") return absent();
      const auto list = parameter(request, "include");
      return list.state == Fact::State::kKnown ? words(list.values[0]) : list;
    }
    case Attribute::kSnapshot:
      return parameter(request, "snapshot");
    case Attribute::kVersionId:
      return parameter(request, "versionid");
    case Attribute::kIsCurrentVersion:
      // A version that is named may be the current one.
      if (request.has_parameter("versionid") || target_.blob.empty()) return {};
      return known(request.has_parameter("snapshot") ? "false" : "true");
    case Attribute::kTag:
    case Attribute::kTagKeys:
      return tags(attribute, key);
    case Attribute::kSubOperation:
      return sub_operations();
    case Attribute::kUtcNow:
      return known(rfc3339_ticks(asked_.now));
    default:
      return {};
  }
}

// Of the blob, or of the snapshot that the request names. What makes a blob finds none.
Fact StorageFacts::stored_tags(Attribute attribute, std::string_view key) const {
  if (target_.blob.empty()) return absent();
  if (asked_.tags == nullptr) return {};
  if (!asked_.tags->known) {
    asked_.tags->asked = true;
    return {};
  }
  return chosen(asked_.tags->tags, attribute == Attribute::kResourceTagKeys, key);
}

Fact StorageFacts::tags(Attribute attribute, std::string_view key) const {
  const auto& request = *asked_.request;
  // Others pass over the header, or take tags that aren't known yet.
  if (!takes_tags_header(asked_.operation)) return asked_.operation == "SetBlobTags" ? Fact{} : absent();
  const auto count = count_of(request, "x-ms-tags");
  if (count > 1 || request.headers.has("x-ms-copy-source-tag-option")) return {};
  if (count == 0) return absent();
  // More than a blob has: it will be refused, and needn't be read.
  if (std::ranges::count(request.headers.get("x-ms-tags"), '&') >= kMostTags) return {};
  const auto parameters = http::parse_query(request.headers.get("x-ms-tags"));
  if (!parameters) return {};
  std::vector<std::pair<std::string, std::string>> sent;
  for (const auto& tag : *parameters) sent.emplace_back(tag.raw_name, tag.value);
  return chosen(sent, attribute == Attribute::kTagKeys, key);
}

// A request may be more than one of them.
Fact StorageFacts::sub_operations() const {
  const auto& headers = asked_.request->headers;
  Fact out{Fact::State::kKnown, {}};
  const bool reads = asked_.request->method == http::Method::kGet || asked_.request->method == http::Method::kHead;
  if (asked_.operation == "ListBlobs") out.values.emplace_back("Blob.List");
  if (asked_.operation == "SetBlobTier") out.values.emplace_back("Blob.Write.Tier");
  if (reads && headers.has("x-ms-if-tags")) out.values.emplace_back("Blob.Read.WithTagConditions");
  if (takes_tags_header(asked_.operation) && headers.has("x-ms-tags"))
    out.values.emplace_back("Blob.Write.WithTagHeaders");
  return out;
}

}  // namespace freehold::gate::authz

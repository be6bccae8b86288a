// XML of listings: EnumerationResults.
#pragma once

#include <string>
#include <string_view>

#include "src/blob_row.h"
#include "src/container_row.h"
#include "src/listing_rules.h"

namespace freehold::blob {

// The Name element. Names that XML can't carry are percent-encoded and marked so (x-ms-version 2021-02-12 and later;
// earlier versions can't show them right, and get the same).
void append_name(std::string& out, std::string_view name);

// Written as the listing goes along.
class ListingXml {
 public:
  // `container` is empty for a listing of containers.
  ListingXml(std::string_view endpoint, std::string_view container, const ListingQuery& query);
  // Leases and tiers are judged at hybrid time `now`. Notes are looked at where the query wants some.
  void add_blob(std::string_view name, const BlobRow& row, const Notes& notes, const ListingQuery& query,
                std::uint64_t now);
  void add_prefix(std::string_view name);
  void add_container(std::string_view name, const ContainerRow& row, const Notes& notes, const ListingQuery& query,
                     std::uint64_t now);
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  [[nodiscard]] std::string finish(std::string_view next_marker);

 private:
  void add_metadata(const Metadata& metadata);
  void add_lease(const std::optional<Lease>& lease, std::uint64_t now);
  void add_copy(const CopyState& copy);
  void add_tier(const BlobRow& row, std::uint64_t now);
  std::string out_;
  std::string_view list_;  // "Blobs" or "Containers"
};

}  // namespace freehold::blob

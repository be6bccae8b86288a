#include "src/listing_xml.h"

#include "base/encoding.h"
#include "src/content_key.h"
#include "src/lease_rules.h"
#include "src/responses.h"
#include "src/snapshot_time.h"
#include "src/tag_rules.h"
#include "src/tier_rules.h"
#include "src/xml_text.h"
#include "store/hybrid_clock.h"

namespace freehold::blob {

void append_name(std::string& out, std::string_view name) {
  if (fits_xml(name)) {
    append_element(out, "Name", name);
  } else {
    out += "<Name Encoded=\"true\">" + percent_encode(name, "/") + "</Name>";
  }
}

ListingXml::ListingXml(std::string_view endpoint, std::string_view container, const ListingQuery& query)
    : out_(kXmlDeclaration), list_(container.empty() ? "Containers" : "Blobs") {
  out_ += "<EnumerationResults ServiceEndpoint=\"";
  append_escaped(out_, endpoint);
  out_ += '"';
  if (!container.empty()) {
    out_ += " ContainerName=\"";
    append_escaped(out_, container);
    out_ += '"';
  }
  out_ += '>';
  if (!query.prefix.empty()) append_element(out_, "Prefix", query.prefix);
  if (!query.marker.empty()) append_element(out_, "Marker", query.marker);
  if (query.max_given) append_element(out_, "MaxResults", std::to_string(query.max_results));
  if (!query.delimiter.empty()) append_element(out_, "Delimiter", query.delimiter);
  out_ += '<' + std::string(list_) + '>';
}

void ListingXml::add_metadata(const Metadata& metadata) {
  if (metadata.empty()) {
    out_ += "<Metadata />";
    return;
  }
  out_ += "<Metadata>";
  for (const auto& [name, value] : metadata) append_element(out_, name, value);
  out_ += "</Metadata>";
}

void ListingXml::add_lease(const std::optional<Lease>& lease, std::uint64_t now) {
  const auto state = lease_state(lease, store::HybridClock::wall_time(now));
  append_element(out_, "LeaseStatus", is_locked(state) ? "locked" : "unlocked");
  append_element(out_, "LeaseState", to_string(state));
  if (state == LeaseState::kLeased) append_element(out_, "LeaseDuration", duration_text(*lease));
}

void ListingXml::add_tier(const BlobRow& row, std::uint64_t now) {
  const auto tier = tier_at(row.tier, store::HybridClock::wall_time(now));
  append_element(out_, "AccessTier", to_string(tier.tier));
  if (!tier.named) append_element(out_, "AccessTierInferred", "true");
  if (tier.changed != 0) {
    append_element(out_, "AccessTierChangeTime", http_date(store::HybridClock::wall_time(tier.changed)));
  }
  if (!tier.rehydration) return;
  append_element(out_, "ArchiveStatus", archive_status(tier));
  append_element(out_, "RehydratePriority", to_string(tier.rehydration->priority));
}

void ListingXml::add_copy(const CopyState& copy) {
  append_element(out_, "CopyId", copy.id);
  append_element(out_, "CopySource", copy.source);
  append_element(out_, "CopyStatus", to_string(copy.status));
  if (!copy.description.empty()) append_element(out_, "CopyStatusDescription", copy.description);
  append_element(out_, "CopyProgress", std::to_string(copy.copied) + "/" + std::to_string(copy.total));
  if (copy.completed != 0) {
    append_element(out_, "CopyCompletionTime", http_date(store::HybridClock::wall_time(copy.completed)));
  }
  if (copy.incremental && copy.status == CopyStatus::kSuccess) {
    append_element(out_, "DestinationSnapshot", snapshot_text(copy.destination_snapshot));
  }
}

void ListingXml::add_blob(std::string_view name, const BlobRow& row, const Notes& notes, const ListingQuery& query,
                          std::uint64_t now) {
  out_ += "<Blob>";
  append_name(out_, name);
  if (row.is_snapshot()) append_element(out_, "Snapshot", snapshot_text(row.snapshot));
  out_ += "<Properties>";
  append_element(out_, "Creation-Time", http_date(row.creation_time()));
  append_element(out_, "Last-Modified", http_date(row.last_modified()));
  append_element(out_, "Etag", etag_text(row.etag));
  append_element(out_, "Content-Length", std::to_string(row.length));
  append_element(out_, "Content-Type", row.content.type);
  append_element(out_, "Content-Encoding", row.content.encoding);
  append_element(out_, "Content-Language", row.content.language);
  append_element(out_, "Content-CRC64", "");
  append_element(out_, "Content-MD5", row.content.md5.empty() ? std::string() : to_base64(row.content.md5));
  append_element(out_, "Cache-Control", row.content.cache_control);
  append_element(out_, "Content-Disposition", row.content.disposition);
  if (row.page) append_element(out_, "x-ms-blob-sequence-number", std::to_string(row.page->sequence_number));
  append_element(out_, "BlobType", to_string(row.type));
  if (row.append && row.append->sealed) out_ += "<Sealed>true</Sealed>";
  if (row.type == BlobType::kBlock) add_tier(row, now);
  if (!row.is_snapshot()) add_lease(row.lease, now);
  if (query.copy && row.copy) add_copy(*row.copy);
  if (row.copy && row.copy->incremental) append_element(out_, "IncrementalCopy", "true");
  out_ += "<ServerEncrypted>true</ServerEncrypted>";
  if (const auto tags = row.notes.tag_count(); tags != 0) append_element(out_, "TagCount", std::to_string(tags));
  const bool locked = !row.customer_key_sha256.empty();
  if (const auto scope = scope_of(row.wrapped_key); !scope.empty()) append_element(out_, "EncryptionScope", scope);
  if (locked) append_element(out_, "CustomerProvidedKeySha256", to_base64(row.customer_key_sha256));
  out_ += "</Properties>";
  // A listing brings no keys, so it doesn't tell what only a key's holder may read.
  if (query.metadata && locked) out_ += "<Metadata Encrypted=\"true\" />";
  if (query.metadata && !locked) add_metadata(notes.metadata);
  if (query.tags && !notes.tags.empty()) append_tags_xml(out_, notes.tags);
  out_ += "<OrMetadata /></Blob>";
}

void ListingXml::add_prefix(std::string_view name) {
  out_ += "<BlobPrefix>";
  append_name(out_, name);
  out_ += "</BlobPrefix>";
}

void ListingXml::add_container(std::string_view name, const ContainerRow& row, const Notes& notes,
                               const ListingQuery& query, std::uint64_t now) {
  out_ += "<Container>";
  append_name(out_, name);
  out_ += "<Properties>";
  append_element(out_, "Last-Modified", http_date(row.last_modified()));
  append_element(out_, "Etag", quoted_etag(row.etag));
  if (const auto access = public_access_text(row.public_access); !access.empty()) {
    append_element(out_, "PublicAccess", access);
  }
  add_lease(row.lease, now);
  append_element(out_, "DefaultEncryptionScope", scope_shown(row.scope));
  append_element(out_, "DenyEncryptionScopeOverride", row.scope.only ? "true" : "false");
  out_ +=
      "<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold>"
      "<ImmutableStorageWithVersioningEnabled>false</ImmutableStorageWithVersioningEnabled></Properties>";
  if (query.metadata) add_metadata(notes.metadata);
  out_ += "</Container>";
}

std::string ListingXml::finish(std::string_view next_marker) {
  out_ += "</" + std::string(list_) + '>';
  append_element(out_, "NextMarker", next_marker);
  out_ += "</EnumerationResults>";
  return std::move(out_);
}

}  // namespace freehold::blob

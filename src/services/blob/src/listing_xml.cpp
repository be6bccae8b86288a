#include "src/listing_xml.h"

#include "base/encoding.h"
#include "src/responses.h"
#include "src/xml_text.h"

namespace freehold::blob {

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

void ListingXml::add_name(std::string_view name) {
  if (fits_xml(name)) {
    append_element(out_, "Name", name);
  } else {
    out_ += "<Name Encoded=\"true\">" + percent_encode(name, "/") + "</Name>";
  }
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

void ListingXml::add_blob(std::string_view name, const BlobRow& row, bool with_metadata) {
  out_ += "<Blob>";
  add_name(name);
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
  out_ += "<BlobType>" + std::string(to_string(row.type)) + "</BlobType><AccessTier>Hot</AccessTier>";
  if (!row.tier.named) out_ += "<AccessTierInferred>true</AccessTierInferred>";
  out_ +=
      "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState><ServerEncrypted>true</ServerEncrypted>";
  out_ += "</Properties>";
  if (with_metadata) add_metadata(row.metadata);
  out_ += "<OrMetadata /></Blob>";
}

void ListingXml::add_prefix(std::string_view name) {
  out_ += "<BlobPrefix>";
  add_name(name);
  out_ += "</BlobPrefix>";
}

void ListingXml::add_container(std::string_view name, const ContainerRow& row, bool with_metadata) {
  out_ += "<Container>";
  add_name(name);
  out_ += "<Properties>";
  append_element(out_, "Last-Modified", http_date(row.last_modified()));
  append_element(out_, "Etag", quoted_etag(row.etag));
  if (const auto access = public_access_text(row.public_access); !access.empty()) {
    append_element(out_, "PublicAccess", access);
  }
  out_ +=
      "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>"
      "<DefaultEncryptionScope>$account-encryption-key</DefaultEncryptionScope>"
      "<DenyEncryptionScopeOverride>false</DenyEncryptionScopeOverride>"
      "<HasImmutabilityPolicy>false</HasImmutabilityPolicy><HasLegalHold>false</HasLegalHold>"
      "<ImmutableStorageWithVersioningEnabled>false</ImmutableStorageWithVersioningEnabled></Properties>";
  if (with_metadata) add_metadata(row.metadata);
  out_ += "</Container>";
}

std::string ListingXml::finish(std::string_view next_marker) {
  out_ += "</" + std::string(list_) + '>';
  append_element(out_, "NextMarker", next_marker);
  out_ += "</EnumerationResults>";
  return std::move(out_);
}

}  // namespace freehold::blob

#include "src/creation_rules.h"

#include "src/tag_rules.h"
#include "src/tier_rules.h"
#include "src/upload_rules.h"

namespace freehold::blob {

ApiResult<NewBlob> parse_new_blob(const http::Request& request, int version, const gate::Principal& principal,
                                  BlobType type) {
  NewBlob fresh;
  FH_TRY(fresh.metadata, parse_metadata(request.headers));
  if (request.headers.has("x-ms-tags")) {
    FH_TRY(fresh.tags, parse_tags_header(request.headers.get("x-ms-tags")));
  }
  FH_TRY(const auto tier, parse_tier(request.headers, version));
  if (tier && type != BlobType::kBlock) return refuse(errors::access_tier_not_supported_for_blob_type());
  fresh.tier = created_tier(tier);
  FH_TRY(fresh.conditions, parse_conditions(request.headers));
  fresh.create_only = may_only_create(principal);
  return fresh;
}

ApiResult<> check_may_create(const NewBlob& fresh, const std::optional<StoredBlob>& current, std::uint64_t now) {
  const bool there = current && current->row.committed();
  FH_CHECK_OK(check_write(fresh.conditions, there ? std::optional(current->row.existing(now)) : std::nullopt));
  if (there && fresh.create_only) return refuse(errors::overwrite_not_allowed());
  return there ? refuse_archived(current->row, store::HybridClock::wall_time(now)) : ApiResult<>();
}

BlobRow row_of(const NewBlob& fresh, BlobType type) {
  BlobRow row;
  row.type = type;
  row.notes.set({fresh.metadata, fresh.tags});
  row.tier = fresh.tier;
  return row;
}

}  // namespace freehold::blob

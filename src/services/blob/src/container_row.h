// ContainerRow: what an account's partition says of one container, sealed (docs/formats/blob-rows.md).
#pragma once

#include "base/ids.h"
#include "src/blob_row.h"
#include "src/scope_rules.h"

namespace freehold::blob {

struct ContainerRow {
  ContainerId id;
  std::uint64_t etag = 0;  // hybrid timestamp of the last change of the container itself
  std::uint64_t created = 0;
  RowNotes notes;  // metadata
  std::optional<Lease> lease;
  PublicAccess public_access = PublicAccess::kNone;
  std::vector<StoredPolicy> policies;  // at most kPoliciesPerContainer
  ScopePolicy scope;                   // of content that is put into it; set when it is made
  UnknownFields unknown;
  [[nodiscard]] WallTime last_modified() const;
  [[nodiscard]] Existing existing() const { return {etag, last_modified(), nullptr, nullptr, {}}; }
};

[[nodiscard]] Bytes encode_container_row(const ContainerRow& row);
[[nodiscard]] Result<ContainerRow> decode_container_row(BytesView bytes);

}  // namespace freehold::blob

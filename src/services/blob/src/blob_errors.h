// One maker per Azure error, so that code, status and text never drift apart. "Status and error codes" and "Blob
// service error codes" of the Azure Storage REST reference.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "route/api_error.h"

namespace freehold::blob {

using gate::ApiError;
template <class T = void>
using ApiResult = gate::ApiResult<T>;

namespace errors {
// 400
[[nodiscard]] ApiError invalid_header(std::string_view name, std::string_view value);
[[nodiscard]] ApiError missing_header(std::string_view name);
[[nodiscard]] ApiError unsupported_header(std::string_view name);
[[nodiscard]] ApiError multiple_conditions();
[[nodiscard]] ApiError unsatisfiable_condition();
[[nodiscard]] ApiError invalid_snapshot_operation();
[[nodiscard]] ApiError invalid_parameter(std::string_view name, std::string_view value, std::string_view reason);
[[nodiscard]] ApiError missing_parameter(std::string_view name);
[[nodiscard]] ApiError out_of_range_parameter(std::string_view name, std::string_view value, std::string_view minimum,
                                              std::string_view maximum);
[[nodiscard]] ApiError invalid_resource_name();
[[nodiscard]] ApiError name_length_out_of_range();
[[nodiscard]] ApiError out_of_range_input();
[[nodiscard]] ApiError invalid_input();
[[nodiscard]] ApiError invalid_metadata();
[[nodiscard]] ApiError empty_metadata_key();
[[nodiscard]] ApiError metadata_too_large();
[[nodiscard]] ApiError too_many_staged_blocks();
[[nodiscard]] ApiError invalid_md5();
[[nodiscard]] ApiError md5_mismatch(std::string_view sent, std::string_view calculated);
[[nodiscard]] ApiError crc64_mismatch(std::string_view sent, std::string_view calculated);
[[nodiscard]] ApiError invalid_blob_or_block();
[[nodiscard]] ApiError invalid_block_list();
[[nodiscard]] ApiError block_list_too_long();
[[nodiscard]] ApiError invalid_xml();
[[nodiscard]] ApiError invalid_xml_value();
[[nodiscard]] ApiError empty_tag_name();
[[nodiscard]] ApiError duplicate_tag_names();
[[nodiscard]] ApiError invalid_tag();
[[nodiscard]] ApiError tags_too_large();
[[nodiscard]] ApiError access_tier_not_supported_for_blob_type();
[[nodiscard]] ApiError previous_snapshot_newer();
[[nodiscard]] ApiError unsupported_xml_node(std::string_view name);
[[nodiscard]] ApiError missing_xml_node(std::string_view name);
[[nodiscard]] ApiError invalid_xml_value(std::string_view name, std::string_view value);
[[nodiscard]] ApiError missing_cors_header();
[[nodiscard]] ApiError too_many_batch_parts();
[[nodiscard]] ApiError mixed_batch();
[[nodiscard]] ApiError customer_key_needs_https();
[[nodiscard]] ApiError scope_not_found(std::string_view name);
// 403
[[nodiscard]] ApiError overwrite_not_allowed();
[[nodiscard]] ApiError scope_disabled(std::string_view name);
[[nodiscard]] ApiError container_scope_forbids();
[[nodiscard]] ApiError key_denied();
[[nodiscard]] ApiError permission_mismatch();
[[nodiscard]] ApiError cors_preflight_failure();
[[nodiscard]] ApiError copy_source_not_allowed();
// A copy's source that can't be had, with the status that says why (or 500), and the source's own code if it gave one.
[[nodiscard]] ApiError cannot_verify_copy_source(int status, std::string_view source_code);
// The source's own refusal, passed on.
[[nodiscard]] ApiError source_said(int status, std::string_view code);
[[nodiscard]] ApiError source_condition_not_met();
[[nodiscard]] ApiError invalid_source_range();
[[nodiscard]] ApiError copy_source_too_large(std::uint64_t limit);
// 404, 405, 409
[[nodiscard]] ApiError container_not_found();
[[nodiscard]] ApiError blob_not_found();
[[nodiscard]] ApiError resource_not_found();
[[nodiscard]] ApiError verb_not_supported();
[[nodiscard]] ApiError container_exists();
[[nodiscard]] ApiError blob_exists();
[[nodiscard]] ApiError invalid_blob_type();
[[nodiscard]] ApiError blob_is_sealed();
[[nodiscard]] ApiError too_many_blocks();
[[nodiscard]] ApiError sequence_number_too_large();
[[nodiscard]] ApiError previous_snapshot_not_found();
[[nodiscard]] ApiError previous_snapshot_not_supported();
[[nodiscard]] ApiError blob_overwritten();
[[nodiscard]] ApiError public_access_not_permitted();
[[nodiscard]] ApiError snapshots_present();
[[nodiscard]] ApiError blob_archived();
[[nodiscard]] ApiError blob_being_rehydrated();
[[nodiscard]] ApiError lease_already_present();
[[nodiscard]] ApiError lease_is_breaking_and_cannot_be_acquired();
[[nodiscard]] ApiError lease_is_breaking_and_cannot_be_changed();
[[nodiscard]] ApiError lease_is_broken_and_cannot_be_renewed();
[[nodiscard]] ApiError lease_id_mismatch_with_lease_operation();
[[nodiscard]] ApiError lease_not_present_with_lease_operation();
[[nodiscard]] ApiError pending_copy();
[[nodiscard]] ApiError interrupted_copy();  // told in x-ms-copy-status-description
[[nodiscard]] ApiError no_pending_copy();
[[nodiscard]] ApiError copy_id_mismatch();
[[nodiscard]] ApiError incremental_copy_mismatch();
[[nodiscard]] ApiError incremental_copy_of_earlier_snapshot();
[[nodiscard]] ApiError incremental_copy_source_must_be_snapshot();
[[nodiscard]] ApiError invalid_source_blob_type();
[[nodiscard]] ApiError not_on_incremental_copy();
[[nodiscard]] ApiError customer_key_missing();
[[nodiscard]] ApiError customer_key_mismatch();
[[nodiscard]] ApiError customer_key_not_used();
// 304, 411, 412, 413, 416
[[nodiscard]] ApiError not_modified();
[[nodiscard]] ApiError length_required();
[[nodiscard]] ApiError condition_not_met();
[[nodiscard]] ApiError no_lease_on_blob();
[[nodiscard]] ApiError no_lease_on_container();
[[nodiscard]] ApiError blob_lease_id_missing();
[[nodiscard]] ApiError container_lease_id_missing();
[[nodiscard]] ApiError blob_lease_id_mismatch();
[[nodiscard]] ApiError container_lease_id_mismatch();
[[nodiscard]] ApiError blob_lease_lost();
[[nodiscard]] ApiError container_lease_lost();
[[nodiscard]] ApiError body_too_large(std::uint64_t limit);
[[nodiscard]] ApiError invalid_range(std::uint64_t length);
[[nodiscard]] ApiError invalid_page_range();
[[nodiscard]] ApiError append_position_not_met();
[[nodiscard]] ApiError max_blob_size_not_met();
[[nodiscard]] ApiError sequence_number_not_met();
// 500 and above
[[nodiscard]] ApiError not_implemented(std::string_view what);
[[nodiscard]] ApiError internal(std::string detail);
[[nodiscard]] ApiError took_too_long(std::string detail);
[[nodiscard]] ApiError busy(std::string detail);

// What a client is told of a fault below: kExhausted, kUnavailable and kTimeout are 503 ServerBusy with Retry-After,
// kCorrupt is 500 InternalError and logged as an error, kDenied (the account's key is withheld) is 403.
[[nodiscard]] ApiError from_storage(Error error);
// What is answered when the body couldn't be read: the client left, stalled or broke the framing.
[[nodiscard]] ApiError from_body(Error error);
}  // namespace errors

// Lifts a storage result into an API result: FH_CO_TRY(auto row, api(co_await ...)).
template <class T>
[[nodiscard]] ApiResult<T> api(Result<T> result) {
  if (!result) return std::unexpected(errors::from_storage(std::move(result.error())));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}

[[nodiscard]] inline std::unexpected<ApiError> refuse(ApiError error) { return std::unexpected(std::move(error)); }

}  // namespace freehold::blob

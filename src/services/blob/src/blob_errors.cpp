#include "src/blob_errors.h"

#include "base/log.h"

namespace freehold::blob::errors {
namespace {

ApiError make(int status, std::string_view code, std::string_view message) {
  ApiError error;
  error.status = status;
  error.code = code;
  error.message = message;
  return error;
}

ApiError with(ApiError error, std::string_view name, std::string_view value) {
  error.fields.emplace_back(name, value);
  return error;
}

}  // namespace

ApiError invalid_header(std::string_view name, std::string_view value) {
  auto error = make(400, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format.");
  return with(with(std::move(error), "HeaderName", name), "HeaderValue", value.substr(0, 256));
}
ApiError missing_header(std::string_view name) {
  return with(make(400, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified."),
              "HeaderName", name);
}
ApiError unsupported_header(std::string_view name) {
  return with(make(400, "UnsupportedHeader", "One of the headers specified in the request is not supported."),
              "HeaderName", name);
}
ApiError multiple_conditions() {
  return make(400, "MultipleConditionHeadersNotSupported", "Multiple condition headers are not supported.");
}
ApiError unsatisfiable_condition() {
  return make(400, "UnsatisfiableCondition", "The request includes an unsatisfiable condition for this operation.");
}
ApiError invalid_snapshot_operation() {
  return make(400, "InvalidOperation", "Invalid operation against a blob snapshot.");
}
ApiError invalid_parameter(std::string_view name, std::string_view value, std::string_view reason) {
  auto error = make(400, "InvalidQueryParameterValue",
                    "Value for one of the query parameters specified in the request URI is invalid.");
  error = with(with(std::move(error), "QueryParameterName", name), "QueryParameterValue", value.substr(0, 256));
  return with(std::move(error), "Reason", reason);
}
ApiError missing_parameter(std::string_view name) {
  return with(make(400, "MissingRequiredQueryParameter",
                   "A query parameter that's mandatory for this request is not specified."),
              "QueryParameterName", name);
}
ApiError out_of_range_parameter(std::string_view name, std::string_view value, std::string_view minimum,
                                std::string_view maximum) {
  auto error = make(400, "OutOfRangeQueryParameterValue",
                    "One of the query parameters specified in the request URI is outside the permissible range.");
  error = with(with(std::move(error), "QueryParameterName", name), "QueryParameterValue", value.substr(0, 256));
  return with(with(std::move(error), "MinimumAllowed", minimum), "MaximumAllowed", maximum);
}
ApiError invalid_resource_name() {
  return make(400, "InvalidResourceName", "The specified resource name contains invalid characters.");
}
ApiError name_length_out_of_range() {
  return make(400, "OutOfRangeInput", "The specified resource name length is not within the permissible limits.");
}
ApiError out_of_range_input() { return make(400, "OutOfRangeInput", "One of the request inputs is out of range."); }
ApiError invalid_input() { return make(400, "InvalidInput", "One of the request inputs is not valid."); }
ApiError invalid_metadata() {
  return make(400, "InvalidMetadata",
              "The specified metadata is invalid. It includes characters that are not permitted.");
}
ApiError empty_metadata_key() {
  return make(400, "EmptyMetadataKey", "The key for one of the metadata key-value pairs is empty.");
}
ApiError metadata_too_large() {
  return make(400, "MetadataTooLarge", "The metadata specified exceeds the maximum permissible limit (8KB).");
}
ApiError too_many_staged_blocks() {
  return make(409, "BlockCountExceedsLimit",
              "The uncommitted block count cannot exceed the maximum limit of 100,000 blocks.");
}
ApiError invalid_md5() {
  return make(400, "InvalidMd5",
              "The MD5 value specified in the request is invalid. MD5 value must be 128 bits and base64 encoded.");
}
ApiError md5_mismatch(std::string_view sent, std::string_view calculated) {
  auto error =
      make(400, "Md5Mismatch",
           "The MD5 value specified in the request did not match with the MD5 value calculated by the server.");
  return with(with(std::move(error), "UserSpecifiedMd5", sent), "ServerCalculatedMd5", calculated);
}
ApiError crc64_mismatch(std::string_view sent, std::string_view calculated) {
  auto error =
      make(400, "Crc64Mismatch",
           "The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.");
  return with(with(std::move(error), "UserSpecifiedCrc", sent), "ServerCalculatedCrc", calculated);
}
ApiError invalid_blob_or_block() {
  return make(400, "InvalidBlobOrBlock", "The specified blob or block content is invalid.");
}
ApiError invalid_block_list() { return make(400, "InvalidBlockList", "The specified block list is invalid."); }
ApiError block_list_too_long() {
  return make(400, "BlockListTooLong", "The block list may not contain more than 50,000 blocks.");
}
ApiError invalid_xml() { return make(400, "InvalidXmlDocument", "XML specified is not syntactically valid."); }
ApiError invalid_xml_value() {
  return make(400, "InvalidXmlNodeValue", "The value for one of the XML nodes is not in the correct format.");
}
ApiError empty_tag_name() { return make(400, "EmptyTagName", "The name of one of the tag key-value pairs is empty."); }
ApiError duplicate_tag_names() { return make(400, "DuplicateTagNames", "The tags specified contain duplicate names."); }
ApiError invalid_tag() {
  return make(400, "InvalidTag", "The tags specified are invalid. They contain characters that are not permitted.");
}
ApiError tags_too_large() {
  return make(400, "TagsTooLarge", "The tags specified exceed the maximum permissible limit.");
}
ApiError access_tier_not_supported_for_blob_type() {
  return make(400, "AccessTierNotSupportedForBlobType", "The access tier is not supported for this blob type.");
}
ApiError unsupported_xml_node(std::string_view name) {
  return with(make(400, "UnsupportedXmlNode", "One of the XML nodes specified in the request body is not supported."),
              "XmlNodeName", name.substr(0, 256));
}
ApiError missing_xml_node(std::string_view name) {
  return with(make(400, "MissingRequiredXmlNode", "A required XML node was not specified in the request body."),
              "XmlNodeName", name);
}
ApiError invalid_xml_value(std::string_view name, std::string_view value) {
  auto error = make(400, "InvalidXmlNodeValue",
                    "The value provided for one of the XML nodes in the request body was not in the correct format.");
  return with(with(std::move(error), "XmlNodeName", name), "XmlNodeValue", value.substr(0, 256));
}
ApiError too_many_batch_parts() {
  return make(400, "ExceedsMaxBatchRequestCount", "The batch operation exceeds maximum number of allowed subrequests.");
}
ApiError mixed_batch() {
  return make(400, "AllBatchSubRequestsShouldBeSameApi", "All batch subrequests should be the same api.");
}
ApiError missing_cors_header() { return make(400, "InvalidHeaderValue", "A required CORS header is not present."); }
ApiError customer_key_needs_https() {
  return make(400, "InvalidInput", "A customer specified encryption key can only be sent over https.");
}
ApiError overwrite_not_allowed() {
  return make(403, "UnauthorizedBlobOverwrite", "This request is not authorized to perform blob overwrites.");
}
ApiError scope_disabled(std::string_view name) {
  return make(403, "EncryptionScopeDisabled", "The encryption scope '" + std::string(name) + "' is disabled.");
}
ApiError container_scope_forbids() {
  return make(403, "RequestForbiddenByContainerEncryptionPolicy",
              "The request is forbidden by the container's encryption policy.");
}
ApiError scope_not_found(std::string_view name) {
  return make(400, "EncryptionScopeNotFound",
              "There is no encryption scope '" + std::string(name) + "' in this storage account.");
}
ApiError key_denied() {
  return make(403, "KeyVaultEncryptionKeyNotFound", "The key that encrypts this storage account cannot be used.");
}
ApiError permission_mismatch() {
  return make(403, "AuthorizationPermissionMismatch",
              "This request is not authorized to perform this operation using this permission.");
}
ApiError cors_preflight_failure() {
  return make(403, "CorsPreflightFailure", "CORS not enabled or no matching rule found for this request.");
}
ApiError copy_source_not_allowed() {
  return make(403, "CannotVerifyCopySource", "This request is not authorized to perform this operation.");
}
ApiError cannot_verify_copy_source(int status, std::string_view source_code) {
  const std::string_view message =
      status == 404   ? "The specified resource does not exist."
      : status == 401 ? "Server failed to authenticate the request. Please refer to the information in the "
                        "www-authenticate header."
      : status == 403 ? "Server failed to authenticate the request of the copy source."
                      : "Could not verify the copy source within the specified time.";
  auto error = make(status, "CannotVerifyCopySource", message);
  if (!source_code.empty()) error.headers.emplace_back("x-ms-copy-source-error-code", source_code);
  return error;
}
ApiError source_said(int status, std::string_view code) {
  return make(status, code, "The copy source refused to be read.");
}
ApiError source_condition_not_met() {
  return make(412, "SourceConditionNotMet",
              "The source condition specified using HTTP conditional header(s) is not met.");
}
ApiError invalid_source_range() {
  return make(416, "InvalidRange", "The range specified is invalid for the current size of the resource.");
}
ApiError copy_source_too_large(std::uint64_t limit) {
  return with(make(409, "CannotVerifyCopySource", "The copy source is larger than this operation copies."), "MaxLimit",
              std::to_string(limit));
}
ApiError container_not_found() { return make(404, "ContainerNotFound", "The specified container does not exist."); }
ApiError blob_not_found() { return make(404, "BlobNotFound", "The specified blob does not exist."); }
ApiError resource_not_found() { return make(404, "ResourceNotFound", "The specified resource does not exist."); }
ApiError verb_not_supported() {
  return make(405, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb.");
}
ApiError container_exists() { return make(409, "ContainerAlreadyExists", "The specified container already exists."); }
ApiError blob_exists() { return make(409, "BlobAlreadyExists", "The specified blob already exists."); }
ApiError invalid_blob_type() { return make(409, "InvalidBlobType", "The blob type is invalid for this operation."); }
ApiError blob_is_sealed() {
  return make(409, "BlobIsSealed",
              "The specified blob is sealed and its contents can't be modified unless the blob is re-created after a "
              "delete operation.");
}
ApiError too_many_blocks() {
  return make(409, "BlockCountExceedsLimit",
              "The committed block count cannot exceed the maximum limit of 50,000 blocks.");
}
ApiError sequence_number_too_large() {
  return make(409, "SequenceNumberIncrementTooLarge",
              "The sequence number increment cannot be performed because it would result in overflow of the sequence "
              "number.");
}
ApiError previous_snapshot_not_found() {
  return make(409, "PreviousSnapshotNotFound", "The previous snapshot is not found.");
}
ApiError blob_overwritten() {
  return make(409, "BlobOverwritten", "The blob has been recreated since the previous snapshot was taken.");
}
ApiError previous_snapshot_newer() {
  return make(400, "PreviousSnapshotCannotBeNewer",
              "The prevsnapshot query parameter value cannot be newer than snapshot query parameter value.");
}
ApiError previous_snapshot_not_supported() {
  return make(409, "PreviousSnapshotOperationNotSupported",
              "Differential Get Page Ranges is not supported on the previous snapshot.");
}
ApiError public_access_not_permitted() {
  return make(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.");
}
ApiError snapshots_present() {
  return make(409, "SnapshotsPresent", "This operation is not permitted while the blob has snapshots.");
}
ApiError blob_archived() { return make(409, "BlobArchived", "This operation is not permitted on an archived blob."); }
ApiError blob_being_rehydrated() {
  return make(409, "BlobBeingRehydrated", "This operation is not permitted because the blob is being rehydrated.");
}
ApiError lease_already_present() { return make(409, "LeaseAlreadyPresent", "There is already a lease present."); }
ApiError lease_is_breaking_and_cannot_be_acquired() {
  return make(409, "LeaseIsBreakingAndCannotBeAcquired",
              "The lease ID matched, but the lease is currently in breaking state and cannot be acquired until it is "
              "broken.");
}
ApiError lease_is_breaking_and_cannot_be_changed() {
  return make(409, "LeaseIsBreakingAndCannotBeChanged",
              "The lease ID matched, but the lease is currently in breaking state and cannot be changed.");
}
ApiError lease_is_broken_and_cannot_be_renewed() {
  return make(409, "LeaseIsBrokenAndCannotBeRenewed",
              "The lease ID matched, but the lease has been broken explicitly and cannot be renewed.");
}
ApiError lease_id_mismatch_with_lease_operation() {
  return make(409, "LeaseIdMismatchWithLeaseOperation",
              "The lease ID specified did not match the lease ID for the container or blob.");
}
ApiError lease_not_present_with_lease_operation() {
  return make(409, "LeaseNotPresentWithLeaseOperation", "There is currently no lease on the container or blob.");
}
ApiError pending_copy() { return make(409, "PendingCopyOperation", "There is currently a pending copy operation."); }
ApiError interrupted_copy() {
  return make(500, "CopyInterrupted", "The copy was interrupted by a restart of the server.");
}
ApiError incremental_copy_mismatch() {
  return make(409, "IncrementalCopyBlobMismatch",
              "The specified source blob is different than the copy source of the existing incremental copy blob.");
}
ApiError incremental_copy_of_earlier_snapshot() {
  return make(409, "IncrementalCopyOfEarlierVersionSnapshotNotAllowed",
              "The specified snapshot is earlier than the last snapshot copied into the incremental copy blob.");
}
ApiError incremental_copy_source_must_be_snapshot() {
  return make(409, "IncrementalCopySourceMustBeSnapshot",
              "The source for incremental copy request must be a snapshot.");
}
ApiError invalid_source_blob_type() {
  return make(409, "InvalidSourceBlobType", "The copy source blob type is invalid for this operation.");
}
ApiError not_on_incremental_copy() {
  return make(409, "OperationNotAllowedOnIncrementalCopyBlob",
              "The specified operation is not allowed on an incremental copy blob.");
}
ApiError no_pending_copy() {
  return make(409, "NoPendingCopyOperation", "There is currently no pending copy operation.");
}
ApiError copy_id_mismatch() {
  return make(409, "CopyIdMismatch", "The specified copy ID did not match the copy ID for the pending copy operation.");
}
ApiError customer_key_missing() {
  return make(409, "BlobUsesCustomerSpecifiedEncryption",
              "The blob is encrypted with customer specified encryption, but it was not provided in the request.");
}
ApiError customer_key_mismatch() {
  return make(409, "BlobCustomerSpecifiedEncryptionMismatch",
              "The given customer specified encryption does not match the encryption used to encrypt the blob.");
}
ApiError customer_key_not_used() {
  return make(409, "BlobDoesNotUseCustomerSpecifiedEncryption",
              "The blob is not encrypted with customer specified encryption, but it was provided in the request.");
}
ApiError not_modified() {
  return make(304, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.");
}
ApiError length_required() {
  return make(411, "MissingContentLengthHeader", "The Content-Length header was not specified.");
}
ApiError condition_not_met() {
  return make(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.");
}
ApiError no_lease_on_blob() {
  return make(412, "LeaseNotPresentWithBlobOperation", "There is currently no lease on the blob.");
}
ApiError no_lease_on_container() {
  return make(412, "LeaseNotPresentWithContainerOperation", "There is currently no lease on the container.");
}
ApiError blob_lease_id_missing() {
  return make(412, "LeaseIdMissing",
              "There is currently a lease on the blob and no lease ID was specified in the request.");
}
ApiError container_lease_id_missing() {
  return make(412, "LeaseIdMissing",
              "There is currently a lease on the container and no lease ID was specified in the request.");
}
ApiError blob_lease_id_mismatch() {
  return make(412, "LeaseIdMismatchWithBlobOperation",
              "The lease ID specified did not match the lease ID for the blob.");
}
ApiError container_lease_id_mismatch() {
  return make(412, "LeaseIdMismatchWithContainerOperation",
              "The lease ID specified did not match the lease ID for the container.");
}
ApiError blob_lease_lost() {
  return make(412, "LeaseLost", "A lease ID was specified, but the lease for the blob has expired.");
}
ApiError container_lease_lost() {
  return make(412, "LeaseLost", "A lease ID was specified, but the lease for the container has expired.");
}
ApiError body_too_large(std::uint64_t limit) {
  return with(
      make(413, "RequestBodyTooLarge", "The request body is too large and exceeds the maximum permissible limit."),
      "MaxLimit", std::to_string(limit));
}
ApiError invalid_range(std::uint64_t length) {
  auto error = make(416, "InvalidRange", "The range specified is invalid for the current size of the resource.");
  error.headers.emplace_back("Content-Range", "bytes */" + std::to_string(length));
  return error;
}
ApiError invalid_page_range() { return make(416, "InvalidPageRange", "The page range specified is invalid."); }
ApiError append_position_not_met() {
  return make(412, "AppendPositionConditionNotMet", "The append position condition specified was not met.");
}
ApiError max_blob_size_not_met() {
  return make(412, "MaxBlobSizeConditionNotMet", "The max blob size condition specified was not met.");
}
ApiError sequence_number_not_met() {
  return make(412, "SequenceNumberConditionNotMet", "The sequence number condition specified was not met.");
}
ApiError not_implemented(std::string_view what) {
  auto error = make(501, "NotImplemented", "The requested operation is not implemented on the specified resource.");
  error.detail = what;
  return with(std::move(error), "Feature", what);
}
ApiError internal(std::string detail) {
  auto error = make(500, "InternalError", "The server encountered an internal error. Please retry the request.");
  error.detail = std::move(detail);
  return error;
}
ApiError took_too_long(std::string detail) {
  auto error = make(500, "OperationTimedOut", "The operation could not be completed within the permitted time.");
  error.detail = std::move(detail);
  return error;
}
ApiError busy(std::string detail) {
  auto error =
      make(503, "ServerBusy", "The server is currently unable to receive requests. Please retry your request.");
  error.detail = std::move(detail);
  error.headers.emplace_back("Retry-After", "1");
  return error;
}

ApiError from_storage(Error error) {
  auto detail = error.message + (error.detail.empty() ? "" : ": " + error.detail);
  switch (error.code) {
    case ErrorCode::kExhausted:
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
    case ErrorCode::kCancelled:
      return busy(std::move(detail));
    case ErrorCode::kDenied:
      return key_denied();
    case ErrorCode::kCorrupt:
      log_error("stored bytes can't be read right", {{"detail", std::string_view(detail)}});
      return internal(std::move(detail));
    default:
      return internal(std::move(detail));
  }
}

ApiError from_body(Error error) {
  if (error.code == ErrorCode::kTimeout) {
    return make(408, "OperationTimedOut", "The operation could not be completed within the permitted time.");
  }
  if (error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kCancelled) return invalid_input();
  return from_storage(std::move(error));
}

}  // namespace freehold::blob::errors

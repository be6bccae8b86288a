// What every kind of shared access signature has: its version, times, permissions, addresses and protocol, and the
// rules of their text.
#pragma once

#include <string>
#include <string_view>

#include "authn/authenticate.h"
#include "authn_errors.h"
#include "http/message.h"

namespace freehold::gate {

// As they stand in the query, decoded; empty means absent. Points into the fields of the SAS.
struct SasTerms {
  std::string_view version;
  std::string_view permissions;
  std::string_view start;
  std::string_view expiry;
  std::string_view ip_range;
  std::string_view protocol;
};

[[nodiscard]] authn_errors::Refusal not_well_formed();
// Refuses an empty value.
[[nodiscard]] ApiResult<> mandatory(std::string_view value, std::string_view name);
// Every letter is one of `known`, and at least one is there.
[[nodiscard]] bool letters_of(std::string_view text, std::string_view known);
[[nodiscard]] bool is_sas_permissions(std::string_view text);
// A version that is known here and has this kind of SAS.
[[nodiscard]] bool is_sas_version(std::string_view text, std::string_view oldest);

// The versions from 2015-04-05, with `permissions`, `start`, `expiry`, `ip_range` and `protocol` as they must be if
// they are there.
[[nodiscard]] ApiResult<> check_terms(const SasTerms& terms);
// The grant that the terms make, resource and overrides aside; an absent expiry is the epoch. Refuses an expiry that
// isn't after the start.
[[nodiscard]] ApiResult<SasGrant> read_terms(const SasTerms& terms);
[[nodiscard]] ApiResult<> check_order(const SasGrant& grant);
[[nodiscard]] ApiResult<> check_time(const SasGrant& grant, WallTime now);
// ses is signed since 2020-12-06: what an older SAS says of an encryption scope, anybody may have added. The service
// holds the request to what it says.
[[nodiscard]] ApiResult<> check_encryption_scope(const http::Request& request);
[[nodiscard]] std::string signature_of(const http::Request& request);

}  // namespace freehold::gate

// Strong identifiers: a tenant's id can't be passed where an account's is wanted.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace freehold {

class Random;

// 16 random bytes, shown as a GUID (RFC 9562 text form, lower case). Tag keeps kinds apart.
template <class Tag>
struct Guid {
  std::array<std::uint8_t, 16> bytes{};
  friend auto operator<=>(const Guid&, const Guid&) = default;
  [[nodiscard]] BytesView view() const { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }
};

using TenantId = Guid<struct TenantTag>;
using SubscriptionId = Guid<struct SubscriptionTag>;
using AccountId = Guid<struct AccountTag>;
using PrincipalId = Guid<struct PrincipalTag>;
using ContainerId = Guid<struct ContainerTag>;
using RequestId = Guid<struct RequestTag>;

namespace detail {
std::string guid_text(const std::array<std::uint8_t, 16>& bytes);
std::optional<std::array<std::uint8_t, 16>> parse_guid(std::string_view text);
std::array<std::uint8_t, 16> random_guid(Random& random);
}  // namespace detail

template <class Tag>
[[nodiscard]] std::string to_string(const Guid<Tag>& id) {
  return detail::guid_text(id.bytes);
}
template <class Id>
[[nodiscard]] std::optional<Id> parse_guid(std::string_view text) {
  auto bytes = detail::parse_guid(text);
  if (!bytes) return std::nullopt;
  return Id{*bytes};
}
// Version 4, variant 1. Carries nothing but randomness (R4).
template <class Id>
[[nodiscard]] Id random_id(Random& random) {
  return Id{detail::random_guid(random)};
}
// From the 16 bytes of view(); nullopt for any other length.
template <class Id>
[[nodiscard]] std::optional<Id> id_from_bytes(BytesView bytes) {
  Id id;
  if (bytes.size() != id.bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < bytes.size(); ++i) id.bytes[i] = static_cast<std::uint8_t>(bytes[i]);
  return id;
}

}  // namespace freehold

template <class Tag>
struct std::hash<freehold::Guid<Tag>> {
  std::size_t operator()(const freehold::Guid<Tag>& id) const noexcept {
    return std::hash<std::string_view>{}(id.view());
  }
};

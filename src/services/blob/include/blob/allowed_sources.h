// Which servers outside this cloud copies may read from: `[copy] allowed_sources`, as the operator writes it. Keeps:
// E5.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/url.h"

namespace freehold::blob {

// A range of addresses: all that share their first `prefix_bits` with `bytes`. IPv4 takes the first four bytes.
struct AddressRange {
  std::array<std::uint8_t, 16> bytes{};
  bool v6 = false;
  unsigned prefix_bits = 0;
};

// One entry: a host ("files.example"), all hosts under one ("*.files.example"), an address ("203.0.113.7",
// "[2001:db8::1]") or a range of them ("10.1.0.0/16", "fd00::/8"). Hosts and addresses may have a port behind them
// (":8443").
struct AllowedSource {
  std::string host = {};  // lower case, without "*"; empty for addresses
  bool subdomains = false;
  std::optional<AddressRange> addresses = {};
  std::optional<std::uint16_t> port = {};
};
// kInvalidArgument says what is wrong with the entry.
[[nodiscard]] Result<AllowedSource> parse_allowed_source(std::string_view entry);

// Immutable; read from all loops.
class AllowedSources {
 public:
  AllowedSources() = default;
  explicit AllowedSources(std::vector<AllowedSource> entries) : entries_(std::move(entries)) {}
  // May this URL be asked for at all? https only; the usual port unless an entry names another.
  [[nodiscard]] bool allows(const http::Url& url) const;
  // May a connection go to this (numeric) address? Public addresses may be reached under an allowed name; any other
  // only if an entry names it or a range that holds it. What a name leads to today says nothing about what it may.
  [[nodiscard]] bool allows_address(std::string_view address) const;

 private:
  std::vector<AllowedSource> entries_;
};

// An address that belongs to the internet at large: not loopback, private, link-local, multicast, reserved or one that
// stands for another address (mapped, NAT64, 6to4, Teredo). IANA's special-purpose registries.
[[nodiscard]] bool is_public_address(std::string_view address);

}  // namespace freehold::blob

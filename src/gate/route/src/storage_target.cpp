#include "route/storage_target.h"

#include <arpa/inet.h>

#include <algorithm>

#include "base/encoding.h"

namespace freehold::gate {
namespace {

constexpr std::string_view kSecondary = "-secondary";
constexpr std::string_view kRoot = "$root";

bool is_address(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  unsigned char bytes[16];
  std::string text(host);
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

// Takes ACCOUNT or ACCOUNT-secondary; false if it is neither.
bool take_account(std::string_view label, Target& target) {
  target.secondary = label.ends_with(kSecondary);
  if (target.secondary) label.remove_suffix(kSecondary.size());
  if (!is_account_name(label)) return false;
  target.account = label;
  return true;
}

// Cuts off the first segment of a path that begins behind its slash; `path` becomes what follows the next slash.
std::string_view take_segment(std::string_view& path) {
  auto slash = path.find('/');
  auto segment = path.substr(0, slash);
  path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
  return segment;
}

// `path` without its leading slash. False if an escape is broken, which the http parser has refused before.
bool take_names(std::string_view path, const http::Request& request, Target& target) {
  if (path.empty()) {
    target.scope = Scope::kService;
    return true;
  }
  bool one_segment = !path.contains('/');
  auto first = percent_decode(take_segment(path));
  auto rest = percent_decode(path);
  if (!first || !rest) return false;
  bool container = !one_segment || request.has_parameter("restype") || first->starts_with('$');
  target.container = container ? std::move(*first) : std::string(kRoot);
  target.blob = container ? std::move(*rest) : std::move(*first);
  target.scope = target.blob.empty() ? Scope::kContainer : Scope::kBlob;
  return true;
}

// The label before the first of the suffixes that the host ends in, or empty.
std::string_view account_label(std::string_view host, std::span<const std::string> suffixes) {
  for (const auto& suffix : suffixes) {
    if (host.size() > suffix.size() + 1 && host.ends_with(suffix) && host[host.size() - suffix.size() - 1] == '.') {
      return host.substr(0, host.size() - suffix.size() - 1);
    }
  }
  return {};
}

}  // namespace

bool is_account_name(std::string_view name) {
  auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return name.size() >= 3 && name.size() <= 24 && std::ranges::all_of(name, good);
}

std::optional<Target> storage_target(const http::Request& request, std::span<const std::string> suffixes) {
  Target target;
  std::string_view path = request.path;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (auto label = account_label(request.host, suffixes); !label.empty()) {
    if (!take_account(label, target)) return std::nullopt;
  } else if (request.host == "localhost" || is_address(request.host)) {
    target.path_style = true;
    if (!take_account(take_segment(path), target)) return std::nullopt;
  } else {
    return std::nullopt;
  }
  if (!take_names(path, request, target)) return std::nullopt;
  return target;
}

}  // namespace freehold::gate

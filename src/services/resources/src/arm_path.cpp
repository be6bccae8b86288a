#include "src/arm_path.h"

#include "base/encoding.h"

namespace freehold::resources {
namespace {

constexpr std::string_view kSlash = "%2F";

// The segment with its encoded slashes as such.
std::string opened(std::string_view segment) {
  std::string out;
  while (!segment.empty()) {
    if (equals_ignoring_case(segment.substr(0, kSlash.size()), kSlash)) {
      out.push_back('/');
      segment.remove_prefix(kSlash.size());
    } else {
      out.push_back(segment.front());
      segment.remove_prefix(1);
    }
  }
  return out;
}

bool is_scope(std::string_view opened_segment) {
  while (opened_segment.starts_with('/')) opened_segment.remove_prefix(1);
  const std::string lower = to_lower(opened_segment);
  return lower.starts_with("subscriptions/") || lower.starts_with("providers/");
}

}  // namespace

std::string tidy_path(std::string_view path) {
  std::string first;
  if (path.starts_with('/')) {
    const auto segment = path.substr(1, path.find('/', 1) - 1);
    first = opened(segment);
    if (!is_scope(first)) first = segment;
    path.remove_prefix(1 + segment.size());
    first.insert(first.begin(), '/');
  }
  std::string out;
  for (const std::string_view piece : {std::string_view(first), path}) {
    for (const char c : piece) {
      if (c != '/' || !out.ends_with('/')) out.push_back(c);
    }
  }
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

}  // namespace freehold::resources

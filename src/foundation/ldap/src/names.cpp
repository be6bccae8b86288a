#include "ldap/names.h"

#include <ldap.h>

#include <algorithm>
#include <memory>

#include "base/encoding.h"

namespace freehold::ldap {
namespace {

constexpr std::size_t kMaxFilterBytes = 4'096;
constexpr int kMaxFilterDepth = 32;

struct FreeText {
  void operator()(char* text) const { ldap_memfree(text); }
};

}  // namespace

std::optional<std::string> comparable_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes || name.find('\0') != name.npos) return std::nullopt;
  char* normal = nullptr;
  const int code = ldap_dn_normalize(std::string(name).c_str(), LDAP_DN_FORMAT_LDAP, &normal, LDAP_DN_FORMAT_LDAPV3);
  const std::unique_ptr<char, FreeText> owned(normal);
  if (code != LDAP_SUCCESS || normal == nullptr) return std::nullopt;
  return to_lower(normal);
}

bool is_filter(std::string_view filter) {
  if (filter.empty() || filter.size() > kMaxFilterBytes || filter.front() != '(') return false;
  int depth = 0;
  for (std::size_t i = 0; i < filter.size(); ++i) {
    if (filter[i] == '\0') return false;
    if (filter[i] == '(' && ++depth > kMaxFilterDepth) return false;
    if (filter[i] == ')' && --depth == 0) return i + 1 == filter.size();
  }
  return false;
}

}  // namespace freehold::ldap

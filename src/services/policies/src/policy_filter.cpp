#include "src/policy_filter.h"

#include "base/encoding.h"

namespace freehold::policies {
namespace {

void skip_blanks(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
}

bool take_word(std::string_view& text, std::string_view word) {
  skip_blanks(text);
  if (!equals_ignoring_case(text.substr(0, word.size()), word)) return false;
  text.remove_prefix(word.size());
  return true;
}

// 'it''s'
std::optional<std::string> take_text(std::string_view& text) {
  skip_blanks(text);
  if (!text.starts_with('\'')) return std::nullopt;
  std::string out;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '\'') {
      out += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '\'') {
      out += text[++i];
    } else {
      text.remove_prefix(i + 1);
      return out;
    }
  }
  return std::nullopt;
}

bool take_comparison(std::string_view& text, PolicyFilter& out) {
  for (const auto& [word, member] : {std::pair("policyDefinitionId", &PolicyFilter::definition_id),
                                     {"policyAssignmentId", &PolicyFilter::assignment_id},
                                     {"policyType", &PolicyFilter::policy_type},
                                     {"category", &PolicyFilter::category}}) {
    if (!take_word(text, word)) continue;
    // Azure's own pages write "-eq" too.
    if (!take_word(text, "eq ") && !take_word(text, "-eq ")) return false;
    auto value = take_text(text);
    if (!value || value->empty()) return false;
    out.*member = std::move(*value);
    return true;
  }
  return false;
}

bool take_clause(std::string_view& text, PolicyFilter& out) {
  if (take_word(text, "atScope()")) {
    out.reach = PolicyFilter::Reach::kAtScope;
    return true;
  }
  if (take_word(text, "atExactScope()")) {
    out.reach = PolicyFilter::Reach::kAtExactScope;
    return true;
  }
  if (take_word(text, "excludeExpired()")) {
    out.only_current = true;
    return true;
  }
  return take_comparison(text, out);
}

}  // namespace

std::optional<PolicyFilter> parse_policy_filter(std::string_view text) {
  PolicyFilter out;
  if (text.size() > kMaxPolicyFilterBytes) return std::nullopt;
  skip_blanks(text);
  while (!text.empty()) {
    if (!take_clause(text, out)) return std::nullopt;
    skip_blanks(text);
    if (text.empty()) break;
    if (!take_word(text, "and ")) return std::nullopt;
    skip_blanks(text);
    if (text.empty()) return std::nullopt;
  }
  return out;
}

}  // namespace freehold::policies

#include "src/list_filter.h"

#include "base/encoding.h"

namespace freehold::resources {
namespace {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool done() {
    skip();
    return rest_.empty();
  }
  [[nodiscard]] bool take(char c) {
    skip();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // A field's name or a word of the language, in lower case; empty: none.
  [[nodiscard]] std::string word() {
    skip();
    std::size_t n = 0;
    while (n < rest_.size() && may_stand_in_word(rest_[n])) ++n;
    std::string out = to_lower(rest_.substr(0, n));
    rest_.remove_prefix(n);
    return out;
  }
  [[nodiscard]] std::optional<std::string> quoted() {
    if (!take('\'')) return std::nullopt;
    std::string out;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c != '\'') {
        out.push_back(c);
      } else if (rest_.starts_with('\'')) {
        out.push_back('\'');
        rest_.remove_prefix(1);
      } else {
        return out;
      }
    }
    return std::nullopt;
  }

 private:
  static bool may_stand_in_word(char c) {
    const char l = ascii_lower(c);
    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '.' || c == '_';
  }
  void skip() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }
  std::string_view rest_;
};

using Kind = FilterClause::Kind;

// What stands in the parentheses behind a function's name.
std::optional<FilterClause> take_call(Scanner& scanner, const std::string& function) {
  if (function == "atscope" || function == "atscopeandbelow") {
    if (!scanner.take(')')) return std::nullopt;
    return FilterClause{.field = function + "()", .value = {}};
  }
  if (function == "assignedto") {
    auto value = scanner.quoted();
    if (!value || !scanner.take(')')) return std::nullopt;
    return FilterClause{.field = "assignedto()", .value = std::move(*value)};
  }
  FilterClause out;
  std::optional<std::string> value;
  if (function == "startswith") {
    out.kind = Kind::kStartsWith;
    out.field = scanner.word();
    if (!scanner.take(',')) return std::nullopt;
    value = scanner.quoted();
  } else if (function == "substringof") {
    out.kind = Kind::kContains;
    value = scanner.quoted();
    if (!scanner.take(',')) return std::nullopt;
    out.field = scanner.word();
  }
  if (!value || out.field.empty() || !scanner.take(')')) return std::nullopt;
  out.value = std::move(*value);
  return out;
}

std::optional<FilterClause> take_clause(Scanner& scanner) {
  const std::string first = scanner.word();
  if (first.empty()) return std::nullopt;
  if (scanner.take('(')) return take_call(scanner, first);
  const std::string op = scanner.word();
  if (op != "eq" && op != "ne") return std::nullopt;
  auto value = scanner.quoted();
  if (!value) return std::nullopt;
  return FilterClause{op == "eq" ? Kind::kEqual : Kind::kNotEqual, first, std::move(*value)};
}

}  // namespace

std::optional<std::vector<FilterClause>> parse_filter(std::string_view text) {
  if (text.size() > kMaxFilterBytes || !is_valid_utf8(text)) return std::nullopt;
  Scanner scanner(text);
  std::vector<FilterClause> out;
  if (scanner.done()) return out;
  while (out.size() < kMaxClauses) {
    auto clause = take_clause(scanner);
    if (!clause) return std::nullopt;
    out.push_back(std::move(*clause));
    if (scanner.done()) return out;
    if (scanner.word() != "and") return std::nullopt;
  }
  return std::nullopt;
}

bool holds(const FilterClause& clause, std::string_view value) {
  const std::string has = to_lower(value);
  const std::string wanted = to_lower(clause.value);
  switch (clause.kind) {
    case Kind::kEqual:
      return has == wanted;
    case Kind::kNotEqual:
      return has != wanted;
    case Kind::kStartsWith:
      return has.starts_with(wanted);
    case Kind::kContains:
      return has.contains(wanted);
  }
  return false;
}

}  // namespace freehold::resources

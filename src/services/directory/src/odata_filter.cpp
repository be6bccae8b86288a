#include "src/odata_filter.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/encoding.h"

namespace freehold::directory {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 24;
constexpr std::size_t kMaxNodes = 512;

enum class Op { kAnd, kOr, kNot, kEq, kNe, kGt, kGe, kLt, kLe, kIn, kStartsWith, kEndsWith, kAny };

}  // namespace

struct ODataFilter::Node {
  Op op = Op::kEq;
  std::string path = {};            // "displayName", "web/redirectUris"; of any(): the list
  std::vector<Json> values = {};    // literals
  std::vector<Node> children = {};  // of and, or, not, any
};

namespace {

using Node = ODataFilter::Node;

bool is_name(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '@' || c == '-' ||
         c == ':' || c == '+' || c == '$';
}

// A recursive descent whose depth and nodes are counted. `item` is the name that any() gives to a list's items.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<Node> whole() {
    FH_TRY(auto out, either(0, {}));
    blanks();
    if (!rest_.empty()) return broken("text after the end");
    return out;
  }

 private:
  static std::unexpected<Error> broken(std::string_view what) {
    return fail(ErrorCode::kInvalidArgument, "Invalid filter clause: " + std::string(what) + ".");
  }
  void blanks() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
  }
  bool take(char c) {
    blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string_view peek_word() {
    blanks();
    std::size_t end = 0;
    while (end < rest_.size() && is_name(rest_[end])) ++end;
    return rest_.substr(0, end);
  }
  bool take_word(std::string_view word) {
    if (peek_word() != word) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  std::optional<std::string> take_path() {
    std::string out;
    do {
      const auto word = peek_word();
      if (word.empty()) return std::nullopt;
      out += (out.empty() ? "" : "/") + std::string(word);
      rest_.remove_prefix(word.size());
      if (rest_.starts_with("/any(")) return out;
    } while (take('/'));
    return out;
  }
  Result<> count(int depth) {
    if (depth > kMaxDepth || ++nodes_ > kMaxNodes) return broken("too many conditions, or nested too deep");
    return {};
  }

  Result<Node> either(int depth, std::string item) {
    FH_CHECK_OK(count(depth));
    FH_TRY(auto first, both(depth + 1, item));
    if (peek_word() != "or") return first;
    Node out{.op = Op::kOr};
    out.children.push_back(std::move(first));
    while (take_word("or")) {
      FH_TRY(auto next, both(depth + 1, item));
      out.children.push_back(std::move(next));
    }
    return out;
  }
  Result<Node> both(int depth, const std::string& item) {
    FH_CHECK_OK(count(depth));
    FH_TRY(auto first, one(depth + 1, item));
    if (peek_word() != "and") return first;
    Node out{.op = Op::kAnd};
    out.children.push_back(std::move(first));
    while (take_word("and")) {
      FH_TRY(auto next, one(depth + 1, item));
      out.children.push_back(std::move(next));
    }
    return out;
  }
  Result<Node> one(int depth, const std::string& item) {
    FH_CHECK_OK(count(depth));
    if (take_word("not")) {
      FH_TRY(auto inner, one(depth + 1, item));
      Node out{.op = Op::kNot};
      out.children.push_back(std::move(inner));
      return out;
    }
    if (take('(')) {
      FH_TRY(auto inner, either(depth + 1, item));
      if (!take(')')) return broken("a parenthesis isn't closed");
      return inner;
    }
    const auto word = peek_word();
    if (word == "startswith" || word == "endswith") return function(word == "startswith");
    return comparison(depth, item);
  }
  Result<Node> function(bool starts) {
    rest_.remove_prefix(peek_word().size());
    if (!take('(')) return broken("a function without parentheses");
    auto path = take_path();
    if (!path || !take(',')) return broken("a function takes a property and a text");
    FH_TRY(auto value, literal());
    if (!value.is_string() || !take(')')) return broken("a function takes a property and a text");
    return Node{.op = starts ? Op::kStartsWith : Op::kEndsWith, .path = std::move(*path), .values = {std::move(value)}};
  }
  Result<Node> comparison(int depth, const std::string& item) {
    auto path = take_path();
    if (!path) return broken("a property's name is missing");
    if (rest_.starts_with("/any(")) return any(depth, std::move(*path), item);
    if (take_word("in")) return in(std::move(*path));
    constexpr std::pair<std::string_view, Op> kOps[] = {{"eq", Op::kEq}, {"ne", Op::kNe}, {"gt", Op::kGt},
                                                        {"ge", Op::kGe}, {"lt", Op::kLt}, {"le", Op::kLe}};
    for (const auto& [name, op] : kOps) {
      if (!take_word(name)) continue;
      FH_TRY(auto value, literal());
      return Node{.op = op, .path = std::move(*path), .values = {std::move(value)}};
    }
    const auto word = peek_word();
    if (word == "has" || word == "add" || rest_.starts_with('(')) {
      return fail(ErrorCode::kUnsupported, "The filter uses an operator or a function that isn't supported here.");
    }
    return broken("an operator is missing");
  }
  Result<Node> in(std::string path) {
    if (!take('(')) return broken("'in' takes a list in parentheses");
    Node out{.op = Op::kIn, .path = std::move(path)};
    do {
      FH_CHECK_OK(count(0));
      FH_TRY(auto value, literal());
      out.values.push_back(std::move(value));
    } while (take(','));
    if (!take(')')) return broken("a list isn't closed");
    return out;
  }
  // "servicePrincipalNames/any(c:c eq 'x')": the name before the colon stands for each item.
  Result<Node> any(int depth, std::string path, const std::string& outer) {
    if (!outer.empty()) return fail(ErrorCode::kUnsupported, "any() within any() isn't supported here.");
    rest_.remove_prefix(std::string_view("/any(").size());
    blanks();
    const auto colon = rest_.find(':');
    if (colon == rest_.npos || colon == 0 || colon > 32) return broken("any() names its items");
    const std::string item(rest_.substr(0, colon));
    const auto letter = [](char c) { return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'; };
    if (!std::ranges::all_of(item, letter)) return broken("any() names its items");
    rest_.remove_prefix(colon + 1);
    FH_TRY(auto inner, either(depth + 1, item));
    if (!take(')')) return broken("any() isn't closed");
    Node out{.op = Op::kAny, .path = std::move(path), .values = {item}};
    out.children.push_back(std::move(inner));
    return out;
  }
  Result<Json> literal() {
    blanks();
    if (rest_.starts_with('\'')) return text();
    const auto word = peek_word();
    if (word.empty()) return broken("a value is missing");
    rest_.remove_prefix(word.size());
    if (word == "true") return Json(true);
    if (word == "false") return Json(false);
    if (word == "null") return Json(nullptr);
    return Json(std::string(word));  // ids, times and numbers: compared as texts
  }
  Result<Json> text() {
    std::string out;
    rest_.remove_prefix(1);
    while (true) {
      const auto quote = rest_.find('\'');
      if (quote == rest_.npos) return broken("a text isn't closed");
      out += rest_.substr(0, quote);
      rest_.remove_prefix(quote + 1);
      if (!rest_.starts_with('\'')) return Json(std::move(out));
      out += '\'';
      rest_.remove_prefix(1);
    }
  }

  std::string_view rest_;
  std::size_t nodes_ = 0;
};

const Json kNull;

const Json& value_at(const Json& object, std::string_view path) {
  const Json* at = &object;
  while (true) {
    const auto slash = path.find('/');
    const auto found = at->is_object() ? at->find(path.substr(0, slash)) : at->end();
    if (!at->is_object() || found == at->end()) return kNull;
    at = &*found;
    if (slash == path.npos) return *at;
    path.remove_prefix(slash + 1);
  }
}

std::string folded(const Json& value) {
  if (value.is_string()) return to_lower(value.get_ref<const std::string&>());
  return value.dump();
}

bool equal(const Json& held, const Json& wanted) {
  if (held.is_null() || wanted.is_null()) return held.is_null() && wanted.is_null();
  if (held.is_structured()) return false;
  return folded(held) == folded(wanted);
}

bool compare(Op op, const Json& held, const Json& wanted) {
  if (op == Op::kEq) return equal(held, wanted);
  if (op == Op::kNe) return !equal(held, wanted);
  if (!held.is_string() || !wanted.is_string()) return false;
  const int order = folded(held).compare(folded(wanted));
  switch (op) {
    case Op::kGt:
      return order > 0;
    case Op::kGe:
      return order >= 0;
    case Op::kLt:
      return order < 0;
    case Op::kLe:
      return order <= 0;
    case Op::kStartsWith:
      return folded(held).starts_with(folded(wanted));
    default:
      return folded(held).ends_with(folded(wanted));
  }
}

// One object against a filter. In any() a name stands for an item of a list.
class Judge {
 public:
  Judge(const Json& object, std::uint64_t& steps) : object_(object), steps_(steps) {}

  bool holds(const Node& node) {
    if (!pay(1)) return false;
    const auto each = [this](const Node& child) { return holds(child); };
    switch (node.op) {
      case Op::kAnd:
        return std::ranges::all_of(node.children, each);
      case Op::kOr:
        return std::ranges::any_of(node.children, each);
      case Op::kNot:
        return !holds(node.children[0]);
      case Op::kAny:
        return any(node);
      case Op::kIn: {
        const Json& held = value(node.path);
        return std::ranges::any_of(node.values, [&](const Json& wanted) { return pay(held) && equal(held, wanted); });
      }
      default: {
        const Json& held = value(node.path);
        return pay(held) && compare(node.op, held, node.values[0]);
      }
    }
  }

 private:
  bool pay(std::uint64_t steps) {
    const bool enough = steps <= steps_;
    steps_ -= std::min(steps, steps_);
    return enough;
  }
  bool pay(const Json& text) { return pay(text.is_string() ? 1 + text.get_ref<const std::string&>().size() / 16 : 1); }

  // any() has none within it.
  bool any(const Node& node) {
    const Json& list = value(node.path);
    if (!list.is_array()) return false;
    name_ = node.values[0].get_ref<const std::string&>();
    const bool found = std::ranges::any_of(list, [&](const Json& item) {
      item_ = &item;
      return holds(node.children[0]);
    });
    item_ = nullptr;
    return found;
  }

  const Json& value(std::string_view path) const {
    if (item_ == nullptr || path.substr(0, path.find('/')) != name_) return value_at(object_, path);
    const auto slash = path.find('/');
    return slash == path.npos ? *item_ : value_at(*item_, path.substr(slash + 1));
  }

  const Json& object_;
  std::uint64_t& steps_;
  std::string_view name_;
  const Json* item_ = nullptr;
};

}  // namespace

Result<ODataFilter> ODataFilter::parse(std::string_view text) {
  if (text.size() > kMaxFilterBytes || !is_valid_utf8(text)) {
    return fail(ErrorCode::kInvalidArgument, "Invalid filter clause: it is too long, or not UTF-8.");
  }
  FH_TRY(auto root, Parser(text).whole());
  return ODataFilter(std::make_shared<const Node>(std::move(root)));
}

Result<bool> ODataFilter::matches(const Json& object, std::uint64_t& steps) const {
  const bool found = Judge(object, steps).holds(*root_);
  if (steps == 0) return fail(ErrorCode::kInvalidArgument, "The filter takes too long: ask for less.");
  return found;
}

}  // namespace freehold::directory

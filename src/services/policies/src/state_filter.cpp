#include "src/state_filter.h"

#include "base/encoding.h"

namespace freehold::policies {
namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 32;
constexpr std::size_t kMaxNodes = 256;
constexpr std::size_t kMaxOrder = 5;

enum class Op { kAnd, kOr, kNot, kEq, kNe, kGt, kGe, kLt, kLe, kIn, kStarts, kEnds, kContains };

}  // namespace

struct StateFilter::Node {
  Op op = Op::kAnd;
  std::vector<std::shared_ptr<const Node>> children;  // of kAnd, kOr, kNot
  std::string field;
  std::vector<Json> values;
};

namespace {

using Node = StateFilter::Node;
using NodePtr = std::shared_ptr<const Node>;

bool is_word(char c) {
  const char lower = ascii_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '@' || c == '.' || c == '/';
}

std::string text_of(const Json& value) {
  if (value.is_string()) return to_lower(value.get_ref<const std::string&>());
  return value.is_null() ? std::string() : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}
  Result<NodePtr> parse() {
    FH_TRY(auto out, any_of(0));
    skip();
    if (at_ != text_.size()) return wrong();
    return out;
  }

 private:
  std::unexpected<Error> wrong() const {
    return fail(ErrorCode::kInvalidArgument, "the filter isn't understood at character " + std::to_string(at_));
  }
  void skip() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  // A whole word, without regard to case.
  bool take(std::string_view word) {
    skip();
    if (!equals_ignoring_case(text_.substr(at_, word.size()), word)) return false;
    const std::size_t end = at_ + word.size();
    if (is_word(word.back()) && end < text_.size() && is_word(text_[end])) return false;
    at_ = end;
    return true;
  }
  Result<NodePtr> any_of(int depth) { return joined(depth, Op::kOr, "or"); }
  Result<NodePtr> joined(int depth, Op op, std::string_view word) {
    Node out{.op = op, .children = {}, .field = {}, .values = {}};
    do {
      FH_TRY(auto child, op == Op::kOr ? joined(depth, Op::kAnd, "and") : one(depth));
      out.children.push_back(std::move(child));
    } while (take(word));
    if (out.children.size() == 1) return out.children.front();
    return std::make_shared<const Node>(std::move(out));
  }
  Result<NodePtr> one(int depth) {
    if (depth > kMaxDepth || ++nodes_ > kMaxNodes) return wrong();
    if (take("not")) {
      FH_TRY(auto child, one(depth + 1));
      return std::make_shared<const Node>(
          Node{.op = Op::kNot, .children = {std::move(child)}, .field = {}, .values = {}});
    }
    if (take("(")) {
      FH_TRY(auto inner, any_of(depth + 1));
      if (!take(")")) return wrong();
      return inner;
    }
    for (const auto& [name, op] :
         {std::pair("startswith", Op::kStarts), {"endswith", Op::kEnds}, {"contains", Op::kContains}}) {
      if (take(name)) return call(op);
    }
    return comparison();
  }
  Result<NodePtr> call(Op op) {
    Node out{.op = op, .children = {}, .field = {}, .values = {}};
    if (!take("(")) return wrong();
    FH_TRY(out.field, name());
    if (!take(",")) return wrong();
    FH_TRY(auto value, literal());
    out.values.push_back(std::move(value));
    if (!take(")")) return wrong();
    return std::make_shared<const Node>(std::move(out));
  }
  Result<NodePtr> comparison() {
    Node out;
    FH_TRY(out.field, name());
    if (take("in")) {
      out.op = Op::kIn;
      if (!take("(")) return wrong();
      do {
        FH_TRY(auto value, literal());
        out.values.push_back(std::move(value));
        if (out.values.size() > kMaxNodes) return wrong();
      } while (take(","));
      if (!take(")")) return wrong();
      return std::make_shared<const Node>(std::move(out));
    }
    for (const auto& [word, op] : {std::pair("eq", Op::kEq),
                                   {"ne", Op::kNe},
                                   {"gt", Op::kGt},
                                   {"ge", Op::kGe},
                                   {"lt", Op::kLt},
                                   {"le", Op::kLe}}) {
      if (!take(word)) continue;
      out.op = op;
      FH_TRY(auto value, literal());
      out.values.push_back(std::move(value));
      return std::make_shared<const Node>(std::move(out));
    }
    return wrong();
  }
  Result<std::string> name() {
    skip();
    const std::size_t from = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    if (from == at_) return wrong();
    return std::string(text_.substr(from, at_ - from));
  }
  Result<Json> literal() {
    skip();
    if (at_ < text_.size() && text_[at_] == '\'') return quoted();
    if (take("null")) return Json(nullptr);
    if (take("true")) return Json(true);
    if (take("false")) return Json(false);
    const std::size_t from = at_;
    while (at_ < text_.size() && !std::string_view(" (),'").contains(text_[at_])) ++at_;
    const auto word = text_.substr(from, at_ - from);
    if (word.empty()) return wrong();
    const auto number = parse_u64(word);
    return number ? Json(*number) : Json(std::string(word));  // a time is written without quotes
  }
  Result<Json> quoted() {
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] != '\'') {
        out += text_[at_];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '\'') {
        out += text_[++at_];
      } else {
        ++at_;
        return Json(std::move(out));
      }
    }
    return wrong();
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t nodes_ = 0;
};

bool holds(const Node& node, const Json& state) {
  const auto child = [&](const NodePtr& one) { return holds(*one, state); };
  if (node.op == Op::kAnd) return std::ranges::all_of(node.children, child);
  if (node.op == Op::kOr) return std::ranges::any_of(node.children, child);
  if (node.op == Op::kNot) return !holds(*node.children.front(), state);
  const Json* found = state_field(state, node.field);
  const Json value = found == nullptr ? Json(nullptr) : *found;
  const auto same = [&](const Json& other) { return compare_values(value, other) == 0; };
  const std::string text = text_of(value);
  const std::string wanted = text_of(node.values.front());
  switch (node.op) {
    case Op::kEq:
    case Op::kIn:
      return std::ranges::any_of(node.values, same);
    case Op::kNe:
      return !same(node.values.front());
    case Op::kGt:
      return compare_values(value, node.values.front()) > 0;
    case Op::kGe:
      return compare_values(value, node.values.front()) >= 0;
    case Op::kLt:
      return compare_values(value, node.values.front()) < 0;
    case Op::kLe:
      return compare_values(value, node.values.front()) <= 0;
    case Op::kStarts:
      return text.starts_with(wanted);
    case Op::kEnds:
      return text.ends_with(wanted);
    default:
      return text.contains(wanted);
  }
}

}  // namespace

Result<StateFilter> StateFilter::parse(std::string_view text) {
  StateFilter out;
  if (text.empty()) return out;
  if (text.size() > kMaxStateFilterBytes) return fail(ErrorCode::kInvalidArgument, "the filter is too long");
  FH_TRY(out.root_, Parser(text).parse());
  return out;
}

bool StateFilter::matches(const Json& state) const { return root_ == nullptr || holds(*root_, state); }

Result<std::vector<StateOrder>> parse_order(std::string_view text) {
  std::vector<StateOrder> out;
  while (!text.empty()) {
    auto item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    StateOrder one;
    const auto blank = item.find(' ');
    const auto way = blank == item.npos ? std::string_view("asc") : item.substr(item.find_last_of(' ') + 1);
    one.field = item.substr(0, blank);
    one.descending = equals_ignoring_case(way, "desc");
    const bool good = !one.field.empty() && std::ranges::all_of(one.field, is_word) &&
                      (one.descending || equals_ignoring_case(way, "asc")) && out.size() < kMaxOrder;
    if (!good) return fail(ErrorCode::kInvalidArgument, "the order isn't understood");
    out.push_back(std::move(one));
  }
  return out;
}

const Json* state_field(const Json& state, std::string_view name) {
  for (auto at = state.begin(); at != state.end(); ++at) {
    if (equals_ignoring_case(at.key(), name)) return &*at;
  }
  return nullptr;
}

int compare_values(const Json& a, const Json& b) {
  if (a.is_number() && b.is_number()) {
    const double x = a.get<double>();
    const double y = b.get<double>();
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (a.is_null() != b.is_null()) return a.is_null() ? -1 : 1;
  return text_of(a).compare(text_of(b));
}

}  // namespace freehold::policies

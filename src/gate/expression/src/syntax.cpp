#include "expression/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"

namespace freehold::gate::expression {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

bool is_expression(std::string_view text) {
  return text.size() >= 2 && text.front() == '[' && text.back() == ']' && text[1] != '[';
}

std::string_view unescaped(std::string_view text) {
  return text.starts_with("[[") && text.ends_with(']') ? text.substr(1) : text;
}

// Recursive descent; each step down is counted before it is taken.
class Parser {
 public:
  Parser(std::string_view text, Expression& out) : text_(text), out_(out) {}

  Result<void> whole() {
    at_ = 1;  // the opening bracket
    FH_TRY(const std::uint32_t root, operand(1));
    skip();
    if (at_ + 1 != text_.size()) return wrong("the end");
    static_cast<void>(root);  // the last node made is the root
    out_.text_ = std::string(text_);
    return {};
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(std::string_view expected) const {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("Unable to parse language expression '{}': {} was expected at position {}.",
                            text_.substr(0, 256), expected, at_));
  }
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r' || peek() == '\n') ++at_;
  }
  Result<void> expect(char c, std::string_view name) {
    skip();
    if (peek() != c) return wrong(name);
    ++at_;
    return {};
  }
  std::uint32_t add(Node node) {
    out_.nodes_.push_back(std::move(node));
    return static_cast<std::uint32_t>(out_.nodes_.size() - 1);
  }

  // A literal or a call, and the accessors behind it.
  Result<std::uint32_t> operand(std::size_t depth) {
    if (depth > kExpressionDepth) {
      return fail(ErrorCode::kInvalidArgument, fmt::format("The language expression '{}...' is nested deeper than {}.",
                                                           text_.substr(0, 64), kExpressionDepth));
    }
    out_.depth_ = std::max(out_.depth_, depth);
    skip();
    FH_TRY(std::uint32_t node, primary(depth));
    for (std::size_t accessors = 0;; ++accessors) {
      skip();
      if (peek() != '.' && peek() != '[') return node;
      if (accessors + depth > kExpressionDepth) return wrong("fewer accessors");
      FH_TRY(node, access(node, depth));
    }
  }

  Result<std::uint32_t> primary(std::size_t depth) {
    if (peek() == '\'') return text_literal();
    if (is_digit(peek()) || peek() == '-' || peek() == '+') return integer();
    if (is_letter(peek())) return call(depth);
    return wrong("a function or a literal");
  }

  Result<std::uint32_t> access(std::uint32_t target, std::size_t depth) {
    const auto position = at_;
    std::uint32_t key = 0;
    if (text_[at_++] == '.') {
      skip();
      const auto name = identifier();
      if (name.empty()) return wrong("a property's name");
      key = add({.kind = NodeKind::kText, .text = std::string(name), .position = position});
    } else {
      FH_TRY(key, operand(depth + 1));
      FH_CHECK_OK(expect(']', "a closing bracket"));
    }
    return add({.kind = NodeKind::kAccess, .position = position, .children = {target, key}});
  }

  std::string_view identifier() {
    const auto start = at_;
    while (is_letter(peek()) || (at_ > start && is_digit(peek()))) ++at_;
    return text_.substr(start, at_ - start);
  }

  Result<std::uint32_t> text_literal() {
    const auto position = at_++;
    std::string text;
    while (true) {
      const auto quote = text_.find('\'', at_);
      if (quote == std::string_view::npos) return wrong("a closing quote");
      text.append(text_.substr(at_, quote - at_));
      at_ = quote + 1;
      if (peek() != '\'') break;
      text += '\'';
      ++at_;
    }
    return add({.kind = NodeKind::kText, .text = std::move(text), .position = position});
  }

  Result<std::uint32_t> integer() {
    const auto position = at_;
    if (peek() == '+') ++at_;
    const auto start = at_;
    if (peek() == '-') ++at_;
    while (is_digit(peek())) ++at_;
    std::int64_t number = 0;
    const auto token = text_.substr(start, at_ - start);
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), number);
    if (error != std::errc() || end != token.data() + token.size()) return wrong("an integer of 64 bits");
    return add({.kind = NodeKind::kInteger, .number = number, .position = position});
  }

  // name(...), or namespace.name(...) for functions that a template defines.
  Result<std::uint32_t> call(std::size_t depth) {
    const auto position = at_;
    std::string name(identifier());
    skip();
    if (peek() == '.') {
      ++at_;
      skip();
      name += '.';
      name += identifier();
    }
    FH_CHECK_OK(expect('(', "an opening parenthesis"));
    Node node{.kind = NodeKind::kCall, .text = name, .lowered = to_lower(name), .position = position};
    skip();
    if (peek() == ')') {
      ++at_;
      return add(std::move(node));
    }
    for (bool more = true; more;) {
      if (node.children.size() == kCallArguments) return wrong("at most 128 arguments");
      FH_TRY(const std::uint32_t argument, operand(depth + 1));
      node.children.push_back(argument);
      skip();
      more = peek() == ',';
      if (more) ++at_;
    }
    FH_CHECK_OK(expect(')', "a closing parenthesis"));
    return add(std::move(node));
  }

  std::string_view text_;
  Expression& out_;
  std::size_t at_ = 0;
};

Result<Expression> Expression::parse(std::string_view text, std::size_t most_bytes) {
  if (!is_expression(text)) return fail(ErrorCode::kInvalidArgument, "not an expression");
  if (text.size() > most_bytes) {
    return fail(
        ErrorCode::kInvalidArgument,
        fmt::format("The language expression '{}...' is longer than {} characters.", text.substr(0, 64), most_bytes));
  }
  Expression expression;
  Parser parser(text, expression);
  FH_CHECK_OK(parser.whole());
  return expression;
}

}  // namespace freehold::gate::expression

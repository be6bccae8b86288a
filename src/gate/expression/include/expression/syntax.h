// The template expression language: which texts are expressions, and the tree that one of them parses to.
//
// Source: Azure Resource Manager, "Syntax and expressions in ARM templates". A text that begins with '[' and ends with
// ']' is an expression, unless it begins with "[[": then it is the text without the first '['.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace freehold::gate::expression {

inline constexpr std::size_t kExpressionBytes = 24'576;        // Azure's limit for templates
inline constexpr std::size_t kPolicyExpressionBytes = 81'920;  // and for policies
inline constexpr std::size_t kExpressionDepth = 128;           // nested calls and accessors; far below any stack's end
inline constexpr std::size_t kCallArguments = 128;

[[nodiscard]] bool is_expression(std::string_view text);
// What a text that is no expression means: itself, or without its escape.
[[nodiscard]] std::string_view unescaped(std::string_view text);

enum class NodeKind : std::uint8_t {
  kText,     // 'text'
  kInteger,  // 12
  kCall,     // name(children...)
  kAccess,   // children[0][children[1]]; a .name is a kText
};

struct Node {
  NodeKind kind = NodeKind::kText;
  std::string text = {};     // of a kText; of a kCall its name as it is written
  std::string lowered = {};  // of a kCall, for looking it up
  std::int64_t number = 0;
  std::size_t position = 0;  // in the text, from 0
  std::vector<std::uint32_t> children = {};
};

// A parsed expression: immutable, free to share between threads. Nodes refer to each other by index, children first, so
// that nothing here needs a deep stack but evaluation, whose depth is bounded by kExpressionDepth.
class Expression {
 public:
  // `text` with its brackets. kInvalidArgument says what was expected where.
  static Result<Expression> parse(std::string_view text, std::size_t most_bytes = kExpressionBytes);

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const Node& root() const { return nodes_.back(); }
  [[nodiscard]] std::uint32_t root_index() const { return static_cast<std::uint32_t>(nodes_.size() - 1); }
  // How deep calls are nested in it.
  [[nodiscard]] std::size_t depth() const { return depth_; }

 private:
  friend class Parser;
  Expression() = default;
  std::string text_;
  std::vector<Node> nodes_;
  std::size_t depth_ = 0;
};

}  // namespace freehold::gate::expression

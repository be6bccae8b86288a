#include <algorithm>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/ids.h"
#include "src/condition_node.h"

namespace freehold::gate::authz {
namespace {

using Node = Condition::Node;
using NodePtr = std::unique_ptr<const Node>;

struct Named {
  std::string_view source;
  std::string_view path;
  Attribute attribute;
};
constexpr Named kAttributes[] = {
    {"Resource", "Microsoft.Storage/storageAccounts:name", Attribute::kAccountName},
    {"Resource", "Microsoft.Storage/storageAccounts:isHnsEnabled", Attribute::kIsHnsEnabled},
    {"Resource", "Microsoft.Storage/storageAccounts/blobServices/containers:name", Attribute::kContainerName},
    {"Resource", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs:path", Attribute::kBlobPath},
    {"Resource", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs:isCurrentVersion",
     Attribute::kIsCurrentVersion},
    {"Resource", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags&$keys$&",
     Attribute::kResourceTagKeys},
    {"Request", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs:prefix", Attribute::kPrefix},
    {"Request", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs:include", Attribute::kInclude},
    {"Request", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs:snapshot", Attribute::kSnapshot},
    {"Request", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs:versionId", Attribute::kVersionId},
    {"Request", "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags&$keys$&", Attribute::kTagKeys},
    {"Request", "subOperation", Attribute::kSubOperation},
    {"Environment", "isPrivateLink", Attribute::kIsPrivateLink},
    {"Environment", "UtcNow", Attribute::kUtcNow},
};
constexpr std::string_view kTagPath = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/tags:";
constexpr std::string_view kKeyMark = "<$key_case_sensitive$>";
constexpr std::string_view kSubOperations[] = {"Blob.List", "Blob.Read.WithTagConditions", "Blob.Write.Tier",
                                               "Blob.Write.WithTagHeaders"};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The text of a literal but for a pattern's escapes, which say what stands for itself.
std::string unescaped(std::string_view raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\\' && i + 1 < raw.size()) ++i;
    out.push_back(raw[i]);
  }
  return out;
}

// Recursive descent over at most kMaxConditionBytes. The first fault ends it: every function gives null from then on.
class Parser {
 public:
  Parser(std::string_view text, std::string& fault) : rest_(text), size_(text.size()), fault_(fault) {}

  NodePtr whole() {
    auto root = expression();
    skip();
    if (root != nullptr && !rest_.empty()) return fail("nothing more is expected");
    return root;
  }

 private:
  NodePtr fail(const std::string& what) {
    if (fault_.empty()) fault_ = what + ", at character " + std::to_string(size_ - rest_.size() + 1);
    return nullptr;
  }
  void skip() {
    while (!rest_.empty() && is_space(rest_.front())) rest_.remove_prefix(1);
  }
  bool take(std::string_view symbol) {
    skip();
    if (!rest_.starts_with(symbol)) return false;
    rest_.remove_prefix(symbol.size());
    return true;
  }
  // Letters, and colons between them: a keyword or an operator.
  std::string_view peek_word() {
    skip();
    std::size_t end = 0;
    while (end < rest_.size() && (is_letter(rest_[end]) || (end > 0 && rest_[end] == ':'))) ++end;
    return rest_.substr(0, end);
  }
  bool take_word(std::string_view word) {
    const auto found = peek_word();
    if (!equals_ignoring_case(found, word)) return false;
    rest_.remove_prefix(found.size());
    return true;
  }
  bool take_and() { return take("&&") || take_word("AND"); }
  bool take_or() { return take("||") || take_word("OR"); }

  // Azure wants parentheses where AND and OR meet.
  NodePtr expression() {
    if (++depth_ > kMaxConditionDepth) return fail("it nests too deep");
    auto first = unary();
    if (first == nullptr) return nullptr;
    auto node = std::make_unique<Node>();
    while (true) {
      const bool conjunction = take_and();
      if (!conjunction && !take_or()) break;
      const auto kind = conjunction ? Node::Kind::kAnd : Node::Kind::kOr;
      if (first != nullptr) {
        node->children.push_back(std::move(first));
      } else if (node->kind != kind) {
        return fail("AND and OR need parentheses between them");
      }
      node->kind = kind;
      auto next = unary();
      if (next == nullptr) return nullptr;
      node->children.push_back(std::move(next));
    }
    --depth_;
    if (first != nullptr) return first;
    return node;
  }

  NodePtr unary() {
    if (!take("!") && !take_word("NOT")) return primary();
    if (++depth_ > kMaxConditionDepth) return fail("it nests too deep");
    auto inner = unary();
    --depth_;
    if (inner == nullptr) return nullptr;
    auto node = std::make_unique<Node>();
    node->kind = Node::Kind::kNot;
    node->children.push_back(std::move(inner));
    return node;
  }

  NodePtr primary() {
    if (take("(")) {
      auto inner = expression();
      if (inner != nullptr && !take(")")) return fail("')' is expected");
      return inner;
    }
    if (take_word("ActionMatches")) return function(Node::Kind::kAction);
    if (take_word("SubOperationMatches")) return function(Node::Kind::kSubOperation);
    if (take_word("Exists")) return exists();
    return comparison();
  }

  NodePtr function(Node::Kind kind) {
    Operand argument;
    if (!take("{") || !literal(argument) || argument.kind != ValueKind::kString || !take("}")) {
      return fail("{'...'} is expected");
    }
    auto node = std::make_unique<Node>();
    node->kind = kind;
    node->text = unescaped(argument.values[0]);
    if (kind == Node::Kind::kAction) {
      node->text = to_lower(node->text);
    } else if (!is_sub_operation(node->text)) {
      return fail("the suboperation '" + node->text + "' isn't known");
    }
    return node;
  }
  static bool is_sub_operation(std::string_view text) {
    return std::ranges::any_of(kSubOperations, [&](auto known) { return equals_ignoring_case(known, text); });
  }

  NodePtr exists() {
    auto node = std::make_unique<Node>();
    node->kind = Node::Kind::kExists;
    if (!operand(node->left)) return nullptr;
    if (!node->left.attribute) return fail("Exists takes an attribute");
    return node;
  }

  NodePtr comparison() {
    auto node = std::make_unique<Node>();
    node->kind = Node::Kind::kCompare;
    if (!operand(node->left)) return nullptr;
    const auto word = peek_word();
    if (word.empty()) return fail("an operator is expected");
    const auto op = find_operator(word);
    if (!op) return fail("the operator '" + std::string(word) + "' isn't known");
    rest_.remove_prefix(word.size());
    node->op = *op;
    if (!operand(node->right)) return nullptr;
    if (!settle(*op, node->left, false) || !settle(*op, node->right, true)) return nullptr;
    return node;
  }

  // Do a literal's values fit the operator? What they are escaped for depends on it.
  bool settle(const Operator& op, Operand& operand, bool right) {
    if (operand.attribute) return true;
    if (operand.list && op.quantifier == Quantifier::kSingle) {
      fail("a list needs one of the operators For...Of...Values");
      return false;
    }
    const auto kind = op.family == Family::kNumeric ? ValueKind::kNumber
                      : op.family == Family::kBool  ? ValueKind::kBool
                                                    : ValueKind::kString;
    bool fits = operand.kind == kind;
    const bool pattern = right && op.relation == Relation::kLike;
    Effort effort = kMaxConditionBytes * kMaxConditionBytes;
    for (auto& value : operand.values) {
      if (kind == ValueKind::kString && !pattern) value = unescaped(value);
      fits = fits && compare(op, value, value, effort) != Truth::kUnknown;
    }
    if (!fits) fail("a value doesn't fit its operator");
    return fits;
  }

  bool operand(Operand& out) {
    skip();
    if (take("@")) return attribute(out);
    if (!take("{")) return literal(out);
    out.list = true;
    do {
      if (!literal(out)) return false;
    } while (take(","));
    if (take("}")) return true;
    fail("'}' is expected");
    return false;
  }

  bool attribute(Operand& out) {
    const auto source = peek_word();
    rest_.remove_prefix(source.size());
    if (!take("[")) {
      fail("an attribute is written @Source[name]");
      return false;
    }
    const auto end = rest_.find(']');
    const auto path = rest_.substr(0, end);
    if (end == rest_.npos) {
      fail("']' is expected");
      return false;
    }
    if (!find_attribute(source, path, out)) {
      fail("the attribute '@" + std::string(source) + "[" + std::string(path) + "]' isn't known");
      return false;
    }
    rest_.remove_prefix(end + 1);
    return true;
  }

  static bool find_attribute(std::string_view source, std::string_view path, Operand& out) {
    for (const auto& known : kAttributes) {
      if (!equals_ignoring_case(source, known.source) || !equals_ignoring_case(path, known.path)) continue;
      out.attribute = known.attribute;
      return true;
    }
    const bool stored = equals_ignoring_case(source, "Resource");
    if (!stored && !equals_ignoring_case(source, "Request")) return false;
    if (!equals_ignoring_case(path.substr(0, kTagPath.size()), kTagPath)) return false;
    path.remove_prefix(kTagPath.size());
    if (!path.ends_with(kKeyMark) || path.size() == kKeyMark.size()) return false;
    out.attribute = stored ? Attribute::kResourceTag : Attribute::kTag;
    out.key = path.substr(0, path.size() - kKeyMark.size());
    return true;
  }

  // Appends one value; all of a list are of one kind.
  bool literal(Operand& out) {
    skip();
    ValueKind kind = ValueKind::kString;
    std::string value;
    if (take("'")) {
      if (!quoted(value)) return false;
    } else if (const auto word = peek_word(); !word.empty()) {
      kind = ValueKind::kBool;
      value = to_lower(word);
      if (value == "true" || value == "false") rest_.remove_prefix(word.size());
    } else {
      kind = ValueKind::kNumber;
      std::size_t end = rest_.starts_with('-') ? 1 : 0;
      while (end < rest_.size() && rest_[end] >= '0' && rest_[end] <= '9') ++end;
      value = rest_.substr(0, end);
      rest_.remove_prefix(end);
    }
    const bool good = kind == ValueKind::kString ||
                      (kind == ValueKind::kBool && (value == "true" || value == "false")) ||
                      (kind == ValueKind::kNumber && !value.empty() && value != "-" && value.size() <= 19);
    if (!good || (!out.values.empty() && out.kind != kind)) {
      fail("an attribute, a text in quotes, a number, true or false is expected");
      return false;
    }
    out.kind = kind;
    out.values.push_back(std::move(value));
    return true;
  }
  bool quoted(std::string& out) {
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '\'') {
        out = rest_.substr(0, i);
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    fail("the quotes aren't closed");
    return false;
  }

  std::string_view rest_;
  const std::size_t size_;
  std::string& fault_;
  std::size_t depth_ = 0;
};

}  // namespace

NodePtr parse_condition(std::string_view text, std::string& fault) {
  if (text.size() > kMaxConditionBytes || !is_valid_utf8(text)) {
    fault = "it is longer than " + std::to_string(kMaxConditionBytes) + " bytes, or isn't UTF-8";
    return nullptr;
  }
  return Parser(text, fault).whole();
}

}  // namespace freehold::gate::authz

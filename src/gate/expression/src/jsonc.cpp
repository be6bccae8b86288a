#include "expression/jsonc.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <vector>

#include "base/encoding.h"

namespace freehold::gate::expression {
namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::uint32_t point, std::string& out) {
  const auto put = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

// One pass over the text, recursive by value; depth is bounded before each step down.
class Reader {
 public:
  Reader(std::string_view text, const JsonLimits& limits) : text_(text), limits_(limits) {}

  Result<Json> whole() {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;
    FH_TRY(Json value, this->value(1));
    FH_CHECK_OK(skip());
    if (at_ != text_.size()) return wrong("text after the end of the value");
    return value;
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong(std::string_view what) const {
    const auto before = text_.substr(0, at_);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const auto start = before.rfind('\n');
    const auto column = start == std::string_view::npos ? before.size() + 1 : before.size() - start;
    return fail(ErrorCode::kInvalidArgument, fmt::format("{}, line {}, position {}", what, line, column));
  }

  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  // White space and comments.
  Result<void> skip() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        ++at_;
      } else if (text_.substr(at_).starts_with("//")) {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_.substr(at_).starts_with("/*")) {
        const auto end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return wrong("a comment without an end");
        at_ = end + 2;
      } else {
        break;
      }
    }
    return {};
  }

  Result<Json> value(std::size_t depth) {
    FH_CHECK_OK(skip());
    if (depth > limits_.depth) return fail(ErrorCode::kExhausted, "the JSON is nested too deep");
    if (++nodes_ > limits_.nodes) return fail(ErrorCode::kExhausted, "the JSON has too many values");
    switch (peek()) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
      case '\'': {
        FH_TRY(std::string text, quoted());
        return Json(std::move(text));
      }
      default:
        return is_digit(peek()) || peek() == '-' ? number() : word();
    }
  }

  Result<Json> word() {
    for (const auto& [spelling, meaning] :
         {std::pair<std::string_view, Json>("true", true), {"false", false}, {"null", nullptr}}) {
      if (text_.substr(at_).starts_with(spelling)) {
        at_ += spelling.size();
        return meaning;
      }
    }
    return wrong(at_ == text_.size() ? "the JSON ends early" : "a value was expected");
  }

  Result<Json> number() {
    const auto start = at_;
    if (peek() == '-') ++at_;
    const auto digits = at_;
    while (is_digit(peek())) ++at_;
    if (at_ == digits || (at_ - digits > 1 && text_[digits] == '0')) return wrong("a number was expected");
    const bool whole = !take_fraction();
    const auto token = text_.substr(start, at_ - start);
    if (whole) {
      std::int64_t integer = 0;
      const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), integer);
      if (error == std::errc() && end == token.data() + token.size()) return Json(integer);
    }
    double real = 0;
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), real);
    if (error != std::errc() || end != token.data() + token.size()) return wrong("a number that can't be kept");
    return Json(real);
  }

  // Whether a fraction or an exponent follows the digits, and past it.
  bool take_fraction() {
    const auto start = at_;
    if (peek() == '.') {
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      while (is_digit(peek())) ++at_;
    }
    return at_ != start;
  }

  Result<std::uint32_t> hex4() {
    std::uint32_t value = 0;
    const auto token = text_.substr(at_, 4);
    const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), value, 16);
    if (token.size() != 4 || error != std::errc() || end != token.data() + 4) return wrong("four hex digits expected");
    at_ += 4;
    return value;
  }

  Result<void> unicode_escape(std::string& out) {
    FH_TRY(std::uint32_t point, hex4());
    if (point >= 0xd800 && point < 0xdc00) {
      if (!text_.substr(at_).starts_with("\\u")) return wrong("half of a surrogate pair");
      at_ += 2;
      FH_TRY(const std::uint32_t low, hex4());
      if (low < 0xdc00 || low > 0xdfff) return wrong("half of a surrogate pair");
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    } else if (point >= 0xdc00 && point < 0xe000) {
      return wrong("half of a surrogate pair");
    }
    append_utf8(point, out);
    return {};
  }

  Result<void> escape(std::string& out) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt'";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t'";
    const char letter = peek();
    ++at_;
    if (letter == 'u') return unicode_escape(out);
    const auto place = letter == '\0' ? std::string_view::npos : kLetters.find(letter);
    if (place == std::string_view::npos) return wrong("an escape that JSON doesn't have");
    out += kMeanings[place];
    return {};
  }

  Result<std::string> quoted() {
    const char quote = text_[at_++];
    std::string out;
    while (true) {
      const auto special = text_.find_first_of(quote == '"' ? "\"\\" : "'\\", at_);
      if (special == std::string_view::npos) return wrong("a text without an end");
      out.append(text_.substr(at_, special - at_));
      at_ = special + 1;
      if (text_[special] == quote) break;
      FH_CHECK_OK(escape(out));
    }
    return out;
  }

  Result<std::string> name() {
    if (peek() == '"' || peek() == '\'') return quoted();
    if (!is_name_start(peek())) return wrong("a name was expected");
    const auto start = at_;
    while (is_name_start(peek()) || is_digit(peek()) || peek() == '-') ++at_;
    return std::string(text_.substr(start, at_ - start));
  }

  // After a member or an element: true if another may follow, false at `end`, which is then behind.
  Result<bool> another(char end) {
    FH_CHECK_OK(skip());
    const bool comma = peek() == ',';
    if (comma) {
      ++at_;
      FH_CHECK_OK(skip());
    }
    if (peek() == end) {
      ++at_;
      return false;
    }
    if (!comma) return wrong("a comma or an end was expected");
    return true;
  }

  Result<Json> object(std::size_t depth) {
    ++at_;
    Json out = Json::object();
    std::unordered_set<std::string> names;
    FH_CHECK_OK(skip());
    if (peek() == '}') {
      ++at_;
      return out;
    }
    for (bool more = true; more;) {
      FH_TRY(std::string member, name());
      if (!names.insert(to_lower(member)).second) return wrong(fmt::format("a second member '{}'", member));
      FH_CHECK_OK(skip());
      if (peek() != ':') return wrong("a colon was expected");
      ++at_;
      FH_TRY(Json content, value(depth + 1));
      append_member(out, std::move(member), std::move(content));
      FH_TRY(more, another('}'));
    }
    return out;
  }

  Result<Json> array(std::size_t depth) {
    ++at_;
    Json out = Json::array();
    FH_CHECK_OK(skip());
    if (peek() == ']') {
      ++at_;
      return out;
    }
    for (bool more = true; more;) {
      FH_TRY(Json element, value(depth + 1));
      out.push_back(std::move(element));
      FH_TRY(more, another(']'));
    }
    return out;
  }

  std::string_view text_;
  const JsonLimits& limits_;
  std::size_t at_ = 0;
  std::size_t nodes_ = 0;
};

}  // namespace

Result<Json> read_jsonc(std::string_view text, const JsonLimits& limits) {
  if (text.size() > limits.bytes) return fail(ErrorCode::kExhausted, "the JSON is too large");
  if (!is_valid_utf8(text)) return fail(ErrorCode::kInvalidArgument, "the JSON is not UTF-8");
  return Reader(text, limits).whole();
}

}  // namespace freehold::gate::expression

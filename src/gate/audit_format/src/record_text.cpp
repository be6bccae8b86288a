#include "audit_format/record_text.h"

#include <charconv>
#include <ctime>

#include "base/check.h"
#include "base/encoding.h"

namespace freehold::gate::audit {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";
constexpr char kBase64Url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Characters that stand for themselves in a canonical string: printable ASCII but for the quote and the backslash.
bool is_plain(unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

// RFC 8785 section 3.2.2.2.
void append_escaped(Bytes& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '\b': out += "\\b"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\f': out += "\\f"; break;
      case '\r': out += "\\r"; break;
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      default:
        if (static_cast<unsigned char>(c) >= 0x20) {
          out += c;
        } else {
          out += "\\u00";
          out += kHexDigits[(c >> 4) & 15];
          out += kHexDigits[c & 15];
        }
    }
  }
}

Bytes cut(std::string_view text) {
  auto end = kRecordStringBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return Bytes(text.substr(0, end)) + "~" + to_hex(crypto::view(crypto::sha256(text)));
}

void append_unusual(Bytes& out, std::string_view text) {
  const Bytes valid = is_valid_utf8(text) ? Bytes(text) : percent_encode(text, "/");
  append_escaped(out, valid.size() > kRecordStringBytes ? cut(valid) : valid);
}

void append_string(Bytes& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;
  while (plain < text.size() && is_plain(static_cast<unsigned char>(text[plain]))) ++plain;
  if (plain == text.size() && plain <= kRecordStringBytes) {
    out += text;
  } else {
    append_unusual(out, text);
  }
  out += '"';
}

void append_number(Bytes& out, std::int64_t value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

// Beyond 2^53 - 1 a JSON number is no longer exact (RFC 8785 section 3.2.2.3); no request carries so much.
void append_count(Bytes& out, std::uint64_t value) {
  append_number(out, static_cast<std::int64_t>(std::min(value, (std::uint64_t{1} << 53) - 1)));
}

// Ids, salts and times are most of a record's text, so these write into an array and append once.
void append_guid(Bytes& out, BytesView id) {
  std::array<char, 38> text;
  std::size_t at = 0;
  text[at++] = '"';
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text[at++] = '-';
    const auto byte = static_cast<unsigned char>(id[i]);
    text[at++] = kHexDigits[byte >> 4];
    text[at++] = kHexDigits[byte & 15];
  }
  text[at] = '"';
  out.append(text.data(), text.size());
}

// Of 16 bytes: 21 digits of six bits and one of the last two.
void append_base64url(Bytes& out, BytesView bytes) {
  std::array<char, 24> text;
  std::size_t at = 0;
  text[at++] = '"';
  std::uint32_t bits = 0;
  int held = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    bits = bits << 8 | static_cast<unsigned char>(bytes[i]);
    for (held += 8; held >= 6; held -= 6) text[at++] = kBase64Url[(bits >> (held - 6)) & 63];
  }
  text[at++] = kBase64Url[(bits << (6 - held)) & 63];
  text[at] = '"';
  out.append(text.data(), text.size());
}

void append_padded(Bytes& out, std::uint64_t value, std::size_t width) {
  std::array<char, 20> digits;
  for (auto i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits.data(), width);
}

// RFC 3339 in UTC with microseconds; years 1970-9999, others are drawn to the nearer end.
void append_time(Bytes& out, WallTime time) {
  const auto us = std::clamp<std::int64_t>(time.time_since_epoch().count(), 0, 253'402'300'799'999'999);
  const auto days = std::chrono::sys_days(std::chrono::days(us / 86'400'000'000));
  const std::chrono::year_month_day date(days);
  const auto of_day = static_cast<std::uint64_t>(us % 86'400'000'000);
  out += '"';
  append_padded(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  append_padded(out, of_day / 3'600'000'000, 2);
  out += ':';
  append_padded(out, of_day / 60'000'000 % 60, 2);
  out += ':';
  append_padded(out, of_day / 1'000'000 % 60, 2);
  out += '.';
  append_padded(out, of_day % 1'000'000, 6);
  out += "Z\"";
}

}  // namespace

void append_record_text(Bytes& out, const RecordText& r) {
  out += "{\"address\":";
  append_string(out, r.address);
  out += ",\"bytesIn\":";
  append_count(out, r.bytes_in);
  out += ",\"bytesOut\":";
  append_count(out, r.bytes_out);
  out += ",\"caller\":";
  append_string(out, r.caller);
  out += ",\"credential\":";
  append_string(out, r.credential);
  out += ",\"decision\":";
  append_string(out, r.decision);
  if (!r.id.empty()) {
    FH_CHECK(r.id.size() == 16);
    out += ",\"id\":";
    append_base64url(out, r.id);
  }
  out += ",\"operation\":";
  append_string(out, r.operation);
  out += ",\"reason\":";
  append_string(out, r.reason);
  out += ",\"request\":";
  append_guid(out, r.request.view());
  out += ",\"resource\":";
  append_string(out, r.resource);
  out += ",\"salt\":";
  append_base64url(out, BytesView(r.salt.data(), r.salt.size()));
  out += ",\"status\":";
  append_number(out, r.status);
  out += ",\"tenant\":";
  append_guid(out, r.tenant.view());
  out += ",\"time\":";
  append_time(out, r.time);
  out += ",\"v\":1}";
}

}  // namespace freehold::gate::audit

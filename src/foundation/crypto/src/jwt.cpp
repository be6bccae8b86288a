#include "crypto/jwt.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "base/encoding.h"
#include "crypto/certified_jws.h"

namespace freehold::crypto {
namespace {

constexpr int kMaxDepth = 8;
constexpr std::size_t kMaxMembers = 128;

// Keeps the members of one object; refuses names that stand twice (RFC 7519 section 4, RFC 7515 section 5.2).
class MemberReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit MemberReader(JwtMembers& out) : out_(out) {}
  [[nodiscard]] bool whole() const { return began_ && depth_ == 0; }

  bool null() override { return pass_over(); }
  bool boolean(bool value) override { return keep(value); }
  bool number_integer(number_integer_t value) override { return keep(std::int64_t{value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return pass_over();
    return keep(static_cast<std::int64_t>(value));
  }
  // RFC 7519 section 2: a time may have a fraction, which is cut off.
  bool number_float(number_float_t value, const string_t&) override {
    constexpr double kWhole = 9'007'199'254'740'992.0;  // 2^53: beyond it a double skips whole numbers
    if (!(value > -kWhole && value < kWhole)) return pass_over();
    return keep(static_cast<std::int64_t>(std::floor(value)));
  }
  bool string(string_t& value) override {
    if (depth_ == 2 && in_list_) {
      list_.push_back(std::move(value));
      return true;
    }
    return keep(std::move(value));
  }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override {
    began_ = true;
    in_list_ = false;
    return ++depth_ <= kMaxDepth;
  }
  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    name_ = std::move(name);
    return names_.insert(name_).second && names_.size() <= kMaxMembers;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    if (!began_) return false;
    in_list_ = depth_ == 1;
    if (in_list_) list_.clear();
    return ++depth_ <= kMaxDepth;
  }
  bool end_array() override {
    --depth_;
    if (depth_ == 1 && in_list_) out_.values[name_] = std::move(list_);
    if (depth_ == 1) in_list_ = false;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }

 private:
  bool keep(JwtValue value) {
    if (depth_ == 1) out_.values[name_] = std::move(value);
    return pass_over();
  }
  // A list of other things than texts isn't kept.
  bool pass_over() {
    if (depth_ == 2) in_list_ = false;
    return began_;
  }
  JwtMembers& out_;
  std::set<std::string, std::less<>> names_;
  std::string name_;
  std::vector<std::string> list_;
  int depth_ = 0;
  bool began_ = false;
  bool in_list_ = false;
};

std::optional<JwtMembers> read_members(std::string_view encoded) {
  const auto json = from_base64url(encoded);
  if (!json || !is_valid_utf8(*json)) return std::nullopt;
  JwtMembers members;
  MemberReader reader(members);
  if (!nlohmann::json::sax_parse(*json, &reader) || !reader.whole()) return std::nullopt;
  return members;
}

std::unexpected<Error> not_a_token(std::string why) {
  return fail(ErrorCode::kInvalidArgument, "not a token", std::move(why));
}

template <class T>
const T* value_of(const JwtMembers& members, std::string_view name) {
  const auto at = members.values.find(name);
  return at == members.values.end() ? nullptr : std::get_if<T>(&at->second);
}

}  // namespace

std::optional<std::string_view> JwtMembers::text(std::string_view name) const {
  const auto* value = value_of<std::string>(*this, name);
  if (value == nullptr) return std::nullopt;
  return *value;
}

std::optional<std::int64_t> JwtMembers::number(std::string_view name) const {
  const auto* value = value_of<std::int64_t>(*this, name);
  if (value == nullptr) return std::nullopt;
  return *value;
}

Result<Jwt> parse_jwt(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return not_a_token("it is too long");
  const auto first = token.find('.');
  const auto second = first == token.npos ? token.npos : token.find('.', first + 1);
  if (second == token.npos || token.find('.', second + 1) != token.npos) return not_a_token("it has no three parts");
  auto header = read_members(token.substr(0, first));
  auto claims = read_members(token.substr(first + 1, second - first - 1));
  auto signature = from_base64url(token.substr(second + 1));
  if (!header || !claims || !signature) return not_a_token("a part of it isn't what it should be");
  // RFC 7515 section 4.1.11: what is critical and not understood makes a token invalid, and nothing is understood here.
  if (header->values.contains("crit")) return not_a_token("it has critical headers");
  return Jwt{std::move(*header), std::move(*claims), std::string(token.substr(0, second)), std::move(*signature)};
}

bool verify(const Jwt& token, const RsaPublicKey& key) {
  return token.header.text("alg") == "RS256" && key.verify_rs256(token.signed_part, token.signature);
}

std::string sign_jwt(const RsaSigningKey& key, std::string_view claims) {
  const std::string& id = key.public_key().thumbprint();
  const std::string header = R"({"typ":"JWT","alg":"RS256","kid":")" + id + R"("})";
  return sign_compact(key, header, claims);
}

std::string sign_compact(const RsaSigningKey& key, std::string_view header, std::string_view payload) {
  std::string token = to_base64url(header) + "." + to_base64url(payload);
  const std::string signature = to_base64url(key.sign_rs256(token));
  return token.append(".").append(signature);
}

std::string jwks_json(std::span<const RsaPublicKey> keys) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& key : keys) {
    list.push_back({{"kty", "RSA"},
                    {"use", "sig"},
                    {"alg", "RS256"},
                    {"kid", key.thumbprint()},
                    {"n", to_base64url(key.modulus())},
                    {"e", to_base64url(key.exponent())}});
  }
  return nlohmann::ordered_json{{"keys", std::move(list)}}.dump();
}

}  // namespace freehold::crypto

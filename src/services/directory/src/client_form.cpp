#include "src/client_form.h"

#include <algorithm>

#include "base/encoding.h"

namespace freehold::directory {
namespace {

constexpr std::size_t kMaxParameters = 64;

std::optional<std::string> form_decode(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  auto decoded = percent_decode(spaced);
  if (!decoded || !is_valid_utf8(*decoded)) return std::nullopt;
  return decoded;
}

std::string_view take_until(std::string_view& text, char end) {
  const auto at = text.find(end);
  const auto piece = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + 1);
  return piece;
}

}  // namespace

Result<ClientForm> ClientForm::parse(std::string_view body) {
  const auto broken = [] { return fail(ErrorCode::kInvalidArgument, "not a form"); };
  if (body.size() > kMaxFormBytes) return broken();
  ClientForm form;
  while (!body.empty()) {
    auto pair = take_until(body, '&');
    if (pair.empty()) continue;
    auto name = form_decode(take_until(pair, '='));
    auto value = form_decode(pair);
    if (!name || !value || form.values_.size() >= kMaxParameters) return broken();
    if (!form.values_.emplace(std::move(*name), std::move(*value)).second) return broken();
  }
  return form;
}

std::string_view ClientForm::get(std::string_view name) const {
  const auto at = values_.find(name);
  return at == values_.end() ? std::string_view() : std::string_view(at->second);
}

std::optional<ClientCredentials> client_credentials(std::string_view authorization, const ClientForm& form) {
  constexpr std::string_view kBasic = "basic ";
  if (authorization.empty())
    return ClientCredentials{std::string(form.get("client_id")), Secret(form.get("client_secret"))};
  if (!equals_ignoring_case(authorization.substr(0, kBasic.size()), kBasic)) return std::nullopt;
  const auto pair = from_base64(authorization.substr(kBasic.size()));
  if (!pair || !pair->contains(':') || form.has("client_secret")) return std::nullopt;
  std::string_view rest = *pair;
  const auto id = form_decode(take_until(rest, ':'));
  auto secret = form_decode(rest);
  if (!id || !secret || (form.has("client_id") && form.get("client_id") != *id)) return std::nullopt;
  ClientCredentials out{*id, Secret(BytesView(*secret))};
  wipe(*secret);
  return out;
}

}  // namespace freehold::directory

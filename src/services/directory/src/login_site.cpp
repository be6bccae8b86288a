#include "src/login_site.h"

#include "base/encoding.h"

namespace freehold::directory {
namespace {

bool is_port(std::string_view port) {
  if (port.empty()) return true;
  const auto number = port.starts_with(':') ? parse_u64(port.substr(1)) : std::nullopt;
  return number && *number > 0 && *number <= 65'535;
}

}  // namespace

std::string LoginSite::port_of(const http::Request& request) {
  const auto host = request.headers.get("host");
  const auto colon = host.rfind(':');
  if (colon == host.npos || host.ends_with(']')) return {};
  const auto port = host.substr(colon);
  return is_port(port) ? std::string(port) : std::string();
}

std::string LoginSite::origin(std::string_view port) const { return "https://" + host_ + std::string(port); }

std::string LoginSite::issuer(Style style, std::string_view tenant, std::string_view port) const {
  switch (style) {
    case Style::kAdfs:
      return origin(port) + "/adfs";
    case Style::kEntraV1:
      return origin(port) + "/" + std::string(tenant) + "/";
    case Style::kEntraV2:
      return origin(port) + "/" + std::string(tenant) + "/v2.0";
  }
  return {};
}

bool LoginSite::is_issuer(std::string_view issuer, TenantId tenant) const {
  const std::string front = origin("");
  if (!issuer.starts_with(front)) return false;
  issuer.remove_prefix(front.size());
  const auto slash = issuer.find('/');
  if (slash == issuer.npos || !is_port(issuer.substr(0, slash))) return false;
  const auto path = issuer.substr(slash);
  const std::string own = "/" + to_string(tenant) + "/";
  return path == "/adfs" || path == own || path == own + "v2.0";
}

}  // namespace freehold::directory

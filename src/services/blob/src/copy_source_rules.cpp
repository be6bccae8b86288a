#include "src/copy_source_rules.h"

#include <algorithm>

#include "base/encoding.h"
#include "route/storage_target.h"
#include "src/conditional_rules.h"

namespace freehold::blob {
namespace {

constexpr std::string_view kHeader = "x-ms-copy-source";
constexpr std::size_t kSourceBytes = 2 * 1024;  // "a URL of up to 2 KiB"

// A server outside says what it likes: only what could be one of Azure's codes goes on, into our headers and records.
std::string_view known_form(std::string_view code) {
  constexpr std::size_t kCodeBytes = 64;
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return code.size() <= kCodeBytes && std::ranges::all_of(code, is_letter) ? code : std::string_view();
}

bool is_loopback(std::string_view host) { return host == "localhost" || host == "[::1]" || host.starts_with("127."); }

struct HostPort {
  std::string_view host;
  std::uint64_t port = 0;  // 0: the scheme's
};
HostPort split_authority(std::string_view authority) {
  const auto colon = authority.ends_with(']') ? std::string_view::npos : authority.rfind(':');
  if (colon == std::string_view::npos) return {authority, 0};
  return {authority.substr(0, colon), parse_u64(authority.substr(colon + 1)).value_or(0)};
}

// The way by which this request came, or another name of this machine at the same port: ourselves.
bool is_own_authority(const http::Url& url, std::string_view own_authority) {
  const auto lower = to_lower(own_authority);
  const auto own = split_authority(lower);
  const auto own_port = own.port != 0 ? own.port : (url.tls ? 443u : 80u);
  if (url.port != own_port) return false;
  return url.host == own.host || (is_loopback(url.host) && is_loopback(own.host));
}

bool is_under(std::string_view host, const std::vector<std::string>& suffixes) {
  return std::ranges::any_of(suffixes, [&](const std::string& suffix) {
    return host == suffix ||
           (host.size() > suffix.size() && host.ends_with(suffix) && host[host.size() - suffix.size() - 1] == '.');
  });
}

}  // namespace

std::string CopySource::shown() const {
  const bool usual = url.port == (url.tls ? 443 : 80);
  std::string out = (url.tls ? "https://" : "http://") + url.host + (usual ? "" : ":" + std::to_string(url.port));
  const auto question = url.target.find('?');
  out += url.target.substr(0, question);
  if (question == std::string::npos) return out;
  char separator = '?';
  const auto query = http::parse_query(std::string_view(url.target).substr(question + 1));
  for (const auto& parameter : query.value_or(std::vector<http::QueryParameter>())) {
    if (parameter.name != "snapshot" && parameter.name != "versionid") continue;
    out += std::exchange(separator, '&') + parameter.name + "=" + percent_encode(parameter.value, ":");
  }
  return out;
}

ApiResult<CopySource> parse_copy_source(std::string_view text, std::string_view own_authority,
                                        const std::vector<std::string>& host_suffixes, const AllowedSources& allowed) {
  if (text.size() > kSourceBytes) return refuse(errors::invalid_header(kHeader, ""));
  auto url = http::parse_url(text);
  if (!url) return refuse(errors::invalid_header(kHeader, ""));
  const auto request = http::request_for(http::Method::kGet, *url);
  if (!request) return refuse(errors::invalid_header(kHeader, ""));
  CopySource source{std::move(*url), std::nullopt, request->has_parameter("sig")};
  const bool ours = is_under(source.url.host, host_suffixes);
  if (ours || is_own_authority(source.url, own_authority)) {
    source.here = gate::storage_target(*request, host_suffixes);
    if (!source.here || source.here->scope != gate::Scope::kBlob || request->has_parameter("comp") ||
        request->has_parameter("restype")) {
      return refuse(errors::invalid_header(kHeader, ""));
    }
    return source;
  }
  if (!allowed.allows(source.url)) return refuse(errors::copy_source_not_allowed());
  return source;
}

std::string SourceRange::text() const { return "bytes=" + std::to_string(first) + '-' + std::to_string(last); }

ApiResult<std::optional<SourceRange>> parse_source_range(const http::Headers& headers) {
  constexpr std::string_view kName = "x-ms-source-range";
  if (!headers.has(kName)) return std::nullopt;
  const auto value = headers.get(kName);
  auto text = value;
  const auto bad = [&] { return refuse(errors::invalid_header(kName, value)); };
  if (!text.starts_with("bytes=")) return bad();
  text.remove_prefix(6);
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return bad();
  const auto first = parse_u64(text.substr(0, dash));
  const auto last = parse_u64(text.substr(dash + 1));
  if (!first || !last || *last < *first || *last >= INT64_MAX) return bad();
  return SourceRange{*first, *last};
}

ApiResult<http::Headers> read_headers_for_source(const http::Headers& headers) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"x-ms-source-if-match", "if-match"},
      {"x-ms-source-if-none-match", "if-none-match"},
      {"x-ms-source-if-modified-since", "if-modified-since"},
      {"x-ms-source-if-unmodified-since", "if-unmodified-since"},
      {"x-ms-source-if-tags", "x-ms-if-tags"},
      {"x-ms-source-lease-id", "x-ms-lease-id"},
      {"x-ms-source-encryption-key", "x-ms-encryption-key"},
      {"x-ms-source-encryption-key-sha256", "x-ms-encryption-key-sha256"},
      {"x-ms-source-encryption-algorithm", "x-ms-encryption-algorithm"},
      {"x-ms-copy-source-authorization", "authorization"}};
  FH_TRY([[maybe_unused]] const auto conditions, parse_source_conditions(headers));
  const auto authorization = headers.get("x-ms-copy-source-authorization");
  if (headers.has("x-ms-copy-source-authorization") && !to_lower(authorization.substr(0, 7)).starts_with("bearer ")) {
    return refuse(errors::invalid_header("x-ms-copy-source-authorization", ""));
  }
  http::Headers out;
  for (const auto& [sent, meant] : kNames) {
    if (headers.has(sent)) out.add(std::string(meant), std::string(headers.get(sent)));
  }
  return out;
}

ApiError source_refused(int status, std::string_view said) {
  const auto code = known_form(said);
  if (status == 304 || status == 412) {
    // A lease or a key that doesn't fit says more than that a condition didn't hold.
    if (status == 412 && !code.empty() && code != "ConditionNotMet") return errors::source_said(status, code);
    return errors::source_condition_not_met();
  }
  if (status == 503) return errors::busy("the copy's source is busy");
  if (status == 416) return errors::invalid_source_range();
  if (status == 409 && !code.empty()) return errors::source_said(status, code);
  if (status >= 400 && status < 500) return errors::cannot_verify_copy_source(status, code);
  return errors::cannot_verify_copy_source(500, code);
}

bool answers_range(const http::Headers& answer, const SourceRange& range) {
  const auto prefix = "bytes " + std::to_string(range.first) + '-' + std::to_string(range.last) + '/';
  return answer.get("content-range").starts_with(prefix);
}

}  // namespace freehold::blob

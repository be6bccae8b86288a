#include "src/header_rules.h"

#include "base/encoding.h"
#include "src/xml_text.h"

namespace freehold::blob {
namespace {

constexpr std::string_view kMetadataPrefix = "x-ms-meta-";
constexpr std::string_view kDefaultContentType = "application/octet-stream";
constexpr std::string_view kDefaultScope = "$account-encryption-key";

bool is_identifier(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (!letter(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; });
}

std::string first_of(const http::Headers& headers, std::string_view name, std::string_view other) {
  return std::string(headers.has(name) ? headers.get(name) : headers.get(other));
}

constexpr std::array<std::string_view, 6> kContentHeaderNames = {
    "x-ms-blob-content-type",        "x-ms-blob-content-encoding", "x-ms-blob-content-language",
    "x-ms-blob-content-disposition", "x-ms-blob-cache-control",    "x-ms-blob-content-md5"};

constexpr std::array<std::string_view, 5> kNotYet = {"x-ms-immutability-policy-until-date",
                                                     "x-ms-immutability-policy-mode", "x-ms-structured-body",
                                                     "x-ms-structured-content-length", "x-ms-expiry-option"};

// The default may be named anywhere: that is how it is.
ApiResult<> refuse_scope(const http::Headers& headers, std::string_view name) {
  if (headers.has(name) && headers.get(name) != kDefaultScope) return refuse(errors::not_implemented(name));
  return {};
}

ApiResult<> refuse_not_yet(const http::Headers& headers) {
  for (const auto name : kNotYet) {
    if (headers.has(name)) return refuse(errors::not_implemented(name));
  }
  if (equals_ignoring_case(headers.get("x-ms-legal-hold"), "true")) {
    return refuse(errors::not_implemented("x-ms-legal-hold"));
  }
  return {};
}

}  // namespace

ApiResult<Metadata> parse_metadata(const http::Headers& headers) {
  std::map<std::string, std::pair<std::string, std::string>> merged;
  std::size_t size = 0;
  for (std::size_t i = 0; i < headers.fields().size(); ++i) {
    const auto& [header, value] = headers.fields()[i];
    if (!header.starts_with(kMetadataPrefix)) continue;
    const auto name = std::string(headers.sent_name(i).substr(kMetadataPrefix.size()));
    if (name.empty()) return refuse(errors::empty_metadata_key());
    if (!is_identifier(name) || !is_printable_ascii(value)) return refuse(errors::invalid_metadata());
    size += name.size() + value.size();
    auto [place, fresh] = merged.try_emplace(to_lower(name), name, value);
    if (!fresh) place->second.second += "," + value;
  }
  if (size > kMetadataBytes) return refuse(errors::metadata_too_large());
  Metadata metadata;
  for (auto& [key, entry] : merged) metadata.push_back(std::move(entry));
  return metadata;
}

// A value comes back in headers and in listings, and one that XML can't hold would spoil the listing for everybody.
ApiResult<> check_content_headers(const ContentHeaders& content) {
  const std::pair<std::string_view, const std::string&> values[] = {
      {"x-ms-blob-content-type", content.type},
      {"x-ms-blob-content-encoding", content.encoding},
      {"x-ms-blob-content-language", content.language},
      {"x-ms-blob-content-disposition", content.disposition},
      {"x-ms-blob-cache-control", content.cache_control}};
  for (const auto& [name, value] : values) {
    if (value.size() > kContentHeaderBytes || !is_valid_utf8(value) || !fits_xml(value)) {
      return refuse(errors::invalid_header(name, value));
    }
  }
  return {};
}

ApiResult<Bytes> parse_md5(const http::Headers& headers, std::string_view name) {
  if (!headers.has(name) || headers.get(name).empty()) return Bytes();
  auto md5 = from_base64(headers.get(name));
  if (!md5 || md5->size() != 16) return refuse(errors::invalid_md5());
  return std::move(*md5);
}

ApiResult<ContentHeaders> parse_blob_content_headers(const http::Headers& headers) {
  ContentHeaders content;
  content.type = headers.get("x-ms-blob-content-type");
  if (content.type.empty()) content.type = kDefaultContentType;
  content.encoding = headers.get("x-ms-blob-content-encoding");
  content.language = headers.get("x-ms-blob-content-language");
  content.disposition = headers.get("x-ms-blob-content-disposition");
  content.cache_control = headers.get("x-ms-blob-cache-control");
  FH_CHECK_OK(check_content_headers(content));
  FH_TRY(content.md5, parse_md5(headers, "x-ms-blob-content-md5"));
  return content;
}

ApiResult<ContentHeaders> parse_put_blob_headers(const http::Headers& headers) {
  ContentHeaders content;
  content.type = first_of(headers, "x-ms-blob-content-type", "content-type");
  if (content.type.empty()) content.type = kDefaultContentType;
  content.encoding = first_of(headers, "x-ms-blob-content-encoding", "content-encoding");
  content.language = first_of(headers, "x-ms-blob-content-language", "content-language");
  content.disposition = headers.get("x-ms-blob-content-disposition");
  content.cache_control = first_of(headers, "x-ms-blob-cache-control", "cache-control");
  FH_CHECK_OK(check_content_headers(content));
  FH_TRY(content.md5, parse_md5(headers, "x-ms-blob-content-md5"));
  return content;
}

ApiResult<bool> parse_flag(const http::Headers& headers, std::string_view name) {
  if (!headers.has(name)) return false;
  const auto value = headers.get(name);
  const bool on = equals_ignoring_case(value, "true");
  if (!on && !equals_ignoring_case(value, "false")) return refuse(errors::invalid_header(name, value));
  return on;
}

bool sets_content_headers(const http::Headers& headers) {
  return std::any_of(kContentHeaderNames.begin(), kContentHeaderNames.end(),
                     [&](std::string_view name) { return headers.has(name); });
}

ApiResult<> refuse_customer_keys(const http::Headers& headers) {
  for (const std::string_view name : {"x-ms-encryption-key", "x-ms-encryption-key-sha256", "x-ms-encryption-algorithm",
                                      "x-ms-source-encryption-key"}) {
    if (headers.has(name)) return refuse(errors::not_implemented(name));
  }
  return {};
}

ApiResult<> refuse_unsupported_for_blob(const http::Headers& headers, CustomerKeys customer_keys) {
  FH_CHECK_OK(refuse_not_yet(headers));
  FH_CHECK_OK(refuse_scope(headers, "x-ms-default-encryption-scope"));
  if (customer_keys != CustomerKeys::kTakenWithScopes) {
    FH_CHECK_OK(refuse_scope(headers, "x-ms-encryption-scope"));
  }
  return customer_keys == CustomerKeys::kRefused ? refuse_customer_keys(headers) : ApiResult<>();
}

ApiResult<> refuse_unsupported_for_container(const http::Headers& headers, ContainerScopes scopes) {
  FH_CHECK_OK(refuse_not_yet(headers));
  FH_CHECK_OK(refuse_customer_keys(headers));
  FH_CHECK_OK(refuse_scope(headers, "x-ms-encryption-scope"));
  if (scopes == ContainerScopes::kTaken) return {};
  FH_CHECK_OK(refuse_scope(headers, "x-ms-default-encryption-scope"));
  if (equals_ignoring_case(headers.get("x-ms-deny-encryption-scope-override"), "true")) {
    return refuse(errors::not_implemented("x-ms-deny-encryption-scope-override"));
  }
  return {};
}

}  // namespace freehold::blob

#include "named_files.h"

#include <fstream>
#include <iterator>

namespace freehold::app {

Result<Secret> read_ldap_password(disk::Disk& disk, const Settings& settings) {
  if (!settings.ldap) return Secret();
  auto text = disk.read_file(settings.ldap_password_file);
  if (!text) {
    return fail(ErrorCode::kInvalidArgument,
                "directory.ldap.password_file: " + settings.ldap_password_file + " can't be read",
                text.error().message);
  }
  Secret password(BytesView(*text).substr(0, text->find_last_not_of("\r\n") + 1));
  wipe(*text);
  return password;
}

Result<std::vector<vault::AttestationIssuer>> read_attestation_issuers(disk::Disk& disk, const Settings& settings) {
  std::vector<vault::AttestationIssuer> out;
  for (const auto& each : settings.attestation_issuers) {
    const auto refuse = [&each](const std::string& what, const Error& error) {
      return fail(ErrorCode::kInvalidArgument, "attestation.issuers: " + each.issuer + ": " + what + error.message,
                  error.detail);
    };
    const auto text = disk.read_file(each.jwks_file);
    if (!text) return refuse(each.jwks_file + " can't be read: ", text.error());
    auto issuer = vault::read_attestation_issuer(each.issuer, *text);
    if (!issuer) return refuse(each.jwks_file + ": ", issuer.error());
    out.push_back(std::move(*issuer));
  }
  return out;
}

Result<std::unique_ptr<http::Client>> make_outside_client(const Settings& settings) {
  if (settings.allowed_sources.empty()) return std::unique_ptr<http::Client>();
  auto options = http::default_client_options();
  if (!settings.copy_ca_file.empty()) {
    std::ifstream in(settings.copy_ca_file, std::ios::binary);
    options.authorities_pem.assign(std::istreambuf_iterator<char>(in), {});
    if (!in || options.authorities_pem.empty()) {
      return fail(ErrorCode::kInvalidArgument, "copy.ca_file can't be read: " + settings.copy_ca_file);
    }
  }
  return http::Client::make(std::move(options));
}

}  // namespace freehold::app

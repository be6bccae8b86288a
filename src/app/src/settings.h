// Settings: what an operator can choose, from DIR/freehold.toml and the command line (DESIGN section 11).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "blob/allowed_sources.h"
#include "directory/ldap_source.h"
#include "vault/vault_limits.h"

namespace freehold::app {

struct ZoneSettings {
  std::string name;
  std::vector<std::string> fault_domains;  // absolute directories
};

// Whose attestations release keys: "https://attest.example", and the file with the keys that it signs by.
struct AttestationSettings {
  std::string issuer;
  std::string jwks_file;  // absolute
};

enum class Redundancy { kLrs, kZrs };

struct Settings {
  std::string data;  // DIR, absolute
  std::string region = "local";
  std::string domain = "freehold.localhost";
  std::vector<ZoneSettings> zones;
  Redundancy redundancy = Redundancy::kLrs;

  std::string hsm_module;  // empty: the system's SoftHSM2
  std::string pin_file;    // absolute

  std::vector<std::string> listen = {"127.0.0.1", "::1"};
  std::uint16_t https_port = 8443;
  std::optional<std::uint16_t> http_port;
  std::uint16_t metrics_port = 0;
  bool emulator = false;

  // [copy]
  std::vector<blob::AllowedSource> allowed_sources;
  std::string copy_ca_file;  // absolute; empty: the system's certificate authorities

  // [directory]
  bool password_grant = true;
  std::optional<directory::LdapSource> ldap;
  std::string ldap_password_file;  // absolute; its reader's

  // [[attestation.issuers]]
  std::vector<AttestationSettings> attestation_issuers;

  // [insights]
  std::uint64_t delivery_seconds = 30;

  // [vault]
  vault::VaultLimits vault_limits;

  // [limits]
  std::uint64_t max_connections = 16'384;
  std::uint64_t max_running_requests = 4'096;

  [[nodiscard]] std::vector<std::string> fault_domains() const;  // the placement's three, in order
};

// What the command line said; what it didn't say is left to the file.
struct UpOptions {
  std::string data;
  std::string config;
  std::optional<std::uint16_t> https_port, http_port, metrics_port;
  bool emulator = false;
  std::optional<std::string> region, domain, pin_file;
  std::vector<std::string> listen;
};

// Reads the file (DIR/freehold.toml unless --config names one), lets the command line override it and checks the whole.
// kInvalidArgument says which key of which file is wrong and how to mend it; an unknown key names the nearest known
// one.
[[nodiscard]] Result<Settings> load_settings(const UpOptions& options);
// The same from text, for tests; `path` is for messages.
[[nodiscard]] Result<Settings> parse_settings(const std::string& text, const std::string& path,
                                              const UpOptions& options);
// The file that a first start writes: every setting with its default, explained.
[[nodiscard]] std::string default_settings_text(const UpOptions& options);

}  // namespace freehold::app

#include "settings.h"

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/encoding.h"
#include "ldap/names.h"
#include "vault/attestation_issuers.h"

namespace freehold::app {

namespace {

constexpr std::array<std::string_view, 9> kSections = {"region",      "zone",     "hsm",   "copy",  "directory",
                                                       "attestation", "insights", "vault", "limits"};
constexpr std::array<std::string_view, 2> kRegionKeys = {"name", "domain"};
constexpr std::array<std::string_view, 2> kZoneKeys = {"name", "fault_domains"};
constexpr std::array<std::string_view, 3> kHsmKeys = {"module", "slot", "pin_file"};
constexpr std::array<std::string_view, 2> kCopyKeys = {"allowed_sources", "ca_file"};
constexpr std::array<std::string_view, 2> kDirectoryKeys = {"ldap", "password_grant"};
constexpr std::array<std::string_view, 11> kLdapKeys = {"url",          "ca_file",        "bind_dn", "password_file",
                                                        "users",        "users_filter",   "groups",  "groups_filter",
                                                        "id_attribute", "name_attribute", "minutes"};
constexpr std::array<std::string_view, 1> kAttestationKeys = {"issuers"};
constexpr std::array<std::string_view, 2> kIssuerKeys = {"url", "jwks_file"};
constexpr std::array<std::string_view, 1> kInsightsKeys = {"delivery_seconds"};
constexpr std::array<std::string_view, 4> kVaultKeys = {"transactions", "hsm_transactions", "key_creations",
                                                        "hsm_key_creations"};
constexpr std::array<std::string_view, 2> kLimitKeys = {"connections", "running_requests"};
constexpr std::uint64_t kMostTransactions = 10'000'000;

std::string absolute(const std::string& path, const std::string& base) {
  const std::filesystem::path p(path);
  return (p.is_absolute() ? p : std::filesystem::path(base) / p).lexically_normal().string();
}

// Collects the first fault of a settings file; later questions to a faulty file change nothing.
class Reader {
 public:
  Reader(const toml::table& root, std::string path) : root_(root), path_(std::move(path)) {}

  void refuse(const std::string& what) {
    if (!error_) error_ = path_ + ": " + what;
  }

  void check_keys(const toml::table& table, const std::string& where, std::span<const std::string_view> known) {
    for (const auto& [key, value] : table) {
      const std::string_view name = key.str();
      if (std::ranges::find(known, name) != known.end()) continue;
      const std::string_view near = nearest(name, known);
      refuse("unknown key '" + where + std::string(name) + "'" +
             (near.empty() ? std::string() : "; did you mean '" + where + std::string(near) + "'?"));
    }
  }

  const toml::table* section(std::string_view name, std::span<const std::string_view> known) {
    const toml::node* node = root_.get(name);
    if (node == nullptr) return nullptr;
    const toml::table* table = node->as_table();
    if (table == nullptr) {
      refuse("'" + std::string(name) + "' must be a section: [" + std::string(name) + "]");
      return nullptr;
    }
    check_keys(*table, std::string(name) + ".", known);
    return table;
  }

  void text(const toml::table* table, std::string_view key, std::string& out) {
    if (table == nullptr || !table->contains(key)) return;
    if (const auto value = table->get(key)->value<std::string>(); value && table->get(key)->is_string()) {
      out = *value;
    } else {
      refuse("'" + std::string(key) + "' must be a string in quotes");
    }
  }

  void number(const toml::table* table, std::string_view key, std::uint64_t low, std::uint64_t high,
              std::uint64_t& out) {
    if (table == nullptr || !table->contains(key)) return;
    const auto value = table->get(key)->value<std::int64_t>();
    if (!value || *value < static_cast<std::int64_t>(low) || *value > static_cast<std::int64_t>(high)) {
      return refuse("'" + std::string(key) + "' must be a whole number from " + std::to_string(low) + " to " +
                    std::to_string(high));
    }
    out = static_cast<std::uint64_t>(*value);
  }

  void flag(const toml::table* table, std::string_view key, bool& out) {
    if (table == nullptr || !table->contains(key)) return;
    if (const auto value = table->get(key)->value<bool>(); value && table->get(key)->is_boolean()) {
      out = *value;
    } else {
      refuse("'" + std::string(key) + "' must be true or false");
    }
  }

  [[nodiscard]] const toml::table& root() const { return root_; }
  [[nodiscard]] const std::optional<std::string>& error() const { return error_; }

 private:
  const toml::table& root_;
  std::string path_;
  std::optional<std::string> error_;
};

void read_zones(Reader& in, Settings& out) {
  const toml::node* node = in.root().get("zone");
  if (node == nullptr) return;
  const toml::array* zones = node->as_array();
  if (zones == nullptr) return in.refuse("zones are written as [[zone]], one for each");
  for (const toml::node& entry : *zones) {
    const toml::table* table = entry.as_table();
    if (table == nullptr) return in.refuse("zones are written as [[zone]], one for each");
    in.check_keys(*table, "zone.", kZoneKeys);
    ZoneSettings zone;
    in.text(table, "name", zone.name);
    const toml::array* domains = table->contains("fault_domains") ? table->get("fault_domains")->as_array() : nullptr;
    if (zone.name.empty() || domains == nullptr) {
      return in.refuse("each [[zone]] needs a name and fault_domains = [\"DIRECTORY\", ...]");
    }
    for (const toml::node& domain : *domains) {
      const auto path = domain.value<std::string>();
      if (!path || path->empty()) return in.refuse("zone.fault_domains must be a list of directories in quotes");
      zone.fault_domains.push_back(absolute(*path, out.data));
    }
    out.zones.push_back(std::move(zone));
  }
}

// One zone of three fault domains is LRS, three zones of one each is ZRS; no other shape can be kept (R2).
void check_placement(Reader& in, Settings& out) {
  if (out.zones.empty()) {
    out.zones.push_back({"1", {out.data + "/fd0", out.data + "/fd1", out.data + "/fd2"}});
  }
  std::set<std::string> directories;
  std::size_t count = 0;
  for (const ZoneSettings& zone : out.zones) {
    count += zone.fault_domains.size();
    directories.insert(zone.fault_domains.begin(), zone.fault_domains.end());
  }
  if (directories.size() != count) return in.refuse("two fault domains share a directory; each needs its own");
  if (out.zones.size() == 1 && count == 3) {
    out.redundancy = Redundancy::kLrs;
  } else if (out.zones.size() == 3 && count == 3) {
    out.redundancy = Redundancy::kZrs;
  } else {
    in.refuse("give either one [[zone]] with three fault_domains (LRS) or three with one each (ZRS)");
  }
}

void read_copy(Reader& in, Settings& out) {
  const toml::table* copy = in.section("copy", kCopyKeys);
  in.text(copy, "ca_file", out.copy_ca_file);
  if (!out.copy_ca_file.empty()) out.copy_ca_file = absolute(out.copy_ca_file, out.data);
  if (copy == nullptr || !copy->contains("allowed_sources")) return;
  const toml::array* entries = copy->get("allowed_sources")->as_array();
  if (entries == nullptr) return in.refuse("copy.allowed_sources must be a list of hosts in quotes");
  for (const toml::node& entry : *entries) {
    const auto text = entry.value<std::string>();
    if (!text) return in.refuse("copy.allowed_sources must be a list of hosts in quotes");
    auto source = blob::parse_allowed_source(*text);
    if (!source) return in.refuse("copy.allowed_sources: " + source.error().message);
    out.allowed_sources.push_back(std::move(*source));
  }
}

// [directory.ldap]
void read_ldap(Reader& in, const toml::table& ldap, Settings& out) {
  in.check_keys(ldap, "directory.ldap.", kLdapKeys);
  directory::LdapSource source;
  std::uint64_t minutes = 10;
  in.text(&ldap, "url", source.server.url);
  in.text(&ldap, "ca_file", source.server.ca_file);
  in.text(&ldap, "bind_dn", source.reader);
  in.text(&ldap, "password_file", out.ldap_password_file);
  in.text(&ldap, "users", source.users_base);
  in.text(&ldap, "users_filter", source.users_filter);
  in.text(&ldap, "groups", source.groups_base);
  in.text(&ldap, "groups_filter", source.groups_filter);
  in.text(&ldap, "id_attribute", source.id_attribute);
  in.text(&ldap, "name_attribute", source.name_attribute);
  in.number(&ldap, "minutes", 1, 1'440, minutes);
  source.interval = std::chrono::minutes(minutes);
  if (auto good = ldap::check_url(source.server.url); !good) in.refuse("directory.ldap.url: " + good.error().message);
  for (const auto& [key, name] : {std::pair{"bind_dn", &source.reader}, std::pair{"users", &source.users_base},
                                  std::pair{"groups", &source.groups_base}}) {
    if (name == &source.groups_base && name->empty()) continue;
    if (!ldap::comparable_name(*name))
      in.refuse("directory.ldap." + std::string(key) + " must be a distinguished name");
  }
  for (const auto* filter : {&source.users_filter, &source.groups_filter}) {
    if (!ldap::is_filter(*filter))
      in.refuse("directory.ldap: '" + *filter + "' is no filter; it stands in parentheses");
  }
  if (out.ldap_password_file.empty())
    in.refuse("directory.ldap.password_file must name the file with bind_dn's password");
  out.ldap_password_file = absolute(out.ldap_password_file, out.data);
  if (!source.server.ca_file.empty()) source.server.ca_file = absolute(source.server.ca_file, out.data);
  out.ldap = std::move(source);
}

void read_directory(Reader& in, Settings& out) {
  const toml::table* directory = in.section("directory", kDirectoryKeys);
  in.flag(directory, "password_grant", out.password_grant);
  if (directory == nullptr || !directory->contains("ldap")) return;
  const toml::table* ldap = directory->get("ldap")->as_table();
  if (ldap == nullptr) return in.refuse("'directory.ldap' must be a section: [directory.ldap] with url, bind_dn, ...");
  read_ldap(in, *ldap, out);
}

// [[attestation.issuers]]
void read_attestation(Reader& in, Settings& out) {
  const toml::table* attestation = in.section("attestation", kAttestationKeys);
  if (attestation == nullptr || !attestation->contains("issuers")) return;
  const auto refuse = [&in] {
    in.refuse("issuers of attestations are written as [[attestation.issuers]] with url and jwks_file, one for each");
  };
  const toml::array* issuers = attestation->get("issuers")->as_array();
  if (issuers == nullptr) return refuse();
  if (issuers->size() > vault::kMaxAttestationIssuers) {
    return in.refuse("there are at most " + std::to_string(vault::kMaxAttestationIssuers) + " [[attestation.issuers]]");
  }
  for (const toml::node& entry : *issuers) {
    const toml::table* table = entry.as_table();
    if (table == nullptr) return refuse();
    in.check_keys(*table, "attestation.issuers.", kIssuerKeys);
    AttestationSettings issuer;
    in.text(table, "url", issuer.issuer);
    in.text(table, "jwks_file", issuer.jwks_file);
    if (issuer.issuer.empty() || issuer.jwks_file.empty()) return refuse();
    const auto same = [&issuer](const AttestationSettings& other) { return other.issuer == issuer.issuer; };
    if (std::ranges::any_of(out.attestation_issuers, same)) {
      return in.refuse("two [[attestation.issuers]] have the url " + issuer.issuer);
    }
    issuer.jwks_file = absolute(issuer.jwks_file, out.data);
    out.attestation_issuers.push_back(std::move(issuer));
  }
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 200 || name.front() == '.' || name.back() == '.') return false;
  return std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; });
}

void apply_command_line(const UpOptions& options, Settings& out) {
  if (options.region) out.region = *options.region;
  if (options.domain) out.domain = *options.domain;
  if (options.pin_file) out.pin_file = absolute(*options.pin_file, std::filesystem::current_path().string());
  if (!options.listen.empty()) out.listen = options.listen;
  if (options.https_port) out.https_port = *options.https_port;
  if (options.metrics_port) out.metrics_port = *options.metrics_port;
  out.http_port = options.http_port;
  out.emulator = options.emulator;
  if (out.emulator && !out.http_port) out.http_port = 10000;
}

}  // namespace

std::vector<std::string> Settings::fault_domains() const {
  std::vector<std::string> all;
  for (const ZoneSettings& zone : zones) all.insert(all.end(), zone.fault_domains.begin(), zone.fault_domains.end());
  return all;
}

Result<Settings> parse_settings(const std::string& text, const std::string& path, const UpOptions& options) {
  const toml::parse_result parsed = toml::parse(text, path);
  if (!parsed) {
    std::ostringstream where;
    where << parsed.error().source().begin;
    return fail(ErrorCode::kInvalidArgument,
                path + ": " + std::string(parsed.error().description()) + " (at " + where.str() + ")");
  }
  Settings out;
  out.data = absolute(options.data, std::filesystem::current_path().string());
  Reader in(parsed.table(), path);
  in.check_keys(parsed.table(), "", kSections);

  const toml::table* region = in.section("region", kRegionKeys);
  in.text(region, "name", out.region);
  in.text(region, "domain", out.domain);
  read_zones(in, out);
  check_placement(in, out);

  const toml::table* hsm = in.section("hsm", kHsmKeys);
  in.text(hsm, "module", out.hsm_module);
  in.text(hsm, "pin_file", out.pin_file);
  if (hsm != nullptr && hsm->contains("slot")) {
    in.refuse("hsm.slot is not supported by this version: the token is found by its label, freehold-REGION");
  }
  out.pin_file = absolute(out.pin_file.empty() ? "pin" : out.pin_file, out.data);
  read_copy(in, out);
  read_directory(in, out);
  read_attestation(in, out);

  const toml::table* insights = in.section("insights", kInsightsKeys);
  in.number(insights, "delivery_seconds", 1, 3'600, out.delivery_seconds);

  const toml::table* of_vaults = in.section("vault", kVaultKeys);
  in.number(of_vaults, "transactions", 0, kMostTransactions, out.vault_limits.transactions);
  in.number(of_vaults, "hsm_transactions", 0, kMostTransactions, out.vault_limits.hsm_transactions);
  in.number(of_vaults, "key_creations", 0, kMostTransactions, out.vault_limits.key_creations);
  in.number(of_vaults, "hsm_key_creations", 0, kMostTransactions, out.vault_limits.hsm_key_creations);

  const toml::table* limits = in.section("limits", kLimitKeys);
  in.number(limits, "connections", 16, 1'000'000, out.max_connections);
  in.number(limits, "running_requests", 16, 1'000'000, out.max_running_requests);

  apply_command_line(options, out);
  if (!is_host_name(out.region)) in.refuse("region.name must be lower-case letters, digits and hyphens");
  if (!is_host_name(out.domain)) in.refuse("region.domain must be a host name in lower case");
  if (in.error()) return fail(ErrorCode::kInvalidArgument, *in.error());
  return out;
}

Result<Settings> load_settings(const UpOptions& options) {
  const std::string path =
      options.config.empty()
          ? absolute("freehold.toml", absolute(options.data, std::filesystem::current_path().string()))
          : options.config;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    if (!options.config.empty()) return fail(ErrorCode::kInvalidArgument, path + ": can't be read");
    return parse_settings(default_settings_text(options), path, options);
  }
  std::ostringstream text;
  text << in.rdbuf();
  return parse_settings(text.str(), path, options);
}

std::string default_settings_text(const UpOptions& options) {
  const Settings defaults;
  std::string out =
      R"(# Freehold's settings. A line that begins with # shows a default; the command line overrides this file.

[region]
# The region's name and the domain its hosts live under (ACCOUNT.blob.core.DOMAIN). Certificates carry the domain.
)";
  out += "name = \"" + options.region.value_or(defaults.region) + "\"\n";
  out += "domain = \"" + options.domain.value_or(defaults.domain) + "\"\n";
  out += R"toml(
# Where data lies. One zone with three fault domains keeps every account three times in one zone (LRS). For ZRS give
# three [[zone]] with one fault domain each. Put each fault domain on a disk of its own. Relative to the data directory.
# [[zone]]
# name = "1"
# fault_domains = ["fd0", "fd1", "fd2"]

[hsm]
# The PKCS#11 module that holds the region root key; empty means SoftHSM2, which proves the protocol and resists no
# tampering. The PIN's file: whoever has it and the token can read everything.
# module = ""
# pin_file = "pin"

[copy]
# Hosts outside this cloud from which copies may read, by https and with a verified certificate: "files.example",
# "*.blob.example", with a port behind it if it isn't 443. Names that lead to inner addresses are refused unless the
# addresses stand here too: "10.1.2.3", "10.1.0.0/16". ca_file: whose certificates are believed instead of the system's.
# allowed_sources = []
# ca_file = ""

[directory]
# Whether clients may send user names and passwords to the token endpoint (az login -u -p). People with a second factor
# can't sign in that way in any case.
# password_grant = true

# An LDAP directory (OpenLDAP, Active Directory) from which users and groups are read, every so many minutes; who signs
# in is asked for the password there. ldaps://, or ldap:// with StartTLS. bind_dn needs to read users and groups and
# nothing more. For Active Directory: id_attribute = "objectGUID", name_attribute = "userPrincipalName".
# [directory.ldap]
# url = "ldaps://ldap.example"
# ca_file = ""
# bind_dn = "cn=freehold,dc=example"
# password_file = "ldap-password"
# users = "ou=people,dc=example"
# users_filter = "(objectClass=person)"
# groups = "ou=groups,dc=example"
# id_attribute = "entryUUID"
# name_attribute = "uid"
# minutes = 10

# Attestation services on whose word keys of vaults are released: the issuer as its tokens and release policies name it,
# and a file with the keys that it signs by (a JWK set), read at each start. No other is believed; nothing is fetched.
# [[attestation.issuers]]
# url = "https://attest.example"
# jwks_file = "attest.jwks.json"

[insights]
# Seconds between two deliveries of the logs for which there are diagnostic settings.
# delivery_seconds = 30

[vault]
# How many transactions a vault or a Managed HSM pool has in ten seconds: of any kind, uses of keys in the HSM, keys that
# are made in software and in the HSM. More are told to come back later (429). 0: any number.
# transactions = 200000
# hsm_transactions = 20000
# key_creations = 1000
# hsm_key_creations = 100

[limits]
# Connections open at once, and requests running at once; load beyond them is told to come back later (503).
# connections = 16384
# running_requests = 4096
)toml";
  return out;
}

}  // namespace freehold::app

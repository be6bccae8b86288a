// DirectoryService: the directory and its sign-in, as app/ wires it. Keeps: H1, R4.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "authn/identity.h"
#include "directory/directory_store.h"
#include "directory/ldap_source.h"
#include "pipeline/pipeline.h"
#include "resource/registry.h"
#include "runtime/pool.h"

namespace freehold::directory {

// All borrowed things outlive the service.
struct DirectoryServiceOptions {
  keys::SealedStore store;
  keys::ErasureTree& erasure;  // what an erasure of a person destroys
  const Clock& clock;
  runtime::Pool& pool;  // signs tokens
  std::string domain;   // sign-in is at login.<domain>
  // Accounts have hosts ACCOUNT.<suffix>: tokens may be asked for by these.
  std::vector<std::string> blob_suffixes;
  bool password_grant = true;           // user names and passwords at the token endpoint
  std::optional<LdapSource> ldap = {};  // where users and groups are read from, besides those made here
  Secret ldap_password = {};            // of its reader
  // Makes or finds a tenant's key, before anything of an external directory is sealed.
  std::function<Task<Result<>>(TenantId)> prepare_tenant = {};
};

// Owned by app/. open() once before gate() and authority() are used; the rest thread-safe.
class DirectoryService {
 public:
  explicit DirectoryService(DirectoryServiceOptions options);
  ~DirectoryService();
  DirectoryService(const DirectoryService&) = delete;
  DirectoryService& operator=(const DirectoryService&) = delete;

  // Loads or makes the token signing key, then the tenant's directory and the external ones that it made. Blocks for
  // tenths of a second where it makes a key. kCorrupt, kUnavailable, kDenied, kUnsupported as what it reads.
  [[nodiscard]] Task<Result<>> open(TenantId tenant, FirstAdministrator administrator);
  // Microsoft.AzureActiveDirectory/b2cDirectories: external directories.
  void add_resource_types(gate::resource::Registry& registry);

  // From now on, until close_and_wait(), looks every hour after what is due, and reads the LDAP source again and again.
  void start(boost::asio::io_context& loop, gate::Pipeline& door);
  void close_and_wait();  // never from a loop's own thread
  // What start() does each hour: rolls signing keys, purges what was deleted 30 days ago, forgets sessions.
  [[nodiscard]] Task<Result<>> look_after();
  // What start() does each time the source's interval is over; of a service with an LDAP source.
  [[nodiscard]] Task<Result<>> synchronise(gate::Pipeline& door);

  [[nodiscard]] DirectoryStore& store();
  [[nodiscard]] const gate::TokenAuthority& authority() const;
  [[nodiscard]] gate::ServiceGate& gate();   // sign-in, at login.<domain>
  [[nodiscard]] gate::ServiceGate& graph();  // Graph, at graph.<domain>

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace freehold::directory

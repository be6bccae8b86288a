// BlobGate: what the Blob service puts at the gate: hosts, versions, how errors look, and its rows.
#pragma once

#include <string>
#include <vector>

#include "pipeline/pipeline.h"
#include "src/api_versions.h"
#include "src/container_directory.h"
#include "src/operation.h"

namespace freehold::blob {

class BlobGate final : public gate::ServiceGate {
 public:
  BlobGate(BlobParts& parts, std::vector<std::string> host_suffixes);
  [[nodiscard]] bool claims(const http::Request& request, gate::Target& target) const override;
  [[nodiscard]] gate::ApiResult<int> check_version(const http::Request& request) const override;
  [[nodiscard]] http::Response render(const gate::ApiError& error, const http::Request& request) const override;
  [[nodiscard]] gate::ApiError no_such_route(const http::Request& request, gate::Scope scope) const override;
  void finish(http::Response& response, const http::Request& request, const gate::Admission& admission) const override;
  [[nodiscard]] gate::ContainerDirectory* containers() const override { return &containers_; }

 private:
  // What the owner of the account that this request points to has set; null if there is no such account.
  [[nodiscard]] std::shared_ptr<const ServiceProperties> properties_of(std::string_view account) const;

  // Is it the verb alone that keeps the request from being one of ours?
  [[nodiscard]] bool has_route_of_another_verb(const http::Request& request, gate::Scope scope) const;

  std::vector<std::string> host_suffixes_;
  gate::RouteTable routes_;
  const AccountStore& accounts_;
  const ServicePropertiesStore& properties_;
  mutable BlobContainerDirectory containers_;  // thread-safe, and asked through a gate that is const once it serves
};

// Every operation of the service, those that answer 501 included (routes.cpp).
void add_routes(gate::ServiceGate& gate, BlobParts& parts);

}  // namespace freehold::blob

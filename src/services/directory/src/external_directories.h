// ExternalDirectories: directories for people from outside, made and taken away as a whole. Keeps: R4, I1.
#pragma once

#include <functional>

#include "directory/directory_store.h"
#include "runtime/turn.h"
#include "src/session_store.h"

namespace freehold::directory {

// Makes a tenant's key, or finds it, before anything of the tenant is sealed.
using PrepareTenant = std::function<Task<Result<>>(TenantId tenant)>;

// Owned by DirectoryService; what it borrows outlives it. Thread-safe. The row in the directory of the tenant that made
// one is what says that it is there: it is written first and deleted last.
class ExternalDirectories {
 public:
  ExternalDirectories(DirectoryStore& store, SessionStore& sessions, Random& random, PrepareTenant prepare)
      : store_(store), sessions_(sessions), random_(random), prepare_(std::move(prepare)) {}

  // All that a tenant has made; the tenant is open. What a crash interrupted is finished.
  [[nodiscard]] Task<Result<>> open(TenantId home);

  [[nodiscard]] std::vector<std::shared_ptr<const ExternalDirectory>> of(TenantId home) const;
  // By its domain, whoever made it; null: none.
  [[nodiscard]] std::shared_ptr<const ExternalDirectory> find(std::string_view domain) const;

  // `wanted` has no tenant yet. kConflict: the domain is taken; kExhausted: the tenant has as many as it may have;
  // kInvalidArgument: who makes it has no account of their own there.
  [[nodiscard]] Task<Result<std::shared_ptr<const ExternalDirectory>>> make(ExternalDirectory wanted);
  // Its tags and sku.
  [[nodiscard]] Task<Result<>> change(ExternalDirectory changed);
  // kConflict: somebody but its administrators is in it, or an application.
  [[nodiscard]] Task<Result<>> remove(std::shared_ptr<const ExternalDirectory> external);

 private:
  [[nodiscard]] Task<Result<>> open_one(std::shared_ptr<const ExternalDirectory> external);
  DirectoryStore& store_;
  SessionStore& sessions_;
  Random& random_;
  const PrepareTenant prepare_;
  runtime::Turn turn_;  // whoever makes, changes or removes: each is several commits
};

}  // namespace freehold::directory

// CertificateKeeper: gives the server its certificate and renews it in time, without a restart (DESIGN section 11).
#pragma once

#include <functional>
#include <string>

#include "http/server.h"
#include "region_identity.h"
#include "runtime/loops.h"
#include "runtime/pool.h"
#include "runtime/task_scope.h"

namespace freehold::app {

// Owned by Region. install() and close() from its thread; the renewal runs on a loop and issues on the pool.
class CertificateKeeper {
 public:
  // Loads the certificate that is due to serve now, or issues one. Called on a pool thread or at start-up: it blocks.
  using Source = std::function<Result<crypto::CertificateAndKey>()>;

  CertificateKeeper(Source source, http::Server& server, runtime::Pool& pool)
      : source_(std::move(source)), server_(server), pool_(pool) {}
  [[nodiscard]] Result<> install();
  void keep(runtime::Loops& loops);  // looks every hour whether a renewal is due
  void close() { scope_.close_and_wait(); }

 private:
  [[nodiscard]] runtime::Task<> renew_for_ever();

  Source source_;
  http::Server& server_;
  runtime::Pool& pool_;
  std::string installed_;  // the certificate that serves, PEM
  runtime::TaskScope scope_;
};

}  // namespace freehold::app

#include "certificates.h"

#include "base/log.h"

namespace freehold::app {

Result<> CertificateKeeper::install() {
  FH_TRY(crypto::CertificateAndKey current, source_());
  if (current.certificate_pem == installed_) return {};
  installed_ = current.certificate_pem;
  return server_.set_tls_identity({std::move(current.certificate_pem), std::move(current.private_key_pem)});
}

void CertificateKeeper::keep(runtime::Loops& loops) { scope_.spawn(loops.context(0), renew_for_ever()); }

runtime::Task<> CertificateKeeper::renew_for_ever() {
  while (co_await scope_.sleep(std::chrono::hours(1))) {
    const Result<> renewed = co_await pool_.run(0, [this] { return install(); });
    if (!renewed) {
      log_error("the server certificate could not be renewed; the old one still serves",
                {{"error", renewed.error().message}});
    }
  }
}

}  // namespace freehold::app

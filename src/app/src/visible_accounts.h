// VisibleAccounts: what of the account store the gate may see. The emulator's account has a key that everybody knows;
// it is served only by a process that was started with --emulator, whatever the store remembers.
#pragma once

#include "authn/account.h"

namespace freehold::app {

class VisibleAccounts final : public gate::AccountDirectory {
 public:
  VisibleAccounts(const gate::AccountDirectory& all, bool emulator) : all_(all), emulator_(emulator) {}
  [[nodiscard]] std::shared_ptr<const gate::StorageAccount> find(std::string_view name) const override {
    auto account = all_.find(name);
    return account && account->emulator && !emulator_ ? nullptr : account;
  }

 private:
  const gate::AccountDirectory& all_;
  const bool emulator_;
};

}  // namespace freehold::app

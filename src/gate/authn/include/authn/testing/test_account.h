// A storage account for tests, with keys that nobody else has.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "authn/account.h"
#include "base/encoding.h"

namespace freehold::gate::testing {

inline std::shared_ptr<const StorageAccount> make_account(std::string_view name, BytesView key1, BytesView key2 = {},
                                                          bool secure_transfer_required = true) {
  auto account = std::make_shared<StorageAccount>();
  account->id.bytes.fill(0xac);
  account->tenant.bytes.fill(0x7e);
  account->name = name;
  account->keys = {Secret(key1), Secret(key2)};
  account->delegation_secret = Secret(BytesView("the delegation secret of a test"));
  account->secure_transfer_required = secure_transfer_required;
  return account;
}

}  // namespace freehold::gate::testing

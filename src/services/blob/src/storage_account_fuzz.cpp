// Any JSON that is taken as a storage account can be shown, and what is shown is taken again as the same account.
#include <cstdint>

#include "base/check.h"
#include "src/storage_account_rules.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freehold;
  const auto body = blob::Json::parse(data, data + size, nullptr, /*allow_exceptions=*/false);
  if (body.is_discarded()) return 0;
  const blob::AccountPlace place{.location = "local",
                                 .skus = {"Standard_LRS"},
                                 .endpoint_suffix = "blob.core.freehold.test",
                                 .vault_suffix = "vault.test",
                                 .pool_suffix = "managedhsm.test"};
  static_cast<void>(blob::read_custody(body, place));
  const auto settings = blob::read_account({}, body, place, blob::Asked::kCreate);
  if (!settings) return 0;
  auto account = std::make_shared<gate::StorageAccount>();
  account->name = "acct1";
  const blob::AccountRecord record{.account = account, .settings = *settings};
  const auto shown = blob::show_account(record, place, ":8443");
  const auto again = blob::read_account(*settings, shown, place, blob::Asked::kUpdate);
  FH_CHECK(again.has_value());
  const blob::AccountRecord same{.account = account, .settings = *again};
  FH_CHECK(blob::show_account(same, place, ":8443") == shown);
  return 0;
}

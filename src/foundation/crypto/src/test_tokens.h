// Tokens of keys for tests, and faults between us and the module.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/testing/temporary_directory.h"
#include "crypto/hsm.h"
#include "crypto/token_keys.h"
#include "runtime/task_scope.h"
#include "src/pkcs11_module.h"

namespace freehold::crypto {

// Between KeySession and SoftHSM2: lets some calls fail, be slow or lie. One at a time in a process.
class Faults {
 public:
  Faults();
  ~Faults();
  Faults(const Faults&) = delete;
  Faults& operator=(const Faults&) = delete;

  static inline std::atomic<CK_RV> code = CKR_OK;       // what calls fail with; CKR_OK: they don't
  static inline std::atomic<unsigned> every = 1;        // only each so many
  static inline std::atomic<unsigned> count = 0;        // calls so far
  static inline std::atomic<bool> refuses_pin = false;  // logins
  static inline std::atomic<unsigned> logins = 0;       // so far
  static inline std::atomic<bool> lies = false;         // signatures and decryptions have a wrong bit
  static inline std::atomic<unsigned> delay_ms = 0;     // of each call
  static void heal();
};

class TokenKeysTest : public ::testing::Test {
 protected:
  void open(std::vector<std::string> copies = {});
  void close() {
    keys_.reset();
    hsm_.reset();
  }
  [[nodiscard]] Result<std::unique_ptr<TokenKeys>> keys(const std::string& label, BytesView pin, bool create,
                                                        Secret given = {});
  [[nodiscard]] static TokenKeyPlace place(BytesView context = "here") {
    return {.context = Bytes(context), .owner = "owner"};
  }
  [[nodiscard]] TokenKeyUse use(const TokenKey& key, BytesView context = "here") const {
    return {.key = key, .place = place(context), .forgets = keys_->forgets()};
  }
  [[nodiscard]] static const JoseAlgorithm& algorithm(std::string_view name) { return *find_algorithm(name); }
  [[nodiscard]] TokenKey make(TokenKeySpec spec);

  TemporaryDirectory temporary_;
  std::unique_ptr<Hsm> hsm_;
  std::unique_ptr<TokenKeys> keys_;
};

}  // namespace freehold::crypto

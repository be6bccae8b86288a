// Pkcs11Module: a PKCS#11 library, loaded and initialised. Private to this module.
#pragma once

#include <p11-kit/pkcs11.h>

#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

namespace freehold::crypto {

// One at a time for each library: C_Initialize belongs to the whole process, and SoftHSM2 reads its directory only
// then. Made and destroyed by start-up code (it sets an environment variable); calls through it are safe from any
// thread. The library is finalised by the destructor and stays mapped: unloading one that has run threads isn't safe.
class Pkcs11Module {
 public:
  // `path` empty: SoftHSM2 of the system. `softhsm_configuration` empty: as the environment says. kUnavailable: no
  // such library; kConflict: already open in this process.
  [[nodiscard]] static Result<std::unique_ptr<Pkcs11Module>> load(const std::string& path,
                                                                  const std::string& softhsm_configuration);
  ~Pkcs11Module();
  Pkcs11Module(const Pkcs11Module&) = delete;
  Pkcs11Module& operator=(const Pkcs11Module&) = delete;

  [[nodiscard]] CK_FUNCTION_LIST* operator->() const { return functions_; }
  // To be held by calls that name a slot (C_GetSlotList, C_InitToken, C_OpenSession...): SoftHSM2 adds slots to a table
  // that it doesn't lock.
  [[nodiscard]] std::mutex& slots_mutex() { return slots_mutex_; }

  // What modules loaded from then on call instead of the library: faults. Null: the library again.
  using Interceptor = CK_FUNCTION_LIST* (*)(CK_FUNCTION_LIST* library);
  static void intercept_for_tests(Interceptor interceptor);

 private:
  explicit Pkcs11Module(CK_FUNCTION_LIST* library, CK_FUNCTION_LIST* functions)
      : library_(library), functions_(functions) {}
  CK_FUNCTION_LIST* library_;
  CK_FUNCTION_LIST* functions_;
  std::mutex slots_mutex_;
};

// kDenied (PIN), kUnavailable (token, session or login gone: opening a new session may help), kExhausted (its memory),
// kCorrupt (what was to be decrypted), kInternal; the detail names call and code.
[[nodiscard]] std::unexpected<Error> fail_pkcs11(CK_RV code, std::string_view call);
[[nodiscard]] inline Result<> check_pkcs11(CK_RV code, std::string_view call) {
  if (code != CKR_OK) return fail_pkcs11(code, call);
  return {};
}

// Of a call that fails only if the token does, whatever it was given: kUnavailable then.
[[nodiscard]] inline Result<> check_token(CK_RV code, std::string_view call) {
  if (code == CKR_OK) return {};
  return fail(ErrorCode::kUnavailable, "the HSM token fails", fail_pkcs11(code, call).error().detail);
}

}  // namespace freehold::crypto

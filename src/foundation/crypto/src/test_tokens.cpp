#include "src/test_tokens.h"

#include <poll.h>

#include <chrono>

namespace freehold::crypto {
namespace {

CK_FUNCTION_LIST* real = nullptr;
CK_FUNCTION_LIST faulty;

// Does this call fail, and with what?
CK_RV fault() {
  if (const auto ms = Faults::delay_ms.load(); ms != 0) ::poll(nullptr, 0, static_cast<int>(ms));
  const CK_RV code = Faults::code.load();
  return code != CKR_OK && ++Faults::count % Faults::every.load() == 0 ? code : CKR_OK;
}

#define FH_FAULTY(name, parameters, arguments)                   \
  CK_RV faulty_##name parameters {                               \
    if (const CK_RV code = fault(); code != CKR_OK) return code; \
    return real->name arguments;                                 \
  }
FH_FAULTY(C_OpenSession, (CK_SLOT_ID a, CK_FLAGS b, void* c, CK_NOTIFY d, CK_SESSION_HANDLE* e), (a, b, c, d, e))
FH_FAULTY(C_SignInit, (CK_SESSION_HANDLE a, CK_MECHANISM* b, CK_OBJECT_HANDLE c), (a, b, c))
FH_FAULTY(C_DecryptInit, (CK_SESSION_HANDLE a, CK_MECHANISM* b, CK_OBJECT_HANDLE c), (a, b, c))
FH_FAULTY(C_EncryptInit, (CK_SESSION_HANDLE a, CK_MECHANISM* b, CK_OBJECT_HANDLE c), (a, b, c))
FH_FAULTY(C_Encrypt, (CK_SESSION_HANDLE a, CK_BYTE* b, CK_ULONG c, CK_BYTE* d, CK_ULONG* e), (a, b, c, d, e))
FH_FAULTY(C_WrapKey,
          (CK_SESSION_HANDLE a, CK_MECHANISM* b, CK_OBJECT_HANDLE c, CK_OBJECT_HANDLE d, CK_BYTE* e, CK_ULONG* f),
          (a, b, c, d, e, f))
FH_FAULTY(C_UnwrapKey,
          (CK_SESSION_HANDLE a, CK_MECHANISM* b, CK_OBJECT_HANDLE c, CK_BYTE* d, CK_ULONG e, CK_ATTRIBUTE* f,
           CK_ULONG g, CK_OBJECT_HANDLE* h),
          (a, b, c, d, e, f, g, h))
FH_FAULTY(C_GenerateKeyPair,
          (CK_SESSION_HANDLE a, CK_MECHANISM* b, CK_ATTRIBUTE* c, CK_ULONG d, CK_ATTRIBUTE* e, CK_ULONG f,
           CK_OBJECT_HANDLE* g, CK_OBJECT_HANDLE* h),
          (a, b, c, d, e, f, g, h))
#undef FH_FAULTY

CK_RV lying(CK_RV code, CK_BYTE* out) {
  if (code == CKR_OK && Faults::lies) out[5] ^= 0x10;
  return code;
}
CK_RV faulty_C_Sign(CK_SESSION_HANDLE a, CK_BYTE* b, CK_ULONG c, CK_BYTE* d, CK_ULONG* e) {
  if (const CK_RV code = fault(); code != CKR_OK) return code;
  return lying(real->C_Sign(a, b, c, d, e), d);
}
CK_RV faulty_C_Login(CK_SESSION_HANDLE a, CK_USER_TYPE b, CK_BYTE* c, CK_ULONG d) {
  ++Faults::logins;
  return Faults::refuses_pin ? CKR_PIN_INCORRECT : real->C_Login(a, b, c, d);
}
CK_RV faulty_C_Decrypt(CK_SESSION_HANDLE a, CK_BYTE* b, CK_ULONG c, CK_BYTE* d, CK_ULONG* e) {
  if (const CK_RV code = fault(); code != CKR_OK) return code;
  return lying(real->C_Decrypt(a, b, c, d, e), d);
}

CK_FUNCTION_LIST* intercept(CK_FUNCTION_LIST* library) {
  real = library;
  faulty = *library;
  faulty.C_OpenSession = faulty_C_OpenSession;
  faulty.C_Login = faulty_C_Login;
  faulty.C_SignInit = faulty_C_SignInit;
  faulty.C_Sign = faulty_C_Sign;
  faulty.C_DecryptInit = faulty_C_DecryptInit;
  faulty.C_Decrypt = faulty_C_Decrypt;
  faulty.C_EncryptInit = faulty_C_EncryptInit;
  faulty.C_Encrypt = faulty_C_Encrypt;
  faulty.C_WrapKey = faulty_C_WrapKey;
  faulty.C_UnwrapKey = faulty_C_UnwrapKey;
  faulty.C_GenerateKeyPair = faulty_C_GenerateKeyPair;
  return &faulty;
}

}  // namespace

Faults::Faults() {
  heal();
  Pkcs11Module::intercept_for_tests(&intercept);
}

Faults::~Faults() {
  heal();
  Pkcs11Module::intercept_for_tests(nullptr);
}

void Faults::heal() {
  code = CKR_OK;
  every = 1;
  count = 0;
  refuses_pin = false;
  logins = 0;
  lies = false;
  delay_ms = 0;
}

void TokenKeysTest::open(std::vector<std::string> copies) {
  HsmConfig config;
  config.token_label = "freehold-test";
  config.softhsm_dir = temporary_ / "hsm";
  config.pin = Secret(BytesView("a pin for tests"));
  config.copies = std::move(copies);
  auto hsm = open_hsm(std::move(config), true);
  ASSERT_TRUE(hsm.has_value()) << hsm.error().message << hsm.error().detail;
  hsm_ = std::move(*hsm);
  auto opened = keys("vault-keys", "another pin", true);
  ASSERT_TRUE(opened.has_value()) << opened.error().message << opened.error().detail;
  keys_ = std::move(*opened);
}

Result<std::unique_ptr<TokenKeys>> TokenKeysTest::keys(const std::string& label, BytesView pin, bool create,
                                                       Secret given) {
  TokenKeysConfig config;
  config.label = label;
  config.pin = Secret(pin);
  config.given = std::move(given);
  config.deadline = std::chrono::milliseconds(3'000);
  return hsm_->open_keys(std::move(config), create);
}

TokenKey TokenKeysTest::make(TokenKeySpec spec) {
  auto key = runtime::run_blocking(keys_->make(spec, place()));
  EXPECT_TRUE(key.has_value()) << key.error().message << key.error().detail;
  return key ? std::move(*key) : TokenKey{};
}

}  // namespace freehold::crypto

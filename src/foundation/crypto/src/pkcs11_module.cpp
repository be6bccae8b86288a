#include "src/pkcs11_module.h"

#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <mutex>
#include <vector>

namespace freehold::crypto {
namespace {

constexpr const char* kSofthsmPaths[] = {"/usr/lib/softhsm/libsofthsm2.so",
                                         "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
                                         "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"};

// Libraries initialised by this process. Process-wide because C_Initialize is.
struct OpenLibraries {
  std::mutex mutex;
  std::vector<CK_FUNCTION_LIST*> lists;

  [[nodiscard]] bool take(CK_FUNCTION_LIST* list) {
    const std::lock_guard lock(mutex);
    if (std::ranges::find(lists, list) != lists.end()) return false;
    lists.push_back(list);
    return true;
  }
  void release(CK_FUNCTION_LIST* list) {
    const std::lock_guard lock(mutex);
    std::erase(lists, list);
  }
};

OpenLibraries& open_libraries() {
  static OpenLibraries* const libraries = new OpenLibraries;  // outlives every static destructor
  return *libraries;
}

Pkcs11Module::Interceptor interceptor = nullptr;  // of tests

Result<void*> open_library(const std::string& path) {
  std::string reasons;
  const auto attempt = [&reasons](const char* name) {
    void* handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (handle == nullptr) {
      if (const char* reason = ::dlerror()) reasons.append(reason).append("; ");
    }
    return handle;
  };
  if (!path.empty()) {
    if (void* handle = attempt(path.c_str())) return handle;
    return fail(ErrorCode::kUnavailable, "the PKCS#11 module " + path + " can't be loaded", reasons);
  }
  for (const char* known : kSofthsmPaths) {
    if (void* handle = attempt(known)) return handle;
  }
  return fail(ErrorCode::kUnavailable,
              "SoftHSM2 is not installed (apt install softhsm2), and [hsm] module names no other", reasons);
}

Result<CK_FUNCTION_LIST*> function_list(void* library) {
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  CK_FUNCTION_LIST* list = nullptr;
  if (get == nullptr || get(&list) != CKR_OK || list == nullptr) {
    return fail(ErrorCode::kUnavailable, "the library is no PKCS#11 module: it has no C_GetFunctionList");
  }
  return list;
}

ErrorCode code_of(CK_RV code) {
  switch (code) {
    case CKR_PIN_INCORRECT:
    case CKR_PIN_INVALID:
    case CKR_PIN_LEN_RANGE:
    case CKR_PIN_EXPIRED:
    case CKR_PIN_LOCKED:
      return ErrorCode::kDenied;
    case CKR_DEVICE_ERROR:
    case CKR_DEVICE_REMOVED:
    case CKR_TOKEN_NOT_PRESENT:
    case CKR_TOKEN_NOT_RECOGNIZED:
    case CKR_SLOT_ID_INVALID:
    case CKR_SESSION_CLOSED:
    case CKR_SESSION_HANDLE_INVALID:
    case CKR_KEY_HANDLE_INVALID:
    case CKR_OBJECT_HANDLE_INVALID:
    case CKR_USER_NOT_LOGGED_IN:
    case CKR_CRYPTOKI_NOT_INITIALIZED:
      return ErrorCode::kUnavailable;
    case CKR_HOST_MEMORY:
    case CKR_DEVICE_MEMORY:
    case CKR_SESSION_COUNT:
      return ErrorCode::kExhausted;
    case CKR_ENCRYPTED_DATA_INVALID:
    case CKR_ENCRYPTED_DATA_LEN_RANGE:
      return ErrorCode::kCorrupt;
    default:
      return ErrorCode::kInternal;
  }
}

std::string in_hex(CK_RV code) {
  std::array<char, 2 * sizeof code> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), code, 16).ptr;
  return {digits.data(), end};
}

std::string message_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kDenied:
      return "the HSM token refuses the PIN";
    case ErrorCode::kUnavailable:
      return "the HSM token is gone";
    case ErrorCode::kExhausted:
      return "the HSM token is out of memory or sessions";
    case ErrorCode::kCorrupt:
      return "the wrapped key is damaged, or was wrapped elsewhere";
    default:
      return "the HSM token failed";
  }
}

}  // namespace

std::unexpected<Error> fail_pkcs11(CK_RV code, std::string_view call) {
  const ErrorCode kind = code_of(code);
  return fail(kind, message_of(kind), std::string(call) + ": CKR 0x" + in_hex(code));
}

Result<std::unique_ptr<Pkcs11Module>> Pkcs11Module::load(const std::string& path,
                                                         const std::string& softhsm_configuration) {
  FH_TRY(void* const library, open_library(path));
  FH_TRY(CK_FUNCTION_LIST* const functions, function_list(library));
  if (!open_libraries().take(functions)) {
    return fail(ErrorCode::kConflict, "this process has the PKCS#11 module open already");
  }
  if (!softhsm_configuration.empty()) ::setenv("SOFTHSM2_CONF", softhsm_configuration.c_str(), 1);
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  const CK_RV code = functions->C_Initialize(&arguments);
  if (code != CKR_OK) {
    open_libraries().release(functions);
    return fail_pkcs11(code, "C_Initialize");
  }
  CK_FUNCTION_LIST* const called = interceptor == nullptr ? functions : interceptor(functions);
  return std::unique_ptr<Pkcs11Module>(new Pkcs11Module(functions, called));
}

void Pkcs11Module::intercept_for_tests(Interceptor with) { interceptor = with; }

Pkcs11Module::~Pkcs11Module() {
  library_->C_Finalize(nullptr);
  open_libraries().release(library_);
}

}  // namespace freehold::crypto

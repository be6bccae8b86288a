// fh_token: what a PKCS#11 module does by itself with keys like those of a premium vault: sessions on as many threads
// as asked for, each using a key again and again. Prints one JSON object: uses a second of processor time.
//   fh_token --module PATH --pin PIN --seconds S --threads N      of the first token that is set up
// Source: PKCS#11 v2.40 (p11-kit's header).

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace freehold::bench {
namespace {

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "fh_token: %s\n", what.c_str());
  std::exit(64);
}

void check(CK_RV result, const char* what) {
  if (result != CKR_OK) die(std::string(what) + ": " + std::to_string(result));
}

struct Options {
  std::string module;
  std::string pin;
  double seconds = 1;
  unsigned threads = 1;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* const value = argv[i + 1];
    if (name == "--module") {
      options.module = value;
    } else if (name == "--pin") {
      options.pin = value;
    } else if (name == "--seconds") {
      options.seconds = std::atof(value);
    } else if (name == "--threads") {
      options.threads = static_cast<unsigned>(std::atoi(value));
    } else {
      die("no such option: " + std::string(name));
    }
  }
  if (options.module.empty() || options.seconds <= 0 || options.threads < 1 || options.threads > 64) {
    die("--module, seconds above 0, and 1 to 64 threads");
  }
  return options;
}

CK_FUNCTION_LIST* load(const std::string& path) {
  void* const library = ::dlopen(path.c_str(), RTLD_NOW);
  if (library == nullptr) die(::dlerror());
  const auto get = reinterpret_cast<CK_C_GetFunctionList>(::dlsym(library, "C_GetFunctionList"));
  if (get == nullptr) die("not a PKCS#11 module");
  CK_FUNCTION_LIST* functions = nullptr;
  check(get(&functions), "C_GetFunctionList");
  CK_C_INITIALIZE_ARGS arguments{};
  arguments.flags = CKF_OS_LOCKING_OK;
  check(functions->C_Initialize(&arguments), "C_Initialize");
  return functions;
}

class Token {
 public:
  explicit Token(const Options& options) : p11_(*load(options.module)) {
    std::array<CK_SLOT_ID, 64> slots{};
    CK_ULONG count = slots.size();
    check(p11_.C_GetSlotList(CK_TRUE, slots.data(), &count), "C_GetSlotList");
    for (CK_ULONG i = 0; i < count && !found_; ++i) {
      CK_TOKEN_INFO info{};
      found_ = p11_.C_GetTokenInfo(slots[i], &info) == CKR_OK && (info.flags & CKF_TOKEN_INITIALIZED) != 0;
      slot_ = slots[i];
    }
    if (!found_) die("no token is set up");
    session_ = open();
    std::string pin = options.pin;
    check(p11_.C_Login(session_, CKU_USER, reinterpret_cast<CK_UTF8CHAR*>(pin.data()), pin.size()), "C_Login");
  }

  [[nodiscard]] CK_SESSION_HANDLE open() const {
    CK_SESSION_HANDLE session = 0;
    check(p11_.C_OpenSession(slot_, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr, nullptr, &session), "C_OpenSession");
    return session;
  }

  // The private half; session objects, as a vault's keys are where they are used.
  [[nodiscard]] CK_OBJECT_HANDLE make_rsa() const {
    CK_ULONG bits = 2'048;
    std::array<unsigned char, 3> exponent{1, 0, 1};
    return make(CKM_RSA_PKCS_KEY_PAIR_GEN,
                {{CKA_MODULUS_BITS, &bits, sizeof bits}, {CKA_PUBLIC_EXPONENT, exponent.data(), exponent.size()}});
  }
  [[nodiscard]] CK_OBJECT_HANDLE make_ec() const {
    std::array<unsigned char, 10> p256{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    return make(CKM_EC_KEY_PAIR_GEN, {{CKA_EC_PARAMS, p256.data(), p256.size()}});
  }

  void sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, CK_MECHANISM_TYPE type, std::string& digest) const {
    CK_MECHANISM mechanism{type, nullptr, 0};
    std::array<unsigned char, 256> out{};
    CK_ULONG size = out.size();
    check(p11_.C_SignInit(session, &mechanism, key), "C_SignInit");
    check(p11_.C_Sign(session, reinterpret_cast<CK_BYTE*>(digest.data()), digest.size(), out.data(), &size), "C_Sign");
  }
  void decrypt(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, std::string& text) const {
    CK_MECHANISM mechanism{CKM_RSA_X_509, nullptr, 0};
    std::array<unsigned char, 256> out{};
    CK_ULONG size = out.size();
    check(p11_.C_DecryptInit(session, &mechanism, key), "C_DecryptInit");
    check(p11_.C_Decrypt(session, reinterpret_cast<CK_BYTE*>(text.data()), text.size(), out.data(), &size),
          "C_Decrypt");
  }

 private:
  [[nodiscard]] CK_OBJECT_HANDLE make(CK_MECHANISM_TYPE type, std::vector<CK_ATTRIBUTE> open_half) const {
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    open_half.push_back({CKA_TOKEN, &no, sizeof no});
    std::array<CK_ATTRIBUTE, 5> hidden_half{{{CKA_TOKEN, &no, sizeof no},
                                             {CKA_PRIVATE, &yes, sizeof yes},
                                             {CKA_SENSITIVE, &yes, sizeof yes},
                                             {CKA_SIGN, &yes, sizeof yes},
                                             {CKA_DECRYPT, &yes, sizeof yes}}};
    const CK_ULONG hidden_count = type == CKM_EC_KEY_PAIR_GEN ? 4 : 5;  // a curve's key decrypts nothing
    CK_MECHANISM mechanism{type, nullptr, 0};
    CK_OBJECT_HANDLE open_key = 0, hidden_key = 0;
    check(p11_.C_GenerateKeyPair(session_, &mechanism, open_half.data(), open_half.size(), hidden_half.data(),
                                 hidden_count, &open_key, &hidden_key),
          "C_GenerateKeyPair");
    return hidden_key;
  }

  CK_FUNCTION_LIST& p11_;
  CK_SLOT_ID slot_ = 0;
  bool found_ = false;
  CK_SESSION_HANDLE session_ = 0;
};

double processor_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Uses a second of processor time.
double rate(const Token& token, const Options& options, const std::function<void(CK_SESSION_HANDLE)>& use) {
  std::atomic<std::uint64_t> uses = 0;
  const double before = processor_seconds();
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration<double>(options.seconds);
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < options.threads; ++i) {
    threads.emplace_back([&] {
      const auto session = token.open();
      std::uint64_t mine = 0;
      for (; std::chrono::steady_clock::now() < end; ++mine) use(session);
      uses += mine;
    });
  }
  threads.clear();
  return static_cast<double>(uses) / (processor_seconds() - before);
}

int run(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const Token token(options);
  const auto rsa = token.make_rsa();
  const auto ec = token.make_ec();
  // DigestInfo of SHA-256 (RFC 8017 section 9.2, note 1) with a digest of zeros.
  const std::string info("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20", 19);
  const double rsa_signs = rate(token, options, [&](CK_SESSION_HANDLE session) {
    std::string value = info + std::string(32, '\0');
    token.sign(session, rsa, CKM_RSA_PKCS, value);
  });
  const double ec_signs = rate(token, options, [&](CK_SESSION_HANDLE session) {
    std::string value(32, '\1');
    token.sign(session, ec, CKM_ECDSA, value);
  });
  const double rsa_decrypts = rate(token, options, [&](CK_SESSION_HANDLE session) {
    std::string value(256, '\1');
    token.decrypt(session, rsa, value);
  });
  std::printf("{\"rsa_signs\": %.1f, \"ec_signs\": %.1f, \"rsa_decrypts\": %.1f}\n", rsa_signs, ec_signs, rsa_decrypts);
  return 0;
}

}  // namespace
}  // namespace freehold::bench

int main(int argc, char** argv) { return freehold::bench::run(argc, argv); }

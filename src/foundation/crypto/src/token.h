// Token: one PKCS#11 token, logged in, with its region root key. Private to this module.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/secret.h"
#include "crypto/hsm.h"
#include "src/pkcs11_module.h"
#include "src/token_slot.h"

namespace freehold::crypto {

// Owned by TokenHsm, or by start-up code. Blocking; wrap and unwrap from any thread, each call on a session of its own.
// A lost session (token pulled and put back, daemon restarted) is opened anew once; then kUnavailable.
class Token {
 public:
  struct Credentials {
    std::string module_path;
    std::string softhsm_configuration;
    std::string label;
    Secret pin;
  };
  enum class MissingKey { kFail, kMake };

  // kNotFound: no token of that label; kConflict: module open already; kUnavailable: no such module; kDenied: PIN;
  // kCorrupt: no usable root key.
  [[nodiscard]] static Result<std::unique_ptr<Token>> open(Credentials credentials, MissingKey missing);
  // Initialises a free slot as a token of that label, with its PIN and root key, and opens it. kExhausted: no free
  // slot.
  [[nodiscard]] static Result<std::unique_ptr<Token>> create(Credentials credentials);
  ~Token();
  Token(const Token&) = delete;
  Token& operator=(const Token&) = delete;

  [[nodiscard]] const std::shared_ptr<Pkcs11Module>& module() const { return module_; }

  // Under the region root key, or under another one (kNotFound: there is none such).
  [[nodiscard]] Result<Bytes> wrap(const Secret& key, const Bytes& context,
                                   std::optional<ErasureKeyId> under = std::nullopt);
  [[nodiscard]] Result<Secret> unwrap(const Bytes& wrapped, const Bytes& context,
                                      std::optional<ErasureKeyId> under = std::nullopt);
  // kExhausted: there are as many as there may be.
  [[nodiscard]] Result<> make_erasure_key(ErasureKeyId id);
  [[nodiscard]] Result<> destroy_erasure_key(ErasureKeyId id);  // one that isn't there is no error
  [[nodiscard]] Result<std::vector<ErasureKeyId>> erasure_keys();

 private:
  struct Session {
    CK_SESSION_HANDLE handle = CK_INVALID_HANDLE;
    CK_OBJECT_HANDLE root_key = CK_INVALID_HANDLE;
  };
  Token(const Credentials& credentials, std::shared_ptr<Pkcs11Module> module)
      : module_(std::move(module)), slot_(*module_, credentials.label, credentials.pin.clone()) {}

  // kNotFound: there is none.
  [[nodiscard]] Result<CK_OBJECT_HANDLE> find_root_key(CK_SESSION_HANDLE session);
  [[nodiscard]] Result<> check_root_key(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key);
  [[nodiscard]] Result<> make_wrapping_key(BytesView label, BytesView id);
  [[nodiscard]] Result<CK_OBJECT_HANDLE> find_erasure_key(CK_SESSION_HANDLE session, ErasureKeyId id);
  // By label, and by id unless that is empty.
  [[nodiscard]] Result<std::vector<CK_OBJECT_HANDLE>> find_keys(CK_SESSION_HANDLE session, BytesView label,
                                                                BytesView id, std::size_t limit);
  [[nodiscard]] Result<CK_OBJECT_HANDLE> wrapping_key(Session session, std::optional<ErasureKeyId> under);
  [[nodiscard]] Result<Session> open_session();
  [[nodiscard]] Result<Session> take_session();
  void give_back(Session session);
  void close(CK_SESSION_HANDLE session) { (*module_)->C_CloseSession(session); }

  [[nodiscard]] Result<Bytes> encrypt(Session session, CK_OBJECT_HANDLE under, BytesView nonce, const Bytes& context,
                                      const Secret& key);
  [[nodiscard]] Result<Secret> decrypt(Session session, CK_OBJECT_HANDLE under, const Bytes& wrapped,
                                       const Bytes& context);
  template <class T, class Work>
  [[nodiscard]] Result<T> with_session(Work work);

  std::shared_ptr<Pkcs11Module> module_;  // shared with tokens of keys, which may end later
  TokenSlot slot_;
  SystemRandom random_;
  std::mutex mutex_;           // guards idle_
  std::vector<Session> idle_;  // as many as calls ever ran at once
};

}  // namespace freehold::crypto

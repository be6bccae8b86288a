#include "crypto/hsm.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>

#include "crypto/digest.h"
#include "crypto/token_state.h"
#include "src/deadline_pool.h"
#include "src/further_tokens.h"
#include "src/key_token.h"
#include "src/pin_seal.h"
#include "src/softhsm_files.h"
#include "src/token.h"

namespace freehold::crypto {
namespace {

constexpr std::size_t kRootKeyBytes = 32;
constexpr std::size_t kMinPinBytes = 4;  // SoftHSM2's own bounds
constexpr std::size_t kMaxPinBytes = 255;
constexpr std::size_t kMaxLabelBytes = 32;
constexpr unsigned kMaxThreads = 64;
constexpr std::size_t kMaxWrappedBytes = 128;
constexpr std::size_t kQueueLimit = 1024;
constexpr BytesView kCheckMagic = "FHRC";

Result<> check_pin(const Secret& pin) {
  if (pin.size() >= kMinPinBytes && pin.size() <= kMaxPinBytes) return {};
  return fail(ErrorCode::kInvalidArgument, "the HSM's PIN must have 4 to 255 characters");
}

Result<> check(const HsmConfig& config) {
  FH_CHECK_OK(check_pin(config.pin));
  if (config.token_label.empty() || config.token_label.size() > kMaxLabelBytes) {
    return fail(ErrorCode::kInvalidArgument, "an HSM token's label must have 1 to 32 characters");
  }
  if (config.threads == 0 || config.threads > kMaxThreads) {
    return fail(ErrorCode::kInvalidArgument, "the HSM needs 1 to 64 threads");
  }
  return config.softhsm_dir.empty() ? Result<>{} : check_softhsm_directory(config.softhsm_dir);
}

Token::Credentials credentials_of(const HsmConfig& config, const std::string& softhsm_configuration) {
  return {config.module_path, softhsm_configuration, config.token_label, config.pin.clone()};
}

// The root check, sealed under the PIN: the token's label, a known key wrapped under the root key, and a digest of the
// token's files. It tells a damaged token from a wrong PIN or another label, and it does so before SoftHSM2 sees the
// files: they carry no checksums, and some damage makes SoftHSM2 end the process (a bad serial number: exit(5)).
struct RootCheck {
  Bytes label;
  Bytes wrapped;
  Bytes digest;
  std::uint64_t changes = 0;
};

Secret known_key() { return Secret(view(sha256("freehold root check"))); }
Bytes check_context() { return "root check"; }

// Of the files in tokens.new/.
Result<> write_root_check(disk::Disk& disk, const SofthsmFiles& files, RootCheck& check, const Secret& pin) {
  FH_TRY(const auto token_files, read_token_files(disk, files.unfinished()));
  check.digest = view(digest_token_files(token_files));
  SystemRandom random;
  Bytes plain;
  append_sized(plain, check.label);
  append_sized(plain, check.wrapped);
  append_sized(plain, check.digest);
  append_u64(plain, check.changes);
  FH_TRY(const Bytes sealed, pin_seal(kCheckMagic, pin, plain, random));
  return write_token_files(disk, files.unfinished(), {{std::string(kRootCheckName), sealed}});
}

Result<RootCheck> open_root_check(BytesView sealed, const Secret& pin) {
  const auto opened = pin_open(kCheckMagic, pin, sealed);
  if (!opened && opened.error().code == ErrorCode::kDenied) {
    return fail(ErrorCode::kDenied, "the HSM token refuses the PIN");
  }
  if (!opened) return fail(opened.error().code, "the HSM token's root-check: " + opened.error().message);
  ByteReader reader(opened->view());
  RootCheck check;
  check.label = reader.sized(kMaxLabelBytes);
  check.wrapped = reader.sized(kMaxWrappedBytes);
  check.digest = reader.sized(sizeof(Sha256Digest));
  if (!reader.done()) check.changes = reader.u64();  // the first tokens have none
  if (!reader.done()) return fail(ErrorCode::kCorrupt, "the HSM token's root-check is damaged");
  return check;
}

// Every file is what it was when the token was made or changed.
Result<RootCheck> verify_files(const std::vector<TokenFile>& token_files, const Secret& pin) {
  const auto sealed = std::ranges::find(token_files, kRootCheckName, &TokenFile::path);
  if (sealed == token_files.end()) return fail(ErrorCode::kCorrupt, "the HSM token's root-check is missing");
  FH_TRY(RootCheck check, open_root_check(sealed->content, pin));
  if (check.digest != view(digest_token_files(token_files))) {
    return fail(ErrorCode::kCorrupt, "the HSM token's files are damaged");
  }
  return check;
}

// Made under another name and renamed: a crash leaves no token, never half of one.
Result<> create_softhsm_token(disk::Disk& disk, const SofthsmFiles& files, const HsmConfig& config) {
  FH_CHECK_OK(begin_token_files(disk, files));
  FH_CHECK_OK(write_configuration(disk, files, files.unfinished()));
  RootCheck check{.label = config.token_label, .wrapped = {}, .digest = {}};
  {
    FH_TRY(const auto token, Token::create(credentials_of(config, files.configuration())));
    FH_TRY(check.wrapped, token->wrap(known_key(), check_context()));
  }
  FH_CHECK_OK(write_root_check(disk, files, check, config.pin));
  return publish_token_files(disk, files);
}

// A SoftHSM2 token's files, kept as the token is. Not thread-safe.
class TokenKeeper {
 public:
  // `directories`: SoftHSM2's of this token, among those of others that it works on.
  TokenKeeper(SofthsmFiles files, std::set<std::string> directories, RootCheck check, Secret pin,
              std::function<Result<>()> changed)
      : files_(std::move(files)),
        directories_(std::move(directories)),
        check_(std::move(check)),
        pin_(std::move(pin)),
        changed_(std::move(changed)) {}

  // To be called while nothing else uses the token. Until it succeeds, a restart finds the token as it was before.
  Result<> keep() {
    std::vector<TokenFile> live;
    for (const std::string& directory : directories_) {
      FH_CHECK_OK(read_token_directory(*disk_, files_.working(), directory, live));
    }
    FH_CHECK_OK(begin_token_files(*disk_, files_));
    FH_CHECK_OK(write_token_files(*disk_, files_.unfinished(), live));
    for (TokenFile& file : live) wipe(file.content);
    ++check_.changes;
    FH_CHECK_OK(write_root_check(*disk_, files_, check_, pin_));
    FH_CHECK_OK(publish_token_files(*disk_, files_));
    return changed_ ? changed_() : Result<>{};
  }

 private:
  const std::unique_ptr<disk::Disk> disk_ = disk::make_real_disk();  // SoftHSM2 itself knows no other
  const SofthsmFiles files_;
  const std::set<std::string> directories_;
  RootCheck check_;
  const Secret pin_;
  const std::function<Result<>()> changed_;
};

// What open_hsm() gives: the token, and whoever keeps its files if they are ours to keep.
struct OpenedToken {
  std::unique_ptr<Token> token;
  std::unique_ptr<TokenKeeper> keeper = nullptr;
};

// A token on its own bounded pool. The pool is destroyed first: what still runs uses the token.
class TokenHsm final : public Hsm {
 public:
  TokenHsm(OpenedToken opened, std::unique_ptr<FurtherTokens> further, const HsmConfig& config)
      : token_(std::move(opened.token)),
        keeper_(std::move(opened.keeper)),
        settle_(config.settle),
        further_(std::move(further)),
        label_(config.token_label),
        pool_({.name = "hsm", .threads = config.threads, .queue_limit = kQueueLimit, .per_key_limit = kQueueLimit},
              config.deadline) {}
  ~TokenHsm() override { stop(); }

  runtime::Task<Result<Bytes>> wrap_root(Secret key, Bytes context) override {
    return wrap(std::nullopt, std::move(key), std::move(context));
  }
  runtime::Task<Result<Secret>> unwrap_root(Bytes wrapped, Bytes context) override {
    return unwrap(std::nullopt, std::move(wrapped), std::move(context));
  }
  runtime::Task<Result<Bytes>> wrap_under(ErasureKeyId id, Secret key, Bytes context) override {
    return wrap(id, std::move(key), std::move(context));
  }
  runtime::Task<Result<Secret>> unwrap_under(ErasureKeyId id, Bytes wrapped, Bytes context) override {
    return unwrap(id, std::move(wrapped), std::move(context));
  }

  runtime::Task<Result<>> make_erasure_key(ErasureKeyId id) override {
    co_return co_await run<void>([this, id]() -> Result<> {
      const std::unique_lock alone(use_);
      unkept_ = true;
      FH_CHECK_OK(token_->make_erasure_key(id));
      return keep();
    });
  }

  runtime::Task<Result<>> destroy_erasure_key(ErasureKeyId id) override {
    co_return co_await run<void>([this, id]() -> Result<> {
      const std::unique_lock alone(use_);
      unkept_ = true;
      FH_CHECK_OK(token_->destroy_erasure_key(id));
      return keep();  // of one that is gone as well: perhaps only its files are left
    });
  }

  runtime::Task<Result<std::vector<ErasureKeyId>>> erasure_keys() override {
    co_return co_await run<std::vector<ErasureKeyId>>([this]() -> Result<std::vector<ErasureKeyId>> {
      const std::unique_lock alone(use_);
      FH_CHECK_OK(unkept_ ? keep() : settle());
      return token_->erasure_keys();
    });
  }

  Result<std::unique_ptr<TokenKeys>> open_keys(TokenKeysConfig config, bool create) override {
    FH_CHECK_OK(check(config));
    FH_TRY(auto token, further_ == nullptr ? open_on_device(config, create) : open_further(config, create));
    return pooled_token_keys(std::move(token), config);
  }

  Result<> remove_keys(std::string label) override {
    if (further_ == nullptr) return fail(ErrorCode::kUnsupported, "Removing a token of this device");
    if (!is_further_label(label)) return fail(ErrorCode::kInvalidArgument, "no label of a further HSM token");
    return further_->remove(*disk_, label);
  }

  Result<std::size_t> mend_copies() override { return further_ == nullptr ? 0 : further_->mend_copies(*disk_); }

  void stop() override { pool_.stop(); }

 private:
  runtime::Task<Result<Bytes>> wrap(std::optional<ErasureKeyId> under, Secret key, Bytes context) {
    if (key.size() != kRootKeyBytes) co_return fail(ErrorCode::kInvalidArgument, "only 32-byte keys are wrapped");
    co_return co_await run<Bytes>([this, under, key = std::move(key), context = std::move(context)] {
      const std::shared_lock shared(use_);
      return token_->wrap(key, context, under);
    });
  }
  runtime::Task<Result<Secret>> unwrap(std::optional<ErasureKeyId> under, Bytes wrapped, Bytes context) {
    co_return co_await run<Secret>([this, under, wrapped = std::move(wrapped), context = std::move(context)] {
      const std::shared_lock shared(use_);
      return token_->unwrap(wrapped, context, under);
    });
  }
  Result<> settle() { return settle_ ? settle_() : Result<>{}; }
  // Not while a copy is of a newer state, or too few are at hand: the files stay as they are, and so does the count of
  // their changes, however often it is tried.
  Result<> keep() {
    FH_CHECK_OK(settle());
    if (keeper_) {
      FH_CHECK_OK(keeper_->keep());
    }
    unkept_ = false;
    return {};
  }

  [[nodiscard]] Result<> check(const TokenKeysConfig& config) const;
  // A device of its own keeps what it is told to, and may have one slot only: the keys are in the region's token then.
  [[nodiscard]] Result<std::unique_ptr<KeyToken>> open_on_device(const TokenKeysConfig& config, bool create) {
    auto token = KeyToken::open(token_->module(), config.label, config.pin.clone());
    if (token || token.error().code != ErrorCode::kNotFound || !create) return token;
    return KeyToken::create(token_->module(), config.label, config.pin.clone(), config.given);
  }
  [[nodiscard]] Result<std::unique_ptr<KeyToken>> open_further(const TokenKeysConfig& config, bool create) {
    FH_TRY(const bool there, further_->check(*disk_, config.label, config.pin));
    if (there) return KeyToken::open(token_->module(), config.label, config.pin.clone());
    if (!create) return fail(ErrorCode::kNotFound, "there is no HSM token named " + config.label);
    return further_->keep_what(*disk_, config.label, config.pin, [&] {
      return KeyToken::create(token_->module(), config.label, config.pin.clone(), config.given);
    });
  }

  template <class T>
  runtime::Task<Result<T>> run(std::move_only_function<Result<T>()> work) {
    return pool_.run<T>(0, std::move(work));
  }

  const std::unique_ptr<disk::Disk> disk_ = disk::make_real_disk();  // SoftHSM2 itself knows no other
  std::unique_ptr<Token> token_;
  std::unique_ptr<TokenKeeper> keeper_;     // guarded by use_, as all that changes the token
  bool unkept_ = false;                     // guarded by use_: the token isn't what its files say
  const std::function<Result<>()> settle_;  // HsmConfig
  std::shared_mutex use_;                   // a login rewrites files that a keeper would be reading
  std::unique_ptr<FurtherTokens> further_;  // null: another device
  const std::string label_;
  DeadlinePool pool_;
};

Result<> TokenHsm::check(const TokenKeysConfig& config) const {
  FH_CHECK_OK(check_pin(config.pin));
  const unsigned threads = config.threads + config.makers;
  if (config.threads == 0 || config.makers == 0 || threads > kMaxThreads) {
    return fail(ErrorCode::kInvalidArgument, "an HSM token needs 1 to 64 threads");
  }
  if (further_ != nullptr && config.label == label_) {
    return fail(ErrorCode::kConflict, "the region's own HSM token holds no keys of others: they are in another one");
  }
  if (further_ == nullptr ? config.label.empty() || config.label.size() > kMaxLabelBytes
                          : !is_further_label(config.label)) {
    return fail(ErrorCode::kInvalidArgument, "an HSM token's label must be 1 to 32 of a-z, 0-9 and '-'");
  }
  return {};
}

// The files are whole and the PIN is right: whatever the token itself refuses is damage all the same.
Result<OpenedToken> open_whole_token(disk::Disk& disk, const SofthsmFiles& files, const HsmConfig& config,
                                     FurtherTokens& further) {
  FH_TRY(const auto token_files, read_token_files(disk, files.tokens()));
  FH_TRY(RootCheck check, verify_files(token_files, config.pin));
  if (check.label != config.token_label) {
    return fail(ErrorCode::kConflict,
                "the HSM token in " + config.softhsm_dir + " is named " + check.label + ", not " + config.token_label);
  }
  FH_CHECK_OK(make_working_copy(disk, files, token_files));
  FH_CHECK_OK(further.load(disk));
  FH_CHECK_OK(write_configuration(disk, files, files.working()));
  auto token = Token::open(credentials_of(config, files.configuration()), Token::MissingKey::kFail);
  if (!token) {
    const ErrorCode code = token.error().code;
    const bool damage = code == ErrorCode::kDenied || code == ErrorCode::kInternal || code == ErrorCode::kNotFound;
    if (damage) token.error().code = ErrorCode::kCorrupt;
    return pass_on(token);
  }
  const auto opened = (*token)->unwrap(check.wrapped, check_context());
  if (!opened || opened->view() != known_key().view()) {
    return fail(ErrorCode::kCorrupt, "the HSM token's region-root is not the one it was made with");
  }
  std::set<std::string> directories;
  for (const TokenFile& file : token_files) {
    if (file.path != kRootCheckName) directories.insert(file.path.substr(0, file.path.find('/')));
  }
  auto keeper = std::make_unique<TokenKeeper>(files, std::move(directories), std::move(check), config.pin.clone(),
                                              config.changed);
  return OpenedToken{std::move(*token), std::move(keeper)};
}

Result<OpenedToken> open_softhsm(const HsmConfig& config, bool create, FurtherTokens& further) {
  const auto disk = disk::make_real_disk();  // SoftHSM2 itself knows no other
  const SofthsmFiles files{config.softhsm_dir};
  FH_CHECK_OK(end_replacement(*disk, files));
  FH_TRY(const bool there, token_files_exist(*disk, files));
  if (!there) {
    if (!create) return fail(ErrorCode::kNotFound, "there is no HSM token in " + config.softhsm_dir);
    FH_CHECK_OK(create_softhsm_token(*disk, files, config));
  }
  return open_whole_token(*disk, files, config, further);
}

// A device of its own: what it calls done is durable, and its owner may have initialised it by the vendor's tools.
Result<OpenedToken> open_device(const HsmConfig& config, bool create) {
  auto token = Token::open(credentials_of(config, ""), create ? Token::MissingKey::kMake : Token::MissingKey::kFail);
  if (!token && token.error().code == ErrorCode::kNotFound && create) token = Token::create(credentials_of(config, ""));
  if (!token) return pass_on(token);
  return OpenedToken{.token = std::move(*token)};
}

}  // namespace

Result<std::unique_ptr<Hsm>> open_hsm(HsmConfig config, bool create) {
  FH_CHECK_OK(check(config));
  if (config.softhsm_dir.empty()) {
    FH_TRY(auto token, open_device(config, create));
    return std::make_unique<TokenHsm>(std::move(token), nullptr, config);
  }
  auto further = std::make_unique<FurtherTokens>(config.softhsm_dir, config.copies, config.pin.clone());
  FH_TRY(auto token, open_softhsm(config, create, *further));
  return std::make_unique<TokenHsm>(std::move(token), std::move(further), config);
}

Result<std::uint64_t> token_changes(disk::Disk& disk, const std::string& softhsm_dir, const Secret& pin) {
  FH_TRY(const TokenState state, token_state(disk, softhsm_dir, pin));
  return state.changes;
}

Result<TokenState> token_state(disk::Disk& disk, const std::string& softhsm_dir, const Secret& pin) {
  FH_TRY(const auto token_files, read_token_files(disk, SofthsmFiles{softhsm_dir}.tokens()));
  FH_TRY(RootCheck check, verify_files(token_files, pin));
  return TokenState{check.changes, std::move(check.digest)};
}

Result<TokenState> token_copy_state(BytesView copy, const Secret& pin) {
  FH_TRY(auto token_files, open_token_copy(copy, pin));
  auto check = verify_files(token_files, pin);
  for (TokenFile& file : token_files) wipe(file.content);
  if (!check) return pass_on(check);
  return TokenState{check->changes, std::move(check->digest)};
}

Result<Bytes> token_digest(disk::Disk& disk, const std::string& softhsm_dir) {
  FH_TRY(const auto token_files, read_token_files(disk, SofthsmFiles{softhsm_dir}.tokens()));
  return Bytes(view(digest_token_files(token_files)));
}

}  // namespace freehold::crypto

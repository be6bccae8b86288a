#include "crypto/hsm.h"

#include <boost/asio/steady_timer.hpp>

#include <atomic>

#include "crypto/digest.h"
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

// A token on its own bounded pool. The pool is destroyed first: what still runs uses the token.
class TokenHsm final : public Hsm {
 public:
  TokenHsm(std::unique_ptr<Token> token, const HsmConfig& config)
      : token_(std::move(token)),
        deadline_(config.deadline),
        pool_({.name = "hsm", .threads = config.threads, .queue_limit = kQueueLimit, .per_key_limit = kQueueLimit}) {}
  ~TokenHsm() override { stop(); }

  runtime::Task<Result<Bytes>> wrap_root(Secret key, Bytes context) override {
    if (key.size() != kRootKeyBytes) co_return fail(ErrorCode::kInvalidArgument, "only 32-byte keys are wrapped");
    co_return co_await run<Bytes>([token = token_.get(), key = std::move(key), context = std::move(context)] {
      return token->wrap(key, context);
    });
  }

  runtime::Task<Result<Secret>> unwrap_root(Bytes wrapped, Bytes context) override {
    co_return co_await run<Secret>([token = token_.get(), wrapped = std::move(wrapped), context = std::move(context)] {
      return token->unwrap(wrapped, context);
    });
  }

  void stop() override { pool_.stop(); }

 private:
  // Who claims first, the pool's thread or the timer, completes the call; the other's result is dropped (and wiped).
  template <class T>
  runtime::Task<Result<T>> run(std::move_only_function<Result<T>()> work) {
    const auto claimed = std::make_shared<std::atomic<bool>>(false);  // timer and pool thread, which may end last
    const runtime::Completion<Result<T>> done;
    auto submitted = pool_.submit(0, [claimed, done, work = std::move(work)]() mutable {
      if (claimed->load()) return;  // given up while it was queued
      Result<T> result = work();
      if (!claimed->exchange(true)) done.complete(std::move(result));
    });
    if (!submitted) co_return pass_on(submitted);
    boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, deadline_);
    timer.async_wait([claimed, done](const boost::system::error_code& cancelled) {
      if (cancelled || claimed->exchange(true)) return;
      done.complete(fail(ErrorCode::kTimeout, "the HSM token took too long"));
    });
    Result<T> result = co_await done.wait();
    timer.cancel();
    co_return result;
  }

  std::unique_ptr<Token> token_;
  std::chrono::milliseconds deadline_;
  runtime::Pool pool_;
};

Result<> check(const HsmConfig& config) {
  if (config.pin.size() < kMinPinBytes || config.pin.size() > kMaxPinBytes) {
    return fail(ErrorCode::kInvalidArgument, "the HSM's PIN must have 4 to 255 characters");
  }
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

// The root check: the token's label and a known key wrapped under the root key, sealed under the PIN. It tells a root key
// that was damaged in a way SoftHSM2 doesn't notice (its files carry no checksums) from a good one, and a damaged token
// from a wrong PIN or another label.
Secret known_key() { return Secret(view(sha256("freehold root check"))); }
Bytes check_context() { return "root check"; }

Result<> write_root_check(disk::Disk& disk, const SofthsmFiles& files, Token& token, const HsmConfig& config) {
  SystemRandom random;
  FH_TRY(const Bytes wrapped, token.wrap(known_key(), check_context()));
  Bytes plain;
  append_sized(plain, config.token_label);
  append_sized(plain, wrapped);
  FH_TRY(const Bytes sealed, pin_seal(kCheckMagic, config.pin, plain, random));
  return disk.write_file_durably(files.unfinished() + "/" + std::string(kRootCheckName), sealed);
}

// The wrapped known key.
Result<Bytes> read_root_check(disk::Disk& disk, const SofthsmFiles& files, const HsmConfig& config) {
  const std::string path = files.tokens() + "/" + std::string(kRootCheckName);
  FH_TRY(const bool there, disk.exists(path));
  if (!there) return fail(ErrorCode::kCorrupt, "the HSM token's " + path + " is missing");
  FH_TRY(const Bytes sealed, disk.read_file(path));
  const auto opened = pin_open(kCheckMagic, config.pin, sealed);
  if (!opened && opened.error().code == ErrorCode::kDenied) {
    return fail(ErrorCode::kDenied, "the HSM token refuses the PIN");
  }
  if (!opened) return fail(opened.error().code, path + ": " + opened.error().message);
  ByteReader reader(opened->view());
  const BytesView label = reader.sized(kMaxLabelBytes);
  const BytesView wrapped = reader.sized(kMaxWrappedBytes);
  if (!reader.done()) return fail(ErrorCode::kCorrupt, path + " is damaged");
  if (label != config.token_label) {
    return fail(ErrorCode::kConflict, "the HSM token in " + files.directory + " is named " + std::string(label) +
                                          ", not " + config.token_label);
  }
  return Bytes(wrapped);
}

// Made under another name and renamed: a crash leaves no token, never half of one.
Result<> create_softhsm_token(disk::Disk& disk, const SofthsmFiles& files, const HsmConfig& config) {
  FH_CHECK_OK(begin_token_files(disk, files));
  FH_CHECK_OK(write_configuration(disk, files, files.unfinished()));
  {
    FH_TRY(const auto token, Token::create(credentials_of(config, files.configuration())));
    FH_CHECK_OK(write_root_check(disk, files, *token, config));
  }
  return publish_token_files(disk, files);
}

// The PIN opened the root check, and the label is right: whatever the token itself refuses is damage.
Result<std::unique_ptr<Token>> open_whole_token(disk::Disk& disk, const SofthsmFiles& files, const HsmConfig& config) {
  FH_CHECK_OK(read_token_files(disk, files.tokens()));  // none is empty
  FH_TRY(const Bytes wrapped, read_root_check(disk, files, config));
  FH_CHECK_OK(write_configuration(disk, files, files.tokens()));
  auto token = Token::open(credentials_of(config, files.configuration()), Token::MissingKey::kFail);
  if (!token) {
    const ErrorCode code = token.error().code;
    const bool damage = code == ErrorCode::kDenied || code == ErrorCode::kInternal || code == ErrorCode::kNotFound;
    if (damage) token.error() = {ErrorCode::kCorrupt, "the HSM token is damaged: " + token.error().message,
                                 token.error().detail};
    return token;
  }
  const auto opened = (*token)->unwrap(wrapped, check_context());
  if (!opened || opened->view() != known_key().view()) {
    return fail(ErrorCode::kCorrupt, "the HSM token's region-root is damaged", opened ? "" : opened.error().detail);
  }
  return token;
}

Result<std::unique_ptr<Token>> open_softhsm(const HsmConfig& config, bool create) {
  const auto disk = disk::make_real_disk();  // SoftHSM2 itself knows no other
  const SofthsmFiles files{config.softhsm_dir};
  FH_TRY(const bool there, token_files_exist(*disk, files));
  if (!there) {
    if (!create) return fail(ErrorCode::kNotFound, "there is no HSM token in " + config.softhsm_dir);
    FH_CHECK_OK(create_softhsm_token(*disk, files, config));
  }
  return open_whole_token(*disk, files, config);
}

// A device of its own: what it calls done is durable, and its owner may have initialised it by the vendor's tools.
Result<std::unique_ptr<Token>> open_device(const HsmConfig& config, bool create) {
  auto token = Token::open(credentials_of(config, ""), create ? Token::MissingKey::kMake : Token::MissingKey::kFail);
  if (token || token.error().code != ErrorCode::kNotFound || !create) return token;
  return Token::create(credentials_of(config, ""));
}

}  // namespace

Result<std::unique_ptr<Hsm>> open_hsm(HsmConfig config, bool create) {
  FH_CHECK_OK(check(config));
  FH_TRY(auto token, config.softhsm_dir.empty() ? open_device(config, create) : open_softhsm(config, create));
  return std::make_unique<TokenHsm>(std::move(token), config);
}

}  // namespace freehold::crypto

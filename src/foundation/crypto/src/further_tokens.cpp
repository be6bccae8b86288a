#include "src/further_tokens.h"

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "crypto/hsm.h"
#include "src/pin_seal.h"

namespace freehold::crypto {
namespace {

constexpr BytesView kCheckMagic = "FHRC";
constexpr std::size_t kMaxLabelBytes = 32;
// One that fewer copies have isn't kept: one disk more that is lost, and it would be too.
constexpr std::size_t kCopiesOfANewOne = 2;
constexpr std::string_view kCopyPrefix = "token-";
constexpr std::string_view kCopySuffix = ".sealed";
constexpr std::string_view kRestoring = ".restoring";
constexpr std::string_view kChecking = ".checking";

std::string copy_path(const std::string& directory, const std::string& label) {
  return directory + "/" + std::string(kCopyPrefix) + label + std::string(kCopySuffix);
}

std::string digest_path(const SofthsmFiles& place) { return place.directory + "/digest"; }

Bytes digest_of(const std::vector<TokenFile>& files) { return Bytes(view(digest_token_files(files))); }

// Without a PIN: are the files what they were when they were kept?
Result<std::vector<TokenFile>> read_whole(disk::Disk& disk, const SofthsmFiles& place) {
  FH_TRY(auto files, read_token_files(disk, place.tokens()));
  FH_TRY(const Bytes digest, disk.read_file(digest_path(place)));
  const bool checked = std::ranges::find(files, kRootCheckName, &TokenFile::path) != files.end();
  if (!checked || digest != digest_of(files)) return fail(ErrorCode::kCorrupt, "an HSM token's files are damaged");
  return files;
}

// As the region's, without a key wrapped under a root key: it has none.
Result<> write_check(disk::Disk& disk, const SofthsmFiles& place, const std::string& label, const Secret& pin,
                     const std::vector<TokenFile>& files) {
  SystemRandom random;
  Bytes plain;
  append_sized(plain, label);
  append_sized(plain, BytesView());
  append_sized(plain, digest_of(files));
  FH_TRY(const Bytes sealed, pin_seal(kCheckMagic, pin, plain, random));
  return write_token_files(disk, place.unfinished(), {{std::string(kRootCheckName), sealed}});
}

void set_aside(disk::Disk& disk, const std::string& directory) {
  if (!disk.exists(directory).value_or(false)) return;
  const std::string aside = directory + ".damaged-" + std::to_string(SystemClock{}.now().time_since_epoch().count());
  log_warning("a damaged HSM token is kept aside", {{"path", aside}});
  static_cast<void>(disk.rename(directory, aside));
}

}  // namespace

bool is_further_label(const std::string& label) {
  return !label.empty() && label.size() <= kMaxLabelBytes && std::ranges::all_of(label, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

FurtherTokens::FurtherTokens(std::string softhsm_dir, std::vector<std::string> copies, Secret region_pin)
    : region_{std::move(softhsm_dir)}, copies_(std::move(copies)), pin_(std::move(region_pin)) {}

std::vector<std::string> FurtherTokens::labels(disk::Disk& disk) const {
  std::set<std::string> found;
  for (const auto& name : disk.list(region_.directory + "/more").value_or(std::vector<std::string>())) {
    if (is_further_label(name)) found.insert(name);
  }
  for (const auto& directory : copies_) {
    for (const auto& name : disk.list(directory).value_or(std::vector<std::string>())) {
      if (!name.starts_with(kCopyPrefix) || !name.ends_with(kCopySuffix)) continue;
      const auto label = name.substr(kCopyPrefix.size(), name.size() - kCopyPrefix.size() - kCopySuffix.size());
      if (is_further_label(label)) found.insert(label);
    }
  }
  return {found.begin(), found.end()};
}

Result<> FurtherTokens::bring_back(disk::Disk& disk, const std::string& label) {
  const SofthsmFiles place = place_of(label);
  const SofthsmFiles fresh{place.directory + std::string(kRestoring)};
  for (const auto& directory : copies_) {
    const auto copy = disk.read_file(copy_path(directory, label));
    if (!copy) continue;
    FH_CHECK_OK(disk.remove_tree(fresh.directory));
    if (!restore_token_copy(disk, fresh.directory, *copy, pin_)) continue;
    FH_TRY(const auto files, read_token_files(disk, fresh.tokens()));
    FH_CHECK_OK(disk.write_file_durably(digest_path(fresh), digest_of(files)));
    set_aside(disk, place.directory);
    FH_CHECK_OK(disk.rename(fresh.directory, place.directory));
    FH_CHECK_OK(disk.sync_directory(region_.directory + "/more"));
    log_warning("an HSM token was restored from a sealed copy", {{"token", label}});
    return {};
  }
  static_cast<void>(disk.remove_tree(fresh.directory));
  return fail(ErrorCode::kNotFound, "there is no whole copy of the HSM token " + label);
}

Result<> FurtherTokens::load_one(disk::Disk& disk, const std::string& label) {
  const SofthsmFiles place = place_of(label);
  auto files = read_whole(disk, place);
  if (!files) {
    // One that a crash left unfinished was never used: it has neither a copy nor tokens/.
    const auto back = bring_back(disk, label);
    if (!back && !token_files_exist(disk, place).value_or(true)) return disk.remove_tree(place.directory);
    FH_CHECK_OK(back);
    FH_TRY(files, read_whole(disk, place));
  }
  std::set<std::string> directories;
  std::erase_if(*files, [](const TokenFile& file) { return file.path == kRootCheckName; });
  for (const auto& file : *files) directories.insert(file.path.substr(0, file.path.find('/')));
  FH_CHECK_OK(write_token_files(disk, region_.working(), *files));
  loaded_[label] = {directories.begin(), directories.end()};
  place_copies(disk, label);
  return {};
}

Result<> FurtherTokens::load(disk::Disk& disk) {
  const std::string more = region_.directory + "/more";
  FH_CHECK_OK(disk.make_directories(more));
  FH_TRY(const auto names, disk.list(more));
  for (const auto& name : names) {
    if (!name.ends_with(kRestoring) && !name.ends_with(kChecking)) continue;
    FH_CHECK_OK(disk.remove_tree(more + "/" + name));  // a kill left it
  }
  for (const auto& label : labels(disk)) {
    const auto loaded = load_one(disk, label);
    if (!loaded) {
      log_error("an HSM token can't be used: its files are damaged, and there is no whole copy",
                {{"token", label}, {"error", loaded.error().message}});
    }
  }
  return {};
}

bool FurtherTokens::place_copy(disk::Disk& disk, const std::string& label, const std::string& directory,
                               Bytes& sealed) {
  if (sealed.empty()) {
    SystemRandom random;
    auto made = seal_token_copy(disk, place_of(label).directory, pin_, random);
    if (!made) {
      log_warning("an HSM token couldn't be copied", {{"token", label}});
      return false;
    }
    sealed = std::move(*made);
  }
  const std::string path = copy_path(directory, label);
  const auto written = disk.write_file_durably(path, sealed);
  if (!written) log_warning("no token copy could be written", {{"path", path}, {"error", written.error().message}});
  return written.has_value();
}

// Where there is none. In how many it is.
std::size_t FurtherTokens::place_copies(disk::Disk& disk, const std::string& label) {
  Bytes sealed;
  std::size_t count = 0;
  for (const auto& directory : copies_) {
    if (!disk.exists(directory).value_or(false)) continue;
    const bool there = disk.exists(copy_path(directory, label)).value_or(false);
    count += there || place_copy(disk, label, directory, sealed) ? 1 : 0;
  }
  return count;
}

Result<bool> FurtherTokens::check(disk::Disk& disk, const std::string& label, const Secret& pin) {
  const std::lock_guard lock(mutex_);
  const SofthsmFiles place = place_of(label);
  if (!loaded_.contains(label)) {
    FH_TRY(const bool there, token_files_exist(disk, place));
    if (!there) return false;
    return fail(ErrorCode::kCorrupt, "the HSM token " + label + " is damaged, and there is no whole copy of it");
  }
  FH_TRY(const Bytes sealed, disk.read_file(place.tokens() + "/" + std::string(kRootCheckName)));
  auto opened = pin_open(kCheckMagic, pin, sealed);
  if (!opened && opened.error().code == ErrorCode::kDenied) {
    return fail(ErrorCode::kDenied, "the HSM token refuses the PIN");
  }
  if (!opened) return pass_on(opened);
  ByteReader reader(opened->view());
  const Bytes named(reader.sized(kMaxLabelBytes));
  if (!reader.ok() || named != label) return fail(ErrorCode::kCorrupt, "the HSM token " + label + " is another one");
  return true;
}

Result<> FurtherTokens::keep(disk::Disk& disk, const std::string& label, const Secret& pin,
                             const std::vector<std::string>& before) {
  const SofthsmFiles place = place_of(label);
  FH_TRY(auto directories, disk.list(region_.working()));
  std::erase_if(directories, [&](const auto& name) { return std::ranges::find(before, name) != before.end(); });
  std::vector<TokenFile> files;
  for (const auto& directory : directories) {
    FH_CHECK_OK(read_token_directory(disk, region_.working(), directory, files));
  }
  if (files.empty()) return fail(ErrorCode::kInternal, "SoftHSM2 made a token without files");
  FH_CHECK_OK(disk.make_directories(place.directory));
  FH_CHECK_OK(begin_token_files(disk, place));
  FH_CHECK_OK(write_token_files(disk, place.unfinished(), files));
  FH_CHECK_OK(write_check(disk, place, label, pin, files));
  FH_CHECK_OK(disk.write_file_durably(digest_path(place), digest_of(files)));
  FH_CHECK_OK(publish_token_files(disk, place));
  FH_CHECK_OK(disk.sync_directory(region_.directory + "/more"));
  loaded_[label] = std::move(directories);
  if (place_copies(disk, label) >= std::min(copies_.size(), kCopiesOfANewOne)) return {};
  return fail(ErrorCode::kUnavailable, "too few fault domains can take a copy of a new HSM token");
}

// False only of one that is missing or damaged: a disk that can't be read now, or written, says nothing of the copy.
Result<bool> FurtherTokens::is_whole_copy(disk::Disk& disk, const std::string& path, const std::string& scratch) {
  FH_TRY(const bool there, disk.exists(path));
  if (!there) return false;
  FH_TRY(const Bytes copy, disk.read_file(path));
  FH_CHECK_OK(disk.remove_tree(scratch));
  auto restored = restore_token_copy(disk, scratch, copy, pin_);
  if (!restored && restored.error().code != ErrorCode::kCorrupt) return pass_on(restored);
  return restored.has_value();
}

Result<std::size_t> FurtherTokens::mend_copies(disk::Disk& disk) {
  const std::lock_guard lock(mutex_);
  std::size_t mended = 0;
  for (const auto& [label, directories] : loaded_) {
    const std::string scratch = place_of(label).directory + std::string(kChecking);
    Bytes sealed;
    for (const auto& directory : copies_) {
      if (!disk.exists(directory).value_or(false)) continue;
      FH_TRY(const bool whole, is_whole_copy(disk, copy_path(directory, label), scratch));
      if (whole) continue;
      mended += place_copy(disk, label, directory, sealed) ? 1 : 0;
    }
    FH_CHECK_OK(disk.remove_tree(scratch));
  }
  return mended;
}

Result<> FurtherTokens::remove(disk::Disk& disk, const std::string& label) {
  const std::lock_guard lock(mutex_);
  return remove_now(disk, label);
}

Result<> FurtherTokens::remove_now(disk::Disk& disk, const std::string& label) {
  for (const auto& directory : copies_) {
    if (!disk.exists(copy_path(directory, label)).value_or(false)) continue;
    FH_CHECK_OK(disk.unlink(copy_path(directory, label)));
    FH_CHECK_OK(disk.sync_directory(directory));
  }
  const std::string more = region_.directory + "/more";
  FH_TRY(const auto names, disk.list(more));
  for (const auto& name : names) {
    if (name != label && !name.starts_with(label + ".")) continue;  // what was damaged, too
    FH_CHECK_OK(disk.remove_tree(more + "/" + name));
  }
  FH_CHECK_OK(disk.sync_directory(more));
  for (const auto& name : loaded_[label]) {
    FH_CHECK_OK(disk.remove_tree(region_.working() + "/" + name));
  }
  loaded_.erase(label);
  return {};
}

}  // namespace freehold::crypto

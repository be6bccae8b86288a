#include "src/softhsm_files.h"

namespace freehold::crypto {
namespace {

constexpr std::string_view kLockSuffix = ".lock";
constexpr std::string_view kObjectSuffix = ".object";

Result<> read_into(disk::Disk& disk, const std::string& tokens, std::string relative, std::vector<TokenFile>& out) {
  FH_TRY(Bytes content, disk.read_file(tokens + "/" + relative));
  if (content.empty()) {
    return fail(ErrorCode::kCorrupt, "the token's file " + relative + " is empty",
                "left by a kill during key generation, or damaged");
  }
  out.push_back({std::move(relative), std::move(content)});
  return {};
}

Result<> sync_file(disk::Disk& disk, const std::string& path) {
  FH_TRY(const auto file, disk.open(path, disk::OpenMode::kBuffered));
  return file->sync();
}

Result<> make_empty(disk::Disk& disk, const std::string& directory) {
  FH_TRY(const bool remains, disk.exists(directory));
  if (remains) {
    FH_CHECK_OK(disk.remove_tree(directory));
  }
  return disk.make_directories(directory);
}

}  // namespace

Result<> check_softhsm_directory(const std::string& directory) {
  // '#' begins a comment and '=' a value in softhsm2.conf, and it knows no quoting.
  if (!directory.starts_with('/') || directory.find_first_of("#=\n\r") != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument,
                "SoftHSM2 can't keep a token in " + directory + ": take an absolute path without '#' and '='");
  }
  return {};
}

Result<bool> token_files_exist(disk::Disk& disk, const SofthsmFiles& files) {
  FH_TRY(const bool there, disk.exists(files.tokens()));
  if (!there) return false;
  FH_TRY(const auto names, disk.list(files.tokens()));
  return !names.empty();
}

Result<> read_token_directory(disk::Disk& disk, const std::string& tokens, const std::string& directory,
                              std::vector<TokenFile>& files) {
  FH_TRY(const auto objects, disk.list(tokens + "/" + directory));
  for (const std::string& object : objects) {
    if (object.ends_with(kLockSuffix)) continue;
    FH_CHECK_OK(read_into(disk, tokens, directory + "/" + object, files));
  }
  return {};
}

Result<std::vector<TokenFile>> read_token_files(disk::Disk& disk, const std::string& tokens) {
  std::vector<TokenFile> found;
  FH_TRY(const auto names, disk.list(tokens));
  for (const std::string& name : names) {
    if (name == kRootCheckName) {
      FH_CHECK_OK(read_into(disk, tokens, name, found));
      continue;
    }
    FH_CHECK_OK(read_token_directory(disk, tokens, name, found));
  }
  return found;
}

Sha256Digest digest_token_files(const std::vector<TokenFile>& files) {
  Bytes all;
  for (const TokenFile& file : files) {
    if (file.path == kRootCheckName) continue;
    append_sized(all, file.path);
    append_sized(all, file.content);
  }
  return sha256(all);
}

Result<> write_configuration(disk::Disk& disk, const SofthsmFiles& files, const std::string& tokens) {
  FH_CHECK_OK(disk.make_directories(files.directory));
  return disk.write_file_durably(files.configuration(),
                                 "# Written by freehold at every start.\n"
                                 "directories.tokendir = " +
                                     tokens +
                                     "\n"
                                     "objectstore.backend = file\n"
                                     "log.level = ERROR\n"
                                     "slots.removable = false\n");
}

Result<> begin_token_files(disk::Disk& disk, const SofthsmFiles& files) { return make_empty(disk, files.unfinished()); }

Result<> write_token_files(disk::Disk& disk, const std::string& tokens, const std::vector<TokenFile>& files) {
  for (const TokenFile& file : files) {
    const std::string path = tokens + "/" + file.path;
    FH_CHECK_OK(disk.make_directories(path.substr(0, path.rfind('/'))));
    FH_TRY(const auto out, disk.open(path, disk::OpenMode::kBuffered));
    const BytesView content = file.content;
    FH_CHECK_OK(out->write_at(0, {&content, 1}));
  }
  return {};
}

Result<> make_working_copy(disk::Disk& disk, const SofthsmFiles& place, const std::vector<TokenFile>& files) {
  FH_CHECK_OK(make_empty(disk, place.working()));
  FH_CHECK_OK(write_token_files(disk, place.working(), files));
  // SoftHSM2 doesn't destroy an object whose lock file it can't remove, and makes none for an object that is there.
  for (const TokenFile& file : files) {
    if (!file.path.ends_with(kObjectSuffix)) continue;
    const std::string name = file.path.substr(0, file.path.size() - kObjectSuffix.size());
    FH_TRY([[maybe_unused]] const auto lock,
           disk.open(place.working() + "/" + name + std::string(kLockSuffix), disk::OpenMode::kBuffered));
  }
  return {};
}

Result<> end_replacement(disk::Disk& disk, const SofthsmFiles& files) {
  FH_TRY(const bool replaced, disk.exists(files.replaced()));
  if (!replaced) return {};
  FH_TRY(const bool there, disk.exists(files.tokens()));
  if (there) return disk.remove_tree(files.replaced());
  FH_CHECK_OK(disk.rename(files.replaced(), files.tokens()));
  return disk.sync_directory(files.directory);
}

Result<> publish_token_files(disk::Disk& disk, const SofthsmFiles& files) {
  FH_CHECK_OK(end_replacement(disk, files));  // one that failed half way
  FH_TRY(const auto names, disk.list(files.unfinished()));
  for (const std::string& name : names) {
    const std::string path = files.unfinished() + "/" + name;
    if (name == kRootCheckName) {
      FH_CHECK_OK(sync_file(disk, path));
      continue;
    }
    FH_TRY(const auto objects, disk.list(path));
    for (const std::string& object : objects) {
      FH_CHECK_OK(sync_file(disk, path + "/" + object));
    }
    FH_CHECK_OK(disk.sync_directory(path));
  }
  FH_CHECK_OK(disk.sync_directory(files.unfinished()));
  FH_TRY(const bool there, disk.exists(files.tokens()));
  if (there) {
    FH_CHECK_OK(disk.rename(files.tokens(), files.replaced()));
  }
  FH_CHECK_OK(disk.rename(files.unfinished(), files.tokens()));
  FH_CHECK_OK(disk.sync_directory(files.directory));
  if (!there) return {};
  FH_CHECK_OK(disk.remove_tree(files.replaced()));
  return disk.sync_directory(files.directory);
}

}  // namespace freehold::crypto

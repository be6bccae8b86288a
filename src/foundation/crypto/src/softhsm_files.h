// Where SoftHSM2 keeps a token, and what is done with those files. Private to this module.
#pragma once

#include <string>
#include <vector>

#include "disk/disk.h"

namespace freehold::crypto {

// softhsm_dir/
//   softhsm2.conf     written at every open
//   tokens/           renamed here when the token is whole: root-check and one directory a token
//   tokens.new/       being made or restored; whatever a crash left in it means nothing
struct SofthsmFiles {
  std::string directory;
  [[nodiscard]] std::string configuration() const { return directory + "/softhsm2.conf"; }
  [[nodiscard]] std::string tokens() const { return directory + "/tokens"; }
  [[nodiscard]] std::string unfinished() const { return directory + "/tokens.new"; }
};
inline constexpr std::string_view kRootCheckName = "root-check";

struct TokenFile {
  std::string path;  // relative to tokens/: "root-check" or "<token>/<object>"
  Bytes content;
};

// kInvalidArgument if SoftHSM2 couldn't read the path back from its configuration file.
[[nodiscard]] Result<> check_softhsm_directory(const std::string& directory);
// False if there is no token, or only the remains of one being made.
[[nodiscard]] Result<bool> token_files_exist(disk::Disk& disk, const SofthsmFiles& files);
// All files below a tokens directory but SoftHSM2's empty lock files. kCorrupt, naming it, if one is empty.
[[nodiscard]] Result<std::vector<TokenFile>> read_token_files(disk::Disk& disk, const std::string& tokens);
[[nodiscard]] Result<> write_configuration(disk::Disk& disk, const SofthsmFiles& files, const std::string& tokens);
// Empties tokens.new/.
[[nodiscard]] Result<> begin_token_files(disk::Disk& disk, const SofthsmFiles& files);
// Makes what is in tokens.new/ durable and renames it to tokens/: from here on the token is there.
[[nodiscard]] Result<> publish_token_files(disk::Disk& disk, const SofthsmFiles& files);

}  // namespace freehold::crypto

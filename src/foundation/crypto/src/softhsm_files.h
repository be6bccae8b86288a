// Where SoftHSM2 keeps a token, and what is done with those files. Private to this module.
#pragma once

#include <string>
#include <vector>

#include "base/secret.h"
#include "crypto/digest.h"
#include "disk/disk.h"

namespace freehold::crypto {

// softhsm_dir/
//   tokens/           the token, replaced as a whole and never written: root-check and SoftHSM2's directory of it
//   tokens.new/       being made, changed or restored; renamed to tokens/ when it is whole and durable
//   tokens.old/       what tokens/ was until a change of it; it is the token again if a crash left no tokens/
//   tokens.work/      what SoftHSM2 sees: it rewrites its files at every login, in place, and a kill would tear them
//   softhsm2.conf     names the one that SoftHSM2 is to see
// Whatever a crash leaves in the other three means nothing.
struct SofthsmFiles {
  std::string directory;
  [[nodiscard]] std::string configuration() const { return directory + "/softhsm2.conf"; }
  [[nodiscard]] std::string tokens() const { return directory + "/tokens"; }
  [[nodiscard]] std::string unfinished() const { return directory + "/tokens.new"; }
  [[nodiscard]] std::string replaced() const { return directory + "/tokens.old"; }
  [[nodiscard]] std::string working() const { return directory + "/tokens.work"; }
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
// Those of one of its directories alone: SoftHSM2 may be writing in another. Appended to `files`.
[[nodiscard]] Result<> read_token_directory(disk::Disk& disk, const std::string& tokens, const std::string& directory,
                                            std::vector<TokenFile>& files);
// What the root check remembers of all files but itself.
[[nodiscard]] Sha256Digest digest_token_files(const std::vector<TokenFile>& files);
[[nodiscard]] Result<> write_configuration(disk::Disk& disk, const SofthsmFiles& files, const std::string& tokens);
// Empties tokens.new/.
[[nodiscard]] Result<> begin_token_files(disk::Disk& disk, const SofthsmFiles& files);
// Writes the files below a tokens directory that is there. Not yet durable.
[[nodiscard]] Result<> write_token_files(disk::Disk& disk, const std::string& tokens,
                                         const std::vector<TokenFile>& files);
// Fills tokens.work/ afresh.
[[nodiscard]] Result<> make_working_copy(disk::Disk& disk, const SofthsmFiles& place,
                                         const std::vector<TokenFile>& files);
// Ends a replacement that a crash broke off: either of the two tokens is whole, and one of them goes.
[[nodiscard]] Result<> end_replacement(disk::Disk& disk, const SofthsmFiles& files);
// Makes what is in tokens.new/ durable and renames it to tokens/, in the place of what is there: from here on it is the
// token.
[[nodiscard]] Result<> publish_token_files(disk::Disk& disk, const SofthsmFiles& files);

// The files of a sealed copy, to be wiped. Nothing is written. As restore_token_copy() fails.
[[nodiscard]] Result<std::vector<TokenFile>> open_token_copy(BytesView copy, const Secret& pin);

}  // namespace freehold::crypto

// Sealed copies of a SoftHSM2 token. Format: docs/formats/token-copy.md.
#include <set>

#include "base/check.h"
#include "crypto/hsm.h"
#include "src/pin_seal.h"
#include "src/softhsm_files.h"

namespace freehold::crypto {
namespace {

constexpr BytesView kCopyMagic = "FHTC";
constexpr std::size_t kMaxFiles = 1'000;
constexpr std::size_t kMaxPathBytes = 255;
constexpr std::size_t kMaxFileBytes = 1 << 20;

// count, then path and content of each, all sized.
Bytes pack(const std::vector<TokenFile>& files) {
  Bytes out;
  append_u32(out, static_cast<std::uint32_t>(files.size()));
  for (const TokenFile& file : files) {
    append_sized(out, file.path);
    append_sized(out, file.content);
  }
  return out;
}

void wipe_files(std::vector<TokenFile>& files) {
  for (TokenFile& file : files) wipe(file.content);
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name != "." && name != ".." && name.find_first_of(std::string_view("/\0", 2)) == name.npos;
}

// "root-check" or "<token>/<object>": the seal says that we wrote it, and still nothing may leave the directory.
bool is_token_path(std::string_view path) {
  if (path == kRootCheckName) return true;
  const std::size_t slash = path.find('/');
  return slash != path.npos && is_plain_name(path.substr(0, slash)) && is_plain_name(path.substr(slash + 1));
}

Result<std::vector<TokenFile>> unpack(BytesView archive) {
  ByteReader reader(archive);
  const std::uint32_t count = reader.u32();
  if (count == 0 || count > kMaxFiles) return fail(ErrorCode::kCorrupt, "a token copy with no files, or too many");
  std::vector<TokenFile> files;
  std::set<std::string_view> paths;
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    const BytesView path = reader.sized(kMaxPathBytes);
    const BytesView content = reader.sized(kMaxFileBytes);
    if (!reader.ok() || !is_token_path(path) || content.empty() || !paths.insert(path).second) break;
    files.push_back({std::string(path), Bytes(content)});
  }
  if (!reader.done() || files.size() != count || !paths.contains(kRootCheckName)) {
    wipe_files(files);
    return fail(ErrorCode::kCorrupt, "a token copy that doesn't hold a whole token");
  }
  return files;
}

Result<> write_files(disk::Disk& disk, const SofthsmFiles& place, const std::vector<TokenFile>& files) {
  FH_CHECK_OK(begin_token_files(disk, place));
  FH_CHECK_OK(write_token_files(disk, place.unfinished(), files));
  return publish_token_files(disk, place);
}

}  // namespace

Result<Bytes> seal_token_copy(disk::Disk& disk, const std::string& softhsm_dir, const Secret& pin, Random& random) {
  const SofthsmFiles place{softhsm_dir};
  FH_TRY(const bool there, token_files_exist(disk, place));
  if (!there) return fail(ErrorCode::kNotFound, "there is no token in " + softhsm_dir);
  FH_TRY(auto files, read_token_files(disk, place.tokens()));
  Bytes archive = pack(files);
  const auto whole = unpack(archive);  // never seal what couldn't be restored
  auto sealed = whole ? pin_seal(kCopyMagic, pin, archive, random) : std::unexpected(whole.error());
  wipe(archive);
  wipe_files(files);
  return sealed;
}

Result<std::vector<TokenFile>> open_token_copy(BytesView copy, const Secret& pin) {
  FH_TRY(const Secret archive, pin_open(kCopyMagic, pin, copy));
  return unpack(archive.view());
}

Result<> restore_token_copy(disk::Disk& disk, const std::string& softhsm_dir, BytesView copy, const Secret& pin) {
  const SofthsmFiles place{softhsm_dir};
  FH_CHECK_OK(check_softhsm_directory(softhsm_dir));
  FH_TRY(const bool there, token_files_exist(disk, place));
  if (there) return fail(ErrorCode::kConflict, "a token is in " + softhsm_dir + " already: move it away first");
  FH_TRY(auto files, open_token_copy(copy, pin));
  auto written = write_files(disk, place, files);
  wipe_files(files);
  return written;
}

}  // namespace freehold::crypto

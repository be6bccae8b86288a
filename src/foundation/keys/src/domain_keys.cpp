#include "keys/domain_keys.h"

#include "crypto/aead.h"
#include "runtime/task_scope.h"

namespace freehold::keys {

namespace {

constexpr BytesView kMagic = "FHFK";
constexpr std::uint8_t kVersion = 1;
constexpr std::string_view kContext = "freehold fault domain file key";

}  // namespace

Result<Secret> DomainKeys::load_or_make(const std::string& domain_directory) {
  const std::string path = domain_directory + "/file.key";
  FH_TRY(const bool there, disk_.exists(path));
  if (there) {
    FH_TRY(const Bytes file, disk_.read_file(path));
    ByteReader in(file);
    if (in.take(kMagic.size()) != kMagic) return fail(ErrorCode::kCorrupt, path + " is not a file key");
    if (in.u8() > kVersion) {
      return fail(ErrorCode::kUnsupported, path + " was written by a newer version of Freehold; nothing was changed");
    }
    return runtime::run_blocking(hsm_.unwrap_root(Bytes(in.rest()), Bytes(kContext)));
  }
  Secret fresh(crypto::kAeadKeyBytes);
  random_.fill(fresh.span());
  FH_TRY(const Bytes wrapped, runtime::run_blocking(hsm_.wrap_root(fresh.clone(), Bytes(kContext))));
  Bytes file(kMagic);
  append_u8(file, kVersion);
  file += wrapped;
  FH_CHECK_OK(disk_.make_directories(domain_directory));
  FH_CHECK_OK(disk_.write_file_durably(path, file));
  return fresh;
}

}  // namespace freehold::keys

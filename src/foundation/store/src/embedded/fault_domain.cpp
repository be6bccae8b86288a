#include "src/embedded/fault_domain.h"

#include <condition_variable>

#include "base/encoding.h"

namespace freehold::store::embedded {
namespace {

constexpr std::uint64_t kDomainVersion = 2;
constexpr BytesView kMagic = "freehold domain ";
constexpr std::chrono::seconds kCloseTimeout{5};

// The next word of `text` up to `end`, taken off it.
BytesView take_until(BytesView& text, char end) {
  const auto at = std::min(text.find(end), text.size());
  const BytesView word = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return word;
}

}  // namespace

FaultDomain::FaultDomain(unsigned index, FaultDomainOptions place, const EmbeddedOptions& options, disk::Disk& disk,
                         FileKeySource& keys, Random& random, RowsMemory memory)
    : index_(index),
      place_(std::move(place)),
      options_(options),
      disk_(disk),
      keys_(keys),
      random_(random),
      memory_(std::move(memory)),
      rows_worker_("fh-rows-" + std::to_string(index)),
      chunk_worker_("fh-chunks-" + std::to_string(index)) {}

Result<> FaultDomain::open() {
  auto domain = std::make_shared<OpenDomain>();
  FH_CHECK_OK(disk_.make_directories(place_.path));
  FH_TRY(domain->lock, disk_.lock(place_.path));
  FH_TRY(const auto identity, read_identity());
  FH_TRY(const Secret key, keys_.load_or_make(place_.path));
  const RowsPlace rows{rows_path(), log_path(), options_.log_segment_bytes};
  FH_TRY(domain->rows, RowsDb::open(disk_, rows, key, random_, memory_));
  FH_TRY(domain->extents,
         disk::ExtentFiles::open(disk_, place_.path + "/chunks", disk::ExtentOptions{options_.extent_bytes}));
  failed = false;
  std::lock_guard lock(mutex_);
  opened_ = std::move(domain);
  return {};
}

bool FaultDomain::close() {
  {
    std::lock_guard lock(mutex_);
    if (opened_) users_ = opened_;
    opened_.reset();
  }
  // The last user lets go without telling anybody: it is asked for until then.
  const auto deadline = std::chrono::steady_clock::now() + kCloseTimeout;
  std::mutex none;
  std::unique_lock lock(none);
  std::condition_variable never;
  while (!users_.expired() && std::chrono::steady_clock::now() < deadline) {
    never.wait_for(lock, std::chrono::milliseconds(1));
  }
  return users_.expired();
}

// The identity goes first: without it the directory counts as empty, whatever else is still there.
Result<> FaultDomain::wipe_rows() {
  FH_CHECK_OK(disk_.unlink(place_.path + "/domain"));
  FH_CHECK_OK(disk_.sync_directory(place_.path));
  // Made anew when it is opened. The chunks stay: the rebuilding keeps those that are good.
  FH_CHECK_OK(disk_.unlink(place_.path + "/chunks/FORMAT"));
  FH_CHECK_OK(disk_.remove_tree(log_path()));
  return disk_.remove_tree(rows_path());
}

std::shared_ptr<OpenDomain> FaultDomain::opened() const {
  std::lock_guard lock(mutex_);
  return opened_;
}

Result<std::optional<DomainIdentity>> FaultDomain::read_identity() const {
  const std::string path = place_.path + "/domain";
  FH_TRY(const bool exists, disk_.exists(path));
  if (!exists) return std::nullopt;
  FH_TRY(const Bytes bytes, disk_.read_file(path));
  BytesView text = bytes;
  const auto corrupt = [&path] { return fail(ErrorCode::kCorrupt, "stored bytes are damaged", path); };
  if (!text.starts_with(kMagic)) return corrupt();
  text.remove_prefix(kMagic.size());
  const auto version = parse_u64(take_until(text, '\n'));
  if (!version || *version == 0) return corrupt();
  if (*version > kDomainVersion) return fail(ErrorCode::kUnsupported, "written by a newer version", path);
  if (*version < kDomainVersion) {
    return fail(ErrorCode::kUnsupported, "written by an older version whose format isn't read any more", path);
  }
  const auto placement = from_hex(take_until(text, ' '));
  const auto index = parse_u64(take_until(text, '\n'));
  if (!placement || placement->size() != 16 || !index || *index > 2 || !text.empty()) return corrupt();
  return DomainIdentity{*placement, static_cast<unsigned>(*index)};
}

Result<> FaultDomain::write_identity(const Bytes& placement) const {
  const std::string text = std::string(kMagic) + std::to_string(kDomainVersion) + "\n" + to_hex(placement) + " " +
                           std::to_string(index_) + "\n";
  return disk_.write_file_durably(place_.path + "/domain", text);
}

}  // namespace freehold::store::embedded

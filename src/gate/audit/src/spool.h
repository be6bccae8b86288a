// The spool: where records wait, durable, while the store takes no commits (docs/formats/audit-log.md, "The spool").
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "disk/disk.h"
#include "store/partition_store.h"

namespace freehold::gate::audit {

// What is appended, and later read back, in one piece.
struct SpoolFrame {
  // If a commit with these very records may yet have happened: its first leaf. The log then holds this leaf or hasn't
  // them.
  std::uint64_t leaf_index = 0;
  Bytes leaf;
  std::vector<store::KeyValue> records;  // key: kAttachedPrefix + id; value: sealed like an attached row
};
[[nodiscard]] Bytes encode_spool_frame(const SpoolFrame& frame);
[[nodiscard]] std::optional<SpoolFrame> decode_spool_frame(BytesView payload);

// Append-only files with equal content in every directory that can be reached. Owned by the log and guarded by it;
// blocks on the disk. Without a disk or directories it takes nothing.
class Spool {
 public:
  Spool(disk::Disk* disk, std::vector<std::string> directories, const std::string& front_end, std::uint64_t limit,
        Random& random);
  // Finds what earlier processes left.
  void load();

  [[nodiscard]] bool takes() const { return !directories_.empty(); }
  // Durable on return in at least one directory. kExhausted: there is no more room; kUnavailable: no directory takes
  // it. Then the frame may be read back all the same.
  [[nodiscard]] Result<> append(const SpoolFrame& frame);
  [[nodiscard]] bool empty() const { return files_.empty(); }
  // The next frame in order of appending, each once; nothing when all have been read. Frames that are damaged in every
  // copy end their file.
  [[nodiscard]] std::optional<SpoolFrame> next();
  // Names the files that there are.
  [[nodiscard]] std::vector<Bytes> ids() const;
  // Removes a file's copies wherever they can be reached.
  void remove(const Bytes& id);

 private:
  struct Copy {
    std::string path;
    std::unique_ptr<disk::File> file;
  };
  struct SpoolFile {
    Bytes id;
    std::vector<std::string> paths;
    std::uint64_t size = 0;
    std::uint64_t next = 0;  // where the next frame to be read begins
  };
  [[nodiscard]] std::string name_of(const Bytes& id) const;
  [[nodiscard]] std::optional<Bytes> id_of(const std::string& name) const;
  [[nodiscard]] Result<> begin_file();
  [[nodiscard]] std::uint64_t bytes() const;
  [[nodiscard]] std::optional<Bytes> read_frame(const SpoolFile& file) const;

  disk::Disk* const disk_;
  const std::vector<std::string> directories_;
  const std::string prefix_;
  const std::uint64_t limit_;
  Random& random_;
  std::vector<SpoolFile> files_;  // the last one is written while writers_ isn't empty
  std::vector<Copy> writers_;
};

}  // namespace freehold::gate::audit

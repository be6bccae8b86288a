// What a SimDisk holds: pages with a current and a durable version, names with pending changes. Rules: disk/sim_disk.h.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "disk/disk.h"

namespace rocksdb {
class Env;
class FileSystem;
}  // namespace rocksdb

namespace freehold::disk {

inline constexpr std::uint64_t kSimPage = 4096;

// Never changed once a slot's durable version or another disk shares it; null stands for zeros.
using SimPage = std::shared_ptr<std::array<char, kSimPage>>;

struct SimSlot {
  SimPage current;
  SimPage durable;
  bool allocated = false;  // takes up room (written or preallocated)
  bool dirty = false;      // current isn't durable: listed in SimNode::dirty, and current is this slot's own
};

// A file or directory. Changed only by SimState, under its mutex.
struct SimNode {
  bool is_directory = false;
  std::vector<SimSlot> slots;
  std::vector<std::size_t> dirty;  // slots
  std::uint64_t size = 0;
  std::uint64_t durable_size = 0;
  std::uint64_t allocated_slots = 0;
  std::uint64_t modified = 0;  // a count, as good as a time
  std::uint32_t links = 0;     // names; without one its room is free again
};
using SimNodePtr = std::shared_ptr<SimNode>;

// Thread-safe: one mutex, since every call is a short copy of memory. Paths may have doubled or trailing slashes.
class SimState {
 public:
  explicit SimState(std::uint64_t capacity) : capacity_(capacity) { names_["/"] = durable_names_["/"] = directory(); }

  enum class Existing { kRequired, kKept, kTruncated };
  [[nodiscard]] Result<SimNodePtr> open(const std::string& path, Existing existing);
  [[nodiscard]] Result<SimNodePtr> find(const std::string& path);  // file or directory; kNotFound
  [[nodiscard]] Result<std::vector<std::string>> list(const std::string& path);
  [[nodiscard]] Result<> make_directory(const std::string& path);  // and its ancestors
  [[nodiscard]] Result<> rename(const std::string& from, const std::string& to);
  [[nodiscard]] Result<> remove(const std::string& path);  // a file or an empty directory; kNotFound
  [[nodiscard]] Result<> sync_directory(const std::string& path);
  [[nodiscard]] Result<> lock(const std::string& path);
  void unlock(const std::string& path);

  [[nodiscard]] Result<> write(SimNode& node, std::uint64_t offset, BytesView bytes);
  [[nodiscard]] Result<std::size_t> read(const SimNode& node, std::uint64_t offset,
                                         std::span<char> out);  // short at end
  [[nodiscard]] Result<> sync(SimNode& node);
  [[nodiscard]] Result<> resize(SimNode& node, std::uint64_t size);
  [[nodiscard]] Result<> preallocate(SimNode& node, std::uint64_t size);
  [[nodiscard]] Result<> punch(SimNode& node, std::uint64_t offset, std::uint64_t length);
  [[nodiscard]] Result<> pass_change();  // a change without effect here (RangeSync)
  [[nodiscard]] Result<std::uint64_t> size(const SimNode& node);
  [[nodiscard]] Result<std::uint64_t> allocated(const SimNode& node);
  [[nodiscard]] Result<std::uint64_t> modified(const SimNode& node);
  [[nodiscard]] Result<std::uint64_t> free_bytes();
  [[nodiscard]] Result<> flip_bit(const std::string& path, std::uint64_t offset, unsigned bit);

  [[nodiscard]] std::shared_ptr<SimState> crash(std::uint64_t seed);
  [[nodiscard]] std::uint64_t ops();
  void fail_from_op(std::uint64_t n);
  [[nodiscard]] bool is_down();
  void set_capacity(std::uint64_t bytes);
  [[nodiscard]] std::uint64_t used_bytes();
  void set_reads_cached(bool cached);
  [[nodiscard]] bool reads_cached();
  [[nodiscard]] std::uint64_t unsynced_pages();
  [[nodiscard]] std::uint64_t unsynced_names();

  [[nodiscard]] static std::string normal(const std::string& path);
  [[nodiscard]] static std::string parent_of(const std::string& normal_path);

 private:
  using Names = std::map<std::string, SimNodePtr>;
  struct NameChange {
    enum class Kind { kAdd, kRemove } kind;
    std::string path;
    SimNodePtr node;
  };
  using NameChanges = std::vector<NameChange>;  // happen together or not at all

  static SimNodePtr directory() {
    auto node = std::make_shared<SimNode>();
    node->is_directory = true;
    node->links = 1;
    return node;
  }
  static void apply(Names& names, const NameChanges& changes);
  static Result<SimNodePtr> missing(const std::string& path);
  [[nodiscard]] Result<> check_up() const;
  [[nodiscard]] Result<> begin_change();
  void change_names(NameChanges changes);
  [[nodiscard]] bool has_directory(const std::string& path) const;
  [[nodiscard]] bool claim(SimNode& node, SimSlot& slot);
  void make_dirty(SimNode& node, std::size_t index);
  void set_size(SimNode& node, std::uint64_t size);
  void release(SimNode& node);
  static SimNodePtr survivor(const SimNode& node, std::mt19937_64& dice);

  std::mutex mutex_;  // guards everything below and every node
  Names names_;
  Names durable_names_;
  std::vector<NameChanges> pending_;
  std::set<std::string> locks_;
  std::uint64_t capacity_;
  std::uint64_t used_slots_ = 0;
  std::uint64_t ops_ = 0;
  std::uint64_t fail_from_ = 0;
  bool down_ = false;
  bool reads_cached_ = true;
};

// RocksDB's view of the state. Keeps it alive.
[[nodiscard]] std::shared_ptr<rocksdb::FileSystem> sim_file_system(std::shared_ptr<SimState> state);
// An Env over `file_system` that never sleeps long.
[[nodiscard]] std::shared_ptr<rocksdb::Env> sim_env(std::shared_ptr<rocksdb::FileSystem> file_system);

}  // namespace freehold::disk

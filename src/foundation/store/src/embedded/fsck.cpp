#include "store/fsck.h"

#include "base/encoding.h"
#include "src/embedded/engine.h"
#include "src/embedded/rebuild.h"

namespace freehold::store {
namespace embedded {
namespace {

constexpr std::chrono::minutes kRebuildPatience{24 * 60};
constexpr std::chrono::seconds kGonePatience{3};
constexpr std::uint64_t kProgressEvery = 1'000;

class Checkup {
 public:
  Checkup(OpenEngine& engine, std::function<void(const FsckProgress&)> progress)
      : engine_(engine), parts_(engine.parts()), progress_(std::move(progress)) {}

  FsckReport run() {
    wait_for_members();
    verify_rows();
    parts_.replicator.pause();
    for (auto& domain : parts_.domains) domain->rows_worker().drain();
    compare_rows();
    verify_chunks();
    parts_.replicator.resume();
    return std::move(report_);
  }

 private:
  using Verdict = FsckReport::Verdict;

  void find(bool mended, std::string what) {
    (mended ? report_.repaired : report_.damaged) += 1;
    report_.verdict = std::max(report_.verdict, mended ? Verdict::kRepaired : Verdict::kDamage);
    if (report_.findings.size() < kMostFindings) {
      report_.findings.push_back((mended ? "repaired: " : "damaged: ") + std::move(what));
    }
  }

  // False if `patience` ran out.
  template <class Condition>
  bool wait_until(Condition condition, std::chrono::seconds patience, std::string_view phase) {
    std::mutex none;
    std::unique_lock lock(none);
    std::condition_variable never;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      never.wait_for(lock, std::chrono::milliseconds(50));
      progress_({phase, engine_.stats().rebuild_keys, 0});
    }
    return true;
  }

  void wait_for_members() {
    auto gone_since = std::chrono::steady_clock::now();
    (void)wait_until(
        [&] {
          bool all = true;
          bool working = false;
          for (const auto& domain : engine_.stats().domains) {
            all = all && domain.state == DomainState::kMember;
            working = working || domain.state == DomainState::kRebuilding;
          }
          if (working) gone_since = std::chrono::steady_clock::now();
          return all || std::chrono::steady_clock::now() - gone_since > kGonePatience;
        },
        kRebuildPatience, "rebuilding");
    const auto stats = engine_.stats();
    if (stats.rebuilds > 0) find(true, std::to_string(stats.rebuilds) + " fault domain(s) rebuilt whole");
    for (const auto& domain : stats.domains) {
      if (domain.state != DomainState::kMember) {
        find(false, "fault domain " + domain.path + " is " + std::string(to_string(domain.state)));
      }
    }
  }

  void verify_rows() {
    for (auto& domain : parts_.domains) {
      progress_({"rows", domain->index(), kDomains});
      const auto good = verify_rows_of(*domain);
      if (good) continue;
      // The steward cures it if the other copies are whole: a domain that came through it is a member again, undamaged.
      parts_.replicator.note_damage(domain->index());
      const auto before = engine_.stats().rebuilds;
      const bool cured = parts_.replicator.members() == 0b111 && wait_cured(before);
      find(cured, "rows of " + domain->place().path + ": " + good.error().detail);
    }
  }

  // Lets go of the domain before it returns: to be cured it must be closed.
  Result<> verify_rows_of(const FaultDomain& domain) {
    const auto opened = domain.opened();
    if (!opened || parts_.replicator.role(domain.index()) != Role::kMember) return {};
    return opened->rows->verify_all();
  }

  bool wait_cured(std::uint64_t rebuilds_before) {
    auto last_work = std::chrono::steady_clock::now();
    const auto cured = [&] {
      return engine_.stats().rebuilds > rebuilds_before && parts_.replicator.members() == 0b111;
    };
    (void)wait_until(
        [&] {
          if (parts_.replicator.targets() != parts_.replicator.members()) last_work = std::chrono::steady_clock::now();
          return cured() || std::chrono::steady_clock::now() - last_work > 10 * kGonePatience;
        },
        kRebuildPatience, "rebuilding");
    return cured();
  }

  struct Side {
    FaultDomain* domain;
    std::shared_ptr<OpenDomain> opened;
    std::unique_ptr<rocksdb::Iterator> rows;
  };

  // Walks all copies at once: at each key, all must have it and agree.
  void compare_rows() {
    std::vector<Side> sides;
    for (auto& domain : parts_.domains) {
      if (parts_.replicator.role(domain->index()) != Role::kMember || domain->damaged) continue;
      auto opened = domain->opened();
      if (!opened) continue;
      auto rows = opened->rows->iterate(Wait::kYes, nullptr, false);
      rows->SeekToFirst();
      sides.push_back({domain.get(), std::move(opened), std::move(rows)});
    }
    while (true) {
      const auto least = least_key(sides);
      if (!least) break;
      compare_at(sides, *least);
      if (++report_.rows % kProgressEvery == 0) progress_({"rows", report_.rows, 0});
      for (auto& side : sides) {
        if (side.rows->Valid() && side.rows->key() == rocksdb::Slice(*least)) side.rows->Next();
      }
    }
    for (const auto& side : sides) {
      if (!side.rows->status().ok()) find(false, "rows of " + side.domain->place().path + " can't be read to the end");
    }
  }

  static std::optional<Bytes> least_key(const std::vector<Side>& sides) {
    std::optional<Bytes> least;
    for (const auto& side : sides) {
      if (side.rows->Valid() && (!least || side.rows->key().compare(*least) < 0)) least = side.rows->key().ToString();
    }
    return least;
  }

  void compare_at(std::vector<Side>& sides, const Bytes& key) {
    if (static_cast<Space>(key.front()) == Space::kLocal) return;
    std::map<std::optional<Bytes>, unsigned> values;
    for (const auto& side : sides) {
      if (!side.rows->status().ok()) return;  // reported at the end
      const bool has = side.rows->Valid() && side.rows->key() == rocksdb::Slice(key);
      ++values[has ? std::optional(side.rows->value().ToString()) : std::nullopt];
    }
    if (values.size() == 1) return;
    const auto most = std::ranges::max_element(values, {}, [](const auto& v) { return v.second; });
    bool mended = most->second >= 2;
    for (auto& side : sides) {
      if (!mended) break;
      rocksdb::WriteBatch right;
      if (most->first) {
        right.Put(key, *most->first);
      } else {
        right.Delete(key);
      }
      mended = side.opened->rows->write(right, Sync::kYes).has_value();
    }
    find(mended, std::string("copies of a row differ, key space '") + key.front() + "'");
  }

  void verify_chunks() {
    FaultDomain* member = parts_.replicator.member(0);
    const auto source = member ? member->opened() : nullptr;
    if (!source) return;
    const Bytes end_key = prefix_end(space_key(Space::kChunk));
    const rocksdb::Slice end(end_key);
    auto it = source->rows->iterate(Wait::kYes, &end, false);
    for (it->Seek(space_key(Space::kChunk)); it->Valid(); it->Next()) {
      const auto id = chunk_id_of_key({it->key().data(), it->key().size()});
      const auto address = decode_address({it->value().data(), it->value().size()});
      if (!id || !address) {
        find(false, "an entry of the chunk index can't be read");
        continue;
      }
      for (auto& domain : parts_.domains) verify_copy(*domain, *id, *address);
      ++report_.chunks;
      progress_({"chunks", report_.chunks, parts_.allocator.live_chunks()});
    }
  }

  void verify_copy(FaultDomain& domain, ChunkId id, const disk::ExtentAddress& address) {
    const auto opened = domain.opened();
    if (!opened || parts_.replicator.role(domain.index()) != Role::kMember) return;
    report_.chunk_bytes += address.footprint();
    const auto good = opened->extents->verify(extent_key(id), address);
    if (good) return;
    const auto mended = copy_chunk(parts_.domains, domain.index(), id, address);
    const bool verified = mended && opened->extents->verify(extent_key(id), address);
    find(verified, "chunk " + to_hex(to_bytes(id)) + " in " + domain.place().path + ": " + good.error().detail);
  }

  OpenEngine& engine_;
  OpenEngine::Parts parts_;
  std::function<void(const FsckProgress&)> progress_;
  FsckReport report_;
};

}  // namespace
}  // namespace embedded

Result<FsckReport> fsck(EmbeddedOptions options, disk::Disk& disk, FileKeySource& keys, const Clock& clock,
                        Random& random, std::function<void(const FsckProgress&)> progress) {
  options.scrub_pause = std::chrono::milliseconds(0);
  options.rebuild_from_one = true;
  progress({"opening", 0, 0});
  FH_TRY(const auto engine, embedded::open_engine(std::move(options), disk, keys, clock, random));
  return embedded::Checkup(*engine, std::move(progress)).run();
}

}  // namespace freehold::store

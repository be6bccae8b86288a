#include "src/embedded/scrubber.h"

#include "base/log.h"

namespace freehold::store::embedded {
namespace {
constexpr unsigned bit(unsigned index) { return 1u << index; }
constexpr int kChunksATime = 4;
constexpr std::chrono::minutes kFirstRest{10};  // a start has better things to do
}  // namespace

Scrubber::Scrubber(Domains& domains, Replicator& replicator, EmbeddedChunks& chunks, std::chrono::milliseconds pause,
                   std::chrono::milliseconds rest)
    : domains_(domains),
      replicator_(replicator),
      chunks_(chunks),
      pause_(pause),
      rest_(rest),
      due_(std::chrono::steady_clock::now() + std::min<std::chrono::milliseconds>(rest, kFirstRest)),
      worker_("fh-scrub") {}

void Scrubber::tick() {
  if (pause_.count() == 0 || busy_ || std::chrono::steady_clock::now() < due_.load()) return;
  busy_ = true;
  worker_.post([this] {
    const std::uint64_t round = rounds_;
    read_some();
    due_ = std::chrono::steady_clock::now() + (rounds_ == round ? pause_ : rest_);
    busy_ = false;
  });
}

void Scrubber::read_some() {
  FaultDomain* member = replicator_.readable();
  const auto source = member ? member->opened() : nullptr;
  if (!source) return;
  const Bytes end_key = prefix_end(space_key(Space::kChunk));
  const rocksdb::Slice end(end_key);
  auto it = source->rows->iterate(Wait::kYes, &end, false);
  it->Seek(cursor_.empty() ? space_key(Space::kChunk) : cursor_);
  for (int n = 0; n < kChunksATime && it->Valid() && !stopping_; ++n, it->Next()) {
    const auto id = chunk_id_of_key({it->key().data(), it->key().size()});
    const auto address = decode_address({it->value().data(), it->value().size()});
    cursor_ = it->key().ToString() + Bytes(1, '\0');
    if (!id || !address) continue;
    for (unsigned i = 0; i < kDomains; ++i) {
      const auto domain = replicator_.role(i) == Role::kMember ? domains_[i]->opened() : nullptr;
      if (!domain) continue;
      const auto good = domain->extents->verify(extent_key(*id), *address);
      if (!good && good.error().code != ErrorCode::kUnavailable) {
        chunks_.reject(*id, {static_cast<std::uint8_t>(i)});
      }
    }
    ++chunks_read_;
  }
  if (it->Valid() || !it->status().ok()) return;
  it.reset();
  verify_rows(replicator_.members());
  cursor_.clear();
  ++rounds_;
}

void Scrubber::verify_rows(unsigned members) {
  for (unsigned i = 0; i < kDomains; ++i) {
    const auto domain = members & bit(i) ? domains_[i]->opened() : nullptr;
    if (!domain || stopping_) continue;
    if (auto good = domain->rows->verify_all(); !good && good.error().code == ErrorCode::kCorrupt) {
      log_warning("damaged rows were found", {{"domain", std::uint64_t{i}}});
      replicator_.note_damage(i);
    }
  }
}

void Scrubber::verify_without(unsigned index) {
  if (verifying_ >= 0 || verified_ == static_cast<int>(index)) return;
  verifying_ = static_cast<int>(index);
  worker_.post([this, index] {
    int others = 0;
    for (unsigned i = 0; i < kDomains; ++i) {
      const auto domain = i != index && replicator_.role(i) == Role::kMember ? domains_[i]->opened() : nullptr;
      if (domain && domain->rows->verify_all()) ++others;
    }
    if (others == 2) {
      verified_ = static_cast<int>(index);
    } else {
      log_error("damaged rows can't be cured now: the other copies aren't whole", {{"domain", std::uint64_t{index}}});
    }
    verifying_ = -1;
  });
}

bool Scrubber::verified_without(unsigned index) { return verified_ == static_cast<int>(index); }

}  // namespace freehold::store::embedded

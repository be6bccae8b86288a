// Segments: where the content of one block lies.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "store/chunk_store.h"

namespace freehold::blob {

// A run of content under one chunk id: sealed pages in the ChunkStore, or one sealed page inline in the container's
// partition (the key `c` + id). The id is the sealing context in both cases and is never reused.
struct Segment {
  enum class Place : std::uint8_t { kInline = 1, kChunk = 2 };
  Place place = Place::kChunk;
  store::ChunkId id;
  std::uint32_t length = 0;  // plain bytes
  friend bool operator==(const Segment&, const Segment&) = default;
};

// A value like the vector that it holds, but copies share it (hence the shared_ptr): a list may name one block of 4,000
// MiB, 500 segments, 50,000 times, and must not cost 25 million of them. Not to be changed by two threads at a time.
class Segments {
 public:
  Segments() = default;
  Segments(std::initializer_list<Segment> items) : Segments(std::vector<Segment>(items)) {}
  Segments(std::vector<Segment> items) {  // NOLINT(google-explicit-constructor): stands for the vector
    if (items.empty()) return;
    list_ = std::make_shared<List>();
    for (const auto& item : items) list_->length += item.length;
    list_->items = std::move(items);
  }

  void push_back(Segment segment) {
    if (list_ == nullptr || list_.use_count() > 1) list_ = std::make_shared<List>(list_ ? *list_ : List{});
    list_->length += segment.length;
    list_->items.push_back(segment);
  }

  [[nodiscard]] bool empty() const { return list_ == nullptr; }
  [[nodiscard]] std::size_t size() const { return empty() ? 0 : list_->items.size(); }
  [[nodiscard]] const Segment& operator[](std::size_t i) const { return list_->items[i]; }
  [[nodiscard]] const Segment& front() const { return list_->items.front(); }
  [[nodiscard]] const Segment& back() const { return list_->items.back(); }
  [[nodiscard]] const Segment* begin() const { return empty() ? nullptr : list_->items.data(); }
  [[nodiscard]] const Segment* end() const { return begin() + size(); }
  [[nodiscard]] std::uint64_t length() const { return empty() ? 0 : list_->length; }
  // Copies of one value have the same one.
  [[nodiscard]] const void* identity() const { return list_.get(); }
  friend bool operator==(const Segments& a, const Segments& b) {
    return a.list_ == b.list_ || (a.list_ && b.list_ && a.list_->items == b.list_->items);
  }

 private:
  struct List {
    std::vector<Segment> items;
    std::uint64_t length = 0;
  };
  std::shared_ptr<List> list_;  // null: none
};

}  // namespace freehold::blob

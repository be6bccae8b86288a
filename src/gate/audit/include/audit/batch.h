// A batch: records of one tenant as lines of canonical text, compressed, sealed under the tenant's batch key.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "audit_format/leaf.h"
#include "base/random.h"
#include "base/result.h"
#include "base/secret.h"

namespace freehold::gate::audit {

// What a sealed batch may weigh: a row's value with room to spare.
inline constexpr std::size_t kSealedBatchBytes = 60 * 1024;
// What a batch's text may weigh, so that a reader knows how much memory opening one takes.
inline constexpr std::size_t kBatchTextBytes = 8 * 1024 * 1024;

// The texts of one tenant's records in order, each followed by a line end.
struct BatchText {
  TenantId tenant;
  Bytes text;
  struct Line {
    std::size_t end = 0;  // after the line end
    WallTime time;
  };
  std::vector<Line> lines;
};

struct SealedBatch {
  Leaf leaf;
  Bytes sealed;
  std::size_t first_line = 0;  // which lines of the text it holds: leaf.count of them
};

// Cuts a text into sealed batches. Keeps a compressor and what it learned about how well records compress. Not
// thread-safe.
class BatchMaker {
 public:
  explicit BatchMaker(Random& random);
  ~BatchMaker();
  // `next_index` is the first batch's place in the log; `origin` binds a batch to its log.
  [[nodiscard]] std::vector<SealedBatch> make(const BatchText& text, std::uint64_t next_index, std::string_view origin,
                                              const Secret& batch_key);

 private:
  struct Compressor;
  [[nodiscard]] std::size_t lines_to_try(const BatchText& text, std::size_t from) const;

  Random& random_;
  std::unique_ptr<Compressor> compressor_;
  double ratio_ = 0.5;  // compressed by plain, of the worst recent batch
};

// The text of a sealed batch; kCorrupt if it doesn't open, or isn't what the leaf says.
[[nodiscard]] Result<Bytes> open_batch(const Leaf& leaf, BytesView sealed, std::string_view origin,
                                       const Secret& batch_key);
// The lines of a batch's text, without their line ends.
[[nodiscard]] std::vector<BytesView> lines_of(BytesView text);

}  // namespace freehold::gate::audit

// PageCollector: what the collector does about page blobs. Fills holes, and takes away window rows that no state of the
// blob sees any more, with the segments that they alone name.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "src/blob_store.h"
#include "src/collector_jobs.h"
#include "src/content_store.h"
#include "src/garbage_row.h"
#include "src/page_map.h"

namespace freehold::blob {

// Owned by the Collector and used as that is. Every step is idempotent and bounded; a crash between steps repeats one.
class PageCollector {
 public:
  PageCollector(BlobStore& blobs, ContentStore& content) : blobs_(blobs), content_(content) {}

  // The versions of one generation that something still sees. What it doesn't hold, nothing will see again: it may be
  // kept until the readers have ended that began before it was made, and used then.
  struct Living {
    std::optional<std::uint64_t> base;  // every version from there on
    std::set<std::uint64_t> snapshots;
    // Does a state see a row of version `row` that the next newer one of its window, `newer`, covers?
    [[nodiscard]] bool sees(std::uint64_t row, std::optional<std::uint64_t> newer) const;
  };
  [[nodiscard]] Task<Result<Living>> living(store::PartitionId partition, std::string name, std::uint64_t generation);

  // Readers that began before `living` was made have ended. kUnavailable: a writer came between too often.
  [[nodiscard]] Task<Result<>> collect(JobPass pass, store::PartitionId partition, std::string name,
                                       PageGarbage garbage, Living living);
  // Removes the chunks of a window's row. For rows that go with their whole container.
  [[nodiscard]] Task<Result<>> remove_content(JobPass pass, BytesView row);

 private:
  // All rows of one window, newest first.
  struct WindowRows {
    std::uint32_t window = 0;
    std::vector<StoredWindow> rows;
  };
  // What a commit of the collector is made of.
  struct Step {
    std::vector<store::Expectation> expect;
    std::vector<store::KeyValue> puts;
    std::vector<Bytes> deletes;
    std::vector<Segment> dead;
    std::uint32_t next = 0;  // the first window that wasn't looked at
  };

  [[nodiscard]] Task<Result<>> fill_holes(JobPass pass, store::PartitionId partition, std::string name,
                                          std::uint64_t generation, Living living);
  [[nodiscard]] Task<Result<Step>> plan_fill(store::PartitionId partition, std::string name, PageState page,
                                             PageHole hole, std::uint32_t from);
  [[nodiscard]] Task<Result<bool>> drop_hole(JobPass pass, store::PartitionId partition, std::string name,
                                             StoredBlob current, PageHole hole);

  [[nodiscard]] Task<Result<>> trim(JobPass pass, store::PartitionId partition, std::string name, PageGarbage garbage,
                                    Living living);
  [[nodiscard]] Task<Result<WindowRows>> next_window(store::PartitionId partition, std::string name,
                                                     std::uint64_t generation, std::uint32_t from, std::uint32_t end);
  static void plan_trim(const std::string& name, std::uint64_t generation, const WindowRows& window,
                        const Living& living, Step& step);

  // Chunks first, then rows. False: something that was expected has changed.
  [[nodiscard]] Task<Result<bool>> take_step(JobPass pass, store::PartitionId partition, Step step);

  BlobStore& blobs_;
  ContentStore& content_;
};

}  // namespace freehold::blob

// A page blob against an array of bytes: random writes, clears, resizes, snapshots, diffs, restarts, collections and
// sweeps, by seed.
#include <map>

#include "src/page_test_client.h"

namespace freehold::blob::testing {
namespace {

constexpr std::uint64_t kPage = 512;
constexpr std::uint64_t kMost = 12 * 1024 * 1024;

struct Model {
  Bytes content;
  std::vector<int> written;  // by page: the step of its last write, or 0
  [[nodiscard]] std::size_t pages() const { return written.size(); }
};

Ranges runs_of(const std::vector<bool>& pages) {
  Ranges result;
  for (std::size_t page = 0; page < pages.size(); ++page) {
    if (!pages[page]) continue;
    const auto first = page * kPage;
    if (!result.empty() && result.back().second + 1 == first) {
      result.back().second += kPage;
    } else {
      result.emplace_back(first, first + kPage - 1);
    }
  }
  return result;
}

class PageModel : public PageTestClient {
 public:
  explicit PageModel(std::uint64_t seed) : choice_(seed) { make_container("box"); }

  void run_steps(int steps) {
    recreate();
    for (step_ = 2; step_ < steps && !::testing::Test::HasFailure(); ++step_) {
      step();
      check_range("/box/disk", now_);
      if (step_ % 40 == 0) check_all();
    }
    check_all();
    delete_all();
  }

 private:
  struct Snapshot {
    std::string time;
    Model model;
    int step = 0;
    int generation = 0;
  };

  std::uint64_t below(std::uint64_t bound) { return choice_.u64() % bound; }
  [[nodiscard]] static std::string of(const Snapshot& snapshot) { return "/box/disk?snapshot=" + snapshot.time; }

  void step() {
    const auto dice = below(100);
    if (dice < 45) {
      update();
    } else if (dice < 60) {
      clear_some();
    } else if (dice < 66) {
      resize();
    } else if (dice < 76) {
      take_snapshot();
    } else if (dice < 82) {
      drop_snapshot();
    } else if (dice < 90) {
      check_diff();
    } else if (dice < 92) {
      recreate();
    } else if (dice < 97) {
      take_audit_rows();
      collect();
    } else if (dice < 98) {
      EXPECT_EQ(runtime::run_blocking(service->sweep_orphans(*pipeline)).value_or(99), 0u);
    } else {
      restart();
      ASSERT_TRUE(runtime::run_blocking(service->find_left_over(*pipeline)).has_value());
    }
  }

  void recreate() {
    const auto length = (1 + below(kMost / kPage)) * kPage;
    ASSERT_EQ(create("/box/disk", length).status, 201);
    now_ = {Bytes(length, '\0'), std::vector<int>(length / kPage)};
    ++generation_;
  }

  std::pair<std::size_t, std::size_t> some_pages(std::size_t most) {
    const auto first = below(now_.pages());
    return {first, 1 + below(std::min(most, now_.pages() - first))};
  }

  void update() {
    constexpr std::size_t kSizes[] = {4, 64, 600, 8192};
    const auto [first, count] = some_pages(kSizes[below(4)]);
    const auto content = pattern(count * kPage, choice_.u64());
    ASSERT_EQ(write("/box/disk", first * kPage, content).status, 201);
    now_.content.replace(first * kPage, content.size(), content);
    std::fill_n(now_.written.begin() + static_cast<std::ptrdiff_t>(first), count, step_);
  }

  void clear_some() {
    const auto [first, count] = some_pages(below(2) == 0 ? 100 : now_.pages());
    const auto answer = clear("/box/disk", first * kPage, count * kPage);
    if (answer.status == 503) return collect();  // too many holes at once
    ASSERT_EQ(answer.status, 201) << answer.body;
    now_.content.replace(first * kPage, count * kPage, Bytes(count * kPage, '\0'));
    std::fill_n(now_.written.begin() + static_cast<std::ptrdiff_t>(first), count, 0);
  }

  void resize() {
    const auto length = (1 + below(kMost / kPage)) * kPage;
    const auto answer =
        run(Method::kPut, "/box/disk?comp=properties", {{"x-ms-blob-content-length", std::to_string(length)}});
    if (answer.status == 503) return collect();
    ASSERT_EQ(answer.status, 200) << answer.body;
    now_.content.resize(length, '\0');
    now_.written.resize(length / kPage);
  }

  void take_snapshot() {
    if (snapshots_.size() == 6) return;
    const auto answer = run(Method::kPut, "/box/disk?comp=snapshot");
    ASSERT_EQ(answer.status, 201) << answer.body;
    snapshots_.push_back({answer.header("x-ms-snapshot"), now_, step_, generation_});
    clock.advance(std::chrono::milliseconds(5));
  }

  void drop_snapshot() {
    if (snapshots_.empty()) return;
    const auto at = snapshots_.begin() + static_cast<std::ptrdiff_t>(below(snapshots_.size()));
    ASSERT_EQ(run(Method::kDelete, of(*at)).status, 202);
    snapshots_.erase(at);
  }

  void check_diff() {
    if (snapshots_.empty()) return;
    const auto index = below(snapshots_.size());
    const auto& then = snapshots_[index];
    if (then.generation != generation_) {
      EXPECT_EQ(get("/box/disk?comp=pagelist&prevsnapshot=" + then.time).code(), "BlobOverwritten");
      return;
    }
    check_diff("/box/disk?", then, now_);
    const auto later = index + below(snapshots_.size() - index);
    if (snapshots_[later].generation != then.generation || later == index) return;
    check_diff(of(snapshots_[later]) + "&", then, snapshots_[later].model);
  }

  void check_diff(const std::string& path, const Snapshot& then, const Model& now) {
    std::vector<bool> written(now.pages());
    std::vector<bool> cleared(now.pages());
    for (std::size_t page = 0; page < now.pages(); ++page) {
      written[page] = now.written[page] > then.step;
      cleared[page] = now.written[page] == 0 && page < then.model.pages() && then.model.written[page] != 0;
    }
    const auto url = path + "prevsnapshot=" + then.time;
    EXPECT_EQ(ranges(url, 50), runs_of(written)) << step_;
    EXPECT_EQ(ranges(url, 50, "ClearRange"), runs_of(cleared)) << step_;
  }

  void check_range(const std::string& path, const Model& model) {
    const auto offset = below(model.content.size());
    const auto length = 1 + below(model.content.size() - offset);
    const auto got = get(path, {{"range", range_text(offset, length)}});
    ASSERT_EQ(got.status, 206) << step_;
    ASSERT_TRUE(got.body == model.content.substr(offset, length)) << step_;
  }

  void check_state(const std::string& path, const Model& model) {
    const auto got = get(path);
    ASSERT_EQ(got.status, 200) << step_;
    ASSERT_TRUE(got.body == model.content) << step_;
    std::vector<bool> written(model.pages());
    for (std::size_t page = 0; page < model.pages(); ++page) written[page] = model.written[page] != 0;
    EXPECT_EQ(ranges(path, 100), runs_of(written)) << step_;
  }

  void check_all() {
    check_state("/box/disk", now_);
    for (const auto& snapshot : snapshots_) check_state(of(snapshot), snapshot.model);
  }

  void delete_all() {
    ASSERT_EQ(run(Method::kDelete, "/box/disk", {{"x-ms-delete-snapshots", "include"}}).status, 202);
    collect();
    take_audit_rows();
    EXPECT_EQ(chunk_count(), 0u);
    EXPECT_EQ(rows().size(), 1u);
  }

  SeededRandom choice_;
  Model now_;
  std::vector<Snapshot> snapshots_;
  int step_ = 1;
  int generation_ = 0;
};

class PageModelTest : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(PageModelTest, IsAnArrayOfBytes) {
  PageModel model(GetParam());
  model.run_steps(320);
}

INSTANTIATE_TEST_SUITE_P(Seeds, PageModelTest, ::testing::Range<std::uint64_t>(1, 7));

}  // namespace
}  // namespace freehold::blob::testing

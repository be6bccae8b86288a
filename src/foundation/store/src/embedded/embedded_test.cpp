#include "store/embedded.h"

#include "src/embedded/test_placement.h"
#include "store/conformance.h"

namespace freehold::store {
namespace {

class EmbeddedSubject final : public Subject {
 public:
  EmbeddedSubject() : random_(3) { open(); }
  Engine& engine() override { return *engine_; }
  FakeClock& clock() override { return clock_; }
  bool reopen() override {
    engine_.reset();
    open();
    return true;
  }

 private:
  void open() {
    auto opened = open_embedded(small_options(), disk_, keys_, clock_, random_);
    if (!opened) ADD_FAILURE() << opened.error().message << " " << opened.error().detail;
    engine_ = std::move(*opened);
  }

  disk::SimDisk disk_;
  FixedKeys keys_;
  FakeClock clock_;
  SeededRandom random_;
  std::unique_ptr<EmbeddedEngine> engine_;
};

INSTANTIATE_TEST_SUITE_P(Embedded, EngineConformance,
                         testing::Values(MakeSubject([] { return std::make_unique<EmbeddedSubject>(); })));

}  // namespace
}  // namespace freehold::store

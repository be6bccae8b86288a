// Any text as a template: it is planned and its bodies and outputs come out bounded, or it is refused; no resource
// waits for one that isn't there, and nothing waits for ever.
#include <cstdlib>

#include "src/sample_template.h"

using namespace freehold::gate::expression;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto document = read_jsonc({reinterpret_cast<const char*>(data), size});
  if (!document) return 0;
  auto planned = Template::plan({.document = std::move(*document), .frame = testing::sample_frame()});
  if (!planned) return 0;
  Template& plan = **planned;
  testing::SampleCloud cloud;
  DeploymentOrder order(plan.resources());
  std::size_t wanted = 0;
  for (const auto& resource : plan.resources()) wanted += resource.deploy ? 1 : 0;
  for (auto ready = order.take_ready(); !ready.empty(); ready = order.take_ready()) {
    for (const auto place : ready) {
      if (plan.resources().at(place).id.empty()) std::abort();
      (void)plan.body(place, cloud, Unknown::kStays);
      order.succeeded(place);
      --wanted;
    }
  }
  if (wanted != 0 || !order.finished()) std::abort();
  (void)plan.outputs(cloud);
  (void)plan.shown_parameters();
  return 0;
}

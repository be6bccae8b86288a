// The export's parsers and the verifier under arbitrary input. The first byte says which file the rest replaces in a
// good export; an altered export must never verify.
#include <cstdlib>

#include "sample_export.h"

using namespace freehold;
using namespace freehold::gate::audit;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const SampleExport kGood(6, 1, 5, 1);
  static const std::string kLeaves = kGood.all_leaves();
  static const std::string kLines = kGood.all_lines();
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  SampleExport changed = kGood;
  auto leaves = kLeaves;
  auto lines = kLines;
  std::string* const files[] = {
      &changed.manifest, &changed.checkpoint, &changed.earlier, &changed.proof, &leaves, &lines};
  auto& file = *files[data[0] % 6];
  const bool same = file == bytes;
  file = bytes;
  if (changed.verify_with(leaves, lines).verified() != same) {
    // Signatures by others may be appended to a note, and then the note is another text that says the same.
    const bool note = data[0] % 6 == 1 || data[0] % 6 == 2;
    if (!note || !bytes.starts_with(data[0] % 6 == 1 ? kGood.checkpoint : kGood.earlier)) std::abort();
  }
  return 0;
}

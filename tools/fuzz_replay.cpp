// Replays a fuzz target's corpus without libFuzzer: every file of the folder named on the command line once, and each
// again truncated at several places. Ends with status 1 if the corpus is missing or empty, so the test can't pass by
// doing nothing.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int argc, char** argv) {
  if (argc != 2 || !std::filesystem::is_directory(argv[1])) {
    std::fprintf(stderr, "usage: %s CORPUS_DIR\n", argv[0]);
    return 1;
  }
  std::size_t runs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
    for (std::size_t eighths = 0; eighths <= 8; ++eighths) {
      LLVMFuzzerTestOneInput(data, bytes.size() * eighths / 8);
      ++runs;
    }
  }
  std::printf("%zu runs\n", runs);
  return runs > 0 ? 0 : 1;
}

// Measures the embedded engine alone: durable 4 KiB commits, cached reads, chunks. Usage: store_bench DIR [SECONDS]
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "base/log.h"
#include "disk/disk.h"
#include "runtime/loops.h"
#include "runtime/task_scope.h"
#include "store/embedded.h"
#include "store/hybrid_clock.h"

namespace freehold::store {
namespace {

using runtime::Task;
using SteadyClock = std::chrono::steady_clock;

class BenchKeys final : public FileKeySource {
 public:
  Result<Secret> load_or_make(const std::string&) override { return Secret(Bytes(32, 'k')); }
};

struct Bench {
  EmbeddedEngine& engine;
  HybridClock& ids;
  TenantId tenant;
  SteadyClock::time_point end;
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::vector<ChunkId> chunks;
};

constexpr std::size_t kChunk = 4u << 20;

Task<> commits(Bench* bench, int client) {
  const PartitionId partition = make_partition_id(bench->tenant, "bench");
  for (int i = 0; SteadyClock::now() < bench->end; ++i) {
    Commit commit{partition, Epoch{1}, bench->ids.next_transaction(), {}, {}, {}};
    commit.puts.push_back({"k" + std::to_string(client) + "-" + std::to_string(i % 200), Bytes(4096, 'v')});
    const auto result = co_await bench->engine.partitions().commit(std::move(commit));
    (result.outcome == CommitOutcome::kOk ? bench->done : bench->failed) += 1;
  }
}

Task<> gets(Bench* bench, int client) {
  const PartitionId partition = make_partition_id(bench->tenant, "bench");
  for (int i = 0; i % 64 != 0 || SteadyClock::now() < bench->end; ++i) {
    const auto row =
        co_await bench->engine.partitions().get(partition, "k" + std::to_string(client) + "-" + std::to_string(i % 10));
    (row && *row ? bench->done : bench->failed) += 1;
  }
}

Task<> chunk_puts(Bench* bench) {
  while (SteadyClock::now() < bench->end) {
    const ChunkId id = bench->ids.next_chunk();
    const auto put = co_await bench->engine.chunks().put(bench->tenant, id, AlignedBuffer(kChunk));
    (put ? bench->done : bench->failed) += 1;
    if (put) bench->chunks.push_back(id);
  }
}

Task<> chunk_reads(Bench* bench, std::size_t from) {
  for (std::size_t i = from; SteadyClock::now() < bench->end; ++i) {
    const ChunkId id = bench->chunks[i % std::min<std::size_t>(bench->chunks.size(), 32)];
    const auto read = co_await bench->engine.chunks().read(bench->tenant, id, 0, kChunk);
    (read ? bench->done : bench->failed) += 1;
  }
}

double thread_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <class Spawn>
double run(Bench& bench, int seconds, Spawn spawn) {
  boost::asio::io_context loop(1);
  const auto begin = SteadyClock::now();
  const double cpu_begin = thread_cpu_seconds();
  bench.end = begin + std::chrono::seconds(seconds);
  bench.done = bench.failed = 0;
  spawn(loop);
  loop.run();
  const double took = std::chrono::duration<double>(SteadyClock::now() - begin).count();
  if (bench.failed > 0) std::printf("  %llu failed\n", static_cast<unsigned long long>(bench.failed));
  std::printf("%6.1f us of the loop's CPU each; ",
              (thread_cpu_seconds() - cpu_begin) * 1e6 / static_cast<double>(bench.done + 1));
  return static_cast<double>(bench.done) / took;
}

int main_of(const std::string& directory, int seconds) {
  set_log_level(LogLevel::kError);
  const auto disk = disk::make_real_disk();
  BenchKeys keys;
  SystemClock clock;
  SystemRandom random;
  HybridClock ids(clock, random);
  EmbeddedOptions options;
  for (int i = 0; i < 3; ++i) options.domains.push_back({directory + "/fd" + std::to_string(i), "z1"});
  auto engine = open_embedded(options, *disk, keys, clock, random);
  if (!engine) {
    std::fprintf(stderr, "%s %s\n", engine.error().message.c_str(), engine.error().detail.c_str());
    return 1;
  }
  Bench bench{**engine, ids, {}, {}, 0, 0, {}};
  const auto many = [&](int n, auto task) {
    return [&bench, n, task](boost::asio::io_context& loop) {
      for (int i = 0; i < n; ++i) boost::asio::co_spawn(loop, task(&bench, i), boost::asio::detached);
    };
  };
  std::printf("commit 4 KiB,  1 client:  %8.0f /s\n",
              run(bench, seconds, many(1, [](Bench* b, int i) { return commits(b, i); })));
  std::printf("commit 4 KiB, 64 clients: %8.0f /s\n",
              run(bench, seconds, many(64, [](Bench* b, int i) { return commits(b, i); })));
  const auto stats = (*engine)->stats();
  std::printf("  %.1f commits a batch\n", static_cast<double>(stats.commits) / static_cast<double>(stats.batches));
  std::printf("get 4 KiB, 64 clients:    %8.0f /s\n",
              run(bench, seconds, many(64, [](Bench* b, int i) { return gets(b, i); })));
  const double mib = static_cast<double>(kChunk) / (1 << 20);
  std::printf("put 4 MiB, 8 clients:     %8.0f MiB/s\n",
              mib * run(bench, seconds, many(8, [](Bench* b, int) { return chunk_puts(b); })));
  std::printf("read 4 MiB, 8 clients:    %8.0f MiB/s\n",
              mib * run(bench, seconds,
                        many(8, [](Bench* b, int i) { return chunk_reads(b, static_cast<std::size_t>(i) * 4); })));
  return 0;
}

}  // namespace
}  // namespace freehold::store

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: store_bench DIR [SECONDS]\n");
    return 64;
  }
  return freehold::store::main_of(argv[1], argc > 2 ? std::atoi(argv[2]) : 3);
}

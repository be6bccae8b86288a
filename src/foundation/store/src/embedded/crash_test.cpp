// Pulls the plug on a simulated disk, seed after seed: whatever was acknowledged is there afterwards, nothing is half.
//
// Each seed runs some clients against an engine until the disk stops at a random change, then looks at what survived
// (now and then with one domain emptied besides) and goes on. FREEHOLD_SEEDS=a-b runs other seeds than the usual ones.
#include <cstdlib>
#include <map>

#include "base/encoding.h"
#include "base/log.h"
#include "src/embedded/test_placement.h"

namespace freehold::store {
namespace {

using runtime::Task;
using Rows = std::map<Bytes, Bytes>;

Bytes content_of(ChunkId id, std::size_t length) {
  SeededRandom random(id.random);
  return random.bytes(length);
}

// What one client knows. It alone writes its partition and its chunks, one operation after the other, so that at most
// one of them is uncertain when the plug is pulled.
struct Client {
  PartitionId partition;
  Rows rows;                                    // acknowledged
  std::optional<Rows> maybe;                    // what they are if the uncertain commit happened
  std::map<ChunkId, std::size_t> chunks;        // acknowledged
  std::map<ChunkId, std::size_t> maybe_chunks;  // put or removed, unanswered
  std::vector<ChunkId> removed;
  std::uint64_t counted = 0;        // increments of the shared counter that were acknowledged
  std::uint64_t maybe_counted = 0;  // and that may have happened
};

struct World {
  explicit World(std::uint64_t seed) : random(seed), ids(clock, random), disk(std::make_unique<disk::SimDisk>()) {
    for (int i = 0; i < 3; ++i) {
      clients.push_back({make_partition_id(tenant, "client" + std::to_string(i)), {}, {}, {}, {}, {}});
    }
  }
  FakeClock clock;
  SeededRandom random;
  FixedKeys keys;
  HybridClock ids;
  TenantId tenant;
  PartitionId shared = make_partition_id(tenant, "shared");
  std::unique_ptr<disk::SimDisk> disk;
  std::unique_ptr<EmbeddedEngine> engine;
  std::vector<Client> clients;
  bool was_whole = false;
};

Bytes some_key(World& world) { return "k" + std::to_string(world.random.below(12)); }
Bytes some_value(World& world) {
  const bool large = world.random.below(4) == 0;
  return world.random.bytes(1 + world.random.below(large ? 20'000 : 200));
}

// False: the disk is down.
Task<bool> commit_some(World* world, Client* client) {
  Commit commit{client->partition, Epoch{1}, world->ids.next_transaction(), {}, {}, {}};
  Rows after = client->rows;
  const Bytes checked = some_key(*world);
  const auto current = client->rows.find(checked);
  const bool wrong = world->random.below(8) == 0;
  if (wrong) {
    commit.expect.push_back(equals(checked, "never this"));
  } else {
    commit.expect.push_back({checked, current == client->rows.end() ? std::nullopt : std::optional(current->second)});
  }
  for (int i = 0; i < 4; ++i) {
    const Bytes key = "k" + std::to_string(i * 3 + static_cast<int>(world->random.below(3)));
    if (world->random.below(3) == 0) {
      commit.deletes.push_back(key);
      after.erase(key);
    } else {
      commit.puts.push_back({key, some_value(*world)});
      after[key] = commit.puts.back().value;
    }
  }
  if (world->random.below(2) == 0) commit.change = ChangeRecord::kWrite;
  const auto result = co_await world->engine->partitions().commit(std::move(commit));
  switch (result.outcome) {
    case CommitOutcome::kOk:
      EXPECT_FALSE(wrong);
      client->rows = std::move(after);
      co_return true;
    case CommitOutcome::kConflict:
      EXPECT_TRUE(wrong);
      co_return true;
    case CommitOutcome::kUnknown:
      client->maybe = std::move(after);
      co_return false;
    default:
      co_return false;
  }
}

Task<bool> count_up(World* world, Client* client) {
  auto& store = world->engine->partitions();
  for (int tries = 0; tries < 10; ++tries) {
    const auto now = co_await store.get(world->shared, "counter");
    if (!now) co_return false;
    const auto value = *now ? parse_u64(**now).value() : 0;
    Commit commit{world->shared,
                  Epoch{1},
                  world->ids.next_transaction(),
                  {{"counter", *now}},
                  {{"counter", std::to_string(value + 1)}},
                  {}};
    const auto result = co_await store.commit(std::move(commit));
    if (result.outcome == CommitOutcome::kConflict) continue;
    client->counted += result.outcome == CommitOutcome::kOk;
    client->maybe_counted += result.outcome == CommitOutcome::kUnknown;
    co_return result.outcome == CommitOutcome::kOk;
  }
  co_return true;
}

Task<bool> put_chunk(World* world, Client* client) {
  const ChunkId id = world->ids.next_chunk();
  const std::size_t length = 1 + world->random.below(world->random.below(4) == 0 ? 200'000 : 9'000);
  AlignedBuffer bytes(length);
  const Bytes content = content_of(id, length);
  std::copy(content.begin(), content.end(), bytes.data());
  const auto put = co_await world->engine->chunks().put(world->tenant, id, std::move(bytes));
  (put ? client->chunks : client->maybe_chunks).emplace(id, length);
  co_return put.has_value();
}

Task<bool> remove_chunk(World* world, Client* client) {
  if (client->chunks.empty()) co_return true;
  auto chunk = client->chunks.begin();
  std::advance(chunk, static_cast<std::ptrdiff_t>(world->random.below(client->chunks.size())));
  const auto [id, length] = *chunk;
  client->chunks.erase(chunk);
  const auto removed = co_await world->engine->chunks().remove(id);
  if (removed) {
    client->removed.push_back(id);
  } else {
    client->maybe_chunks.emplace(id, length);
  }
  co_return removed.has_value();
}

Task<> run_client(World* world, Client* client) {
  for (int i = 0; i < 60; ++i) {
    bool up = true;
    switch (world->random.below(6)) {
      case 0:
        up = co_await count_up(world, client);
        break;
      case 1:
        up = co_await put_chunk(world, client);
        break;
      case 2:
        up = co_await remove_chunk(world, client);
        break;
      default:
        up = co_await commit_some(world, client);
        break;
    }
    if (!up) co_return;
  }
}

void run_clients(World& world) {
  boost::asio::io_context loop(1);
  for (auto& client : world.clients) {
    boost::asio::co_spawn(loop, run_client(&world, &client), boost::asio::detached);
  }
  loop.run();
}

Task<Rows> read_rows(World* world, PartitionId partition) {
  Rows rows;
  Bytes from;
  for (bool more = true; more;) {
    auto page = co_await world->engine->partitions().scan(partition, from, {}, 5);
    if (!page) {
      ADD_FAILURE() << page.error().message << " " << page.error().detail;
      break;
    }
    for (auto& row : page->rows) rows.emplace(row.key, row.value);
    more = page->more;
    if (more) from = page->rows.back().key + Bytes(1, '\0');
  }
  co_return rows;
}

Task<> check_chunks(World* world, Client* client) {
  auto& store = world->engine->chunks();
  for (const auto& [id, length] : client->chunks) {
    const auto read = co_await store.read(world->tenant, id, 0, static_cast<std::uint32_t>(length));
    if (!read) {
      ADD_FAILURE() << "acknowledged chunk: " << read.error().message << " " << read.error().detail;
    } else {
      EXPECT_TRUE(read->bytes.view() == content_of(id, length));
    }
  }
  for (const auto& [id, length] : client->maybe_chunks) {
    const auto read = co_await store.read(world->tenant, id, 0, static_cast<std::uint32_t>(length));
    if (read) {
      EXPECT_TRUE(read->bytes.view() == content_of(id, length));
      client->chunks.emplace(id, length);
    } else {
      EXPECT_EQ(read.error().code, ErrorCode::kNotFound) << read.error().detail;
    }
  }
  client->maybe_chunks.clear();
  for (const auto& id : client->removed) {
    const auto read = co_await store.read(world->tenant, id, 0, 1);
    EXPECT_FALSE(read) << "a removed chunk came back " << id.random;
  }
}

Task<> check(World* world) {
  std::uint64_t counted = 0;
  std::uint64_t maybe = 0;
  for (auto& client : world->clients) {
    Rows rows = co_await read_rows(world, client.partition);
    EXPECT_TRUE(rows == client.rows || (client.maybe && rows == *client.maybe));
    client.rows = std::move(rows);
    client.maybe.reset();
    co_await check_chunks(world, &client);
    counted += client.counted;
    maybe += client.maybe_counted;
  }
  const auto counter = co_await world->engine->partitions().get(world->shared, "counter");
  EXPECT_TRUE(counter.has_value());
  if (!counter) co_return;
  const auto value = *counter ? parse_u64(**counter).value() : 0;
  EXPECT_GE(value, counted);
  EXPECT_LE(value, counted + maybe);
  // From now on what is there is what counts.
  for (auto& client : world->clients) client.counted = client.maybe_counted = 0;
  world->clients.front().counted = value;
}

bool is_whole(const World& world) {
  const auto stats = world.engine->stats();
  return std::ranges::all_of(stats.domains, [](const auto& d) { return d.state == DomainState::kMember; });
}

void open_and_check(World& world) {
  EmbeddedOptions options = small_options();
  options.extent_bytes = 1u << 20;
  options.log_segment_bytes = 32u << 10;
  options.write_buffers_bytes = 300u << 10;
  options.block_cache_bytes = 1u << 20;
  auto opened = open_embedded(options, *world.disk, world.keys, world.clock, world.random);
  ASSERT_TRUE(opened) << opened.error().message << " " << opened.error().detail;
  world.engine = std::move(*opened);
  ASSERT_TRUE(eventually([&] { return world.engine->stats().writable; }));
  runtime::run_blocking(check(&world));
}

void pull_the_plug(World& world) {
  world.disk->fail_from_op(world.disk->ops() + 1 + world.random.below(400));
  run_clients(world);
  world.was_whole = world.was_whole || is_whole(world);
  world.engine.reset();
  world.disk = world.disk->crash(world.random.u64());
}

void run_seed(std::uint64_t seed) {
  SCOPED_TRACE("seed " + std::to_string(seed) + " (FREEHOLD_SEEDS=" + std::to_string(seed) + "-" +
               std::to_string(seed) + ")");
  World world(seed);
  for (int round = 0; round < 3; ++round) {
    open_and_check(world);
    if (testing::Test::HasFailure()) return;
    world.was_whole = is_whole(world);
    pull_the_plug(world);
    if (world.was_whole && world.random.below(4) == 0) {
      const auto lost = "/data/fd" + std::to_string(world.random.below(3));
      EXPECT_TRUE(world.disk->remove_tree(lost));
    }
  }
  open_and_check(world);
  if (testing::Test::HasFailure()) return;
  EXPECT_TRUE(eventually([&] { return is_whole(world); }));
}

void run_seeds(std::uint64_t first, std::uint64_t last) {
  set_log_level(LogLevel::kError);
  if (const char* range = std::getenv("FREEHOLD_SEEDS")) {
    const std::string_view text = range;
    const auto dash = text.find('-');
    first = parse_u64(text.substr(0, dash)).value();
    last = parse_u64(text.substr(dash + 1)).value();
  }
  for (std::uint64_t seed = first; seed <= last && !testing::Test::HasFailure(); ++seed) run_seed(seed);
}

TEST(Crash, FirstHalfOfTheSeeds) { run_seeds(1, 500); }
TEST(Crash, SecondHalfOfTheSeeds) { run_seeds(501, 1000); }

}  // namespace
}  // namespace freehold::store

// Full backups and restores of pools, over a container in memory: what breaks off, what is altered meanwhile, and what
// comes from elsewhere.
#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>

#include "http/bytes_body.h"
#include "runtime/completion.h"
#include "src/hsm_backup.h"
#include "src/hsm_gate.h"
#include "src/hsm_secrets.h"
#include "src/hsm_stray_tokens.h"
#include "src/test_domain.h"
#include "src/token_material.h"
#include "src/vault_row.h"

namespace freehold::vault {
namespace {

const std::string kFolder = "mhsm-hsm1-19700101000000";

// A container of blobs, as PoolStorage asks for them.
class Container {
 public:
  [[nodiscard]] AskDoor door() {
    return [this](http::Request& request) { return answer(request); };
  }
  std::map<std::string, Bytes> blobs;            // by "FOLDER/NAME"
  std::function<void(std::string name)> served;  // behind each GET

 private:
  Task<http::Response> answer(http::Request& request) {
    const std::string name = request.path.substr(request.path.find('/', 1) + 1);
    http::Response out;
    if (request.method == http::Method::kPut) {
      Bytes content(static_cast<std::size_t>(*request.body->length()), '\0');
      if (!content.empty() && !co_await request.body->read_some(content)) out.status = 500;
      const bool there = blobs.contains(name);
      out.status = there ? 409 : 201;
      if (there) out.headers.set("x-ms-error-code", "BlobAlreadyExists");
      if (!there) blobs[name] = std::move(content);
      co_return out;
    }
    const auto found = blobs.find(name);
    out.status = found == blobs.end() ? 404 : 200;
    if (found != blobs.end()) out.body = found->second;
    if (served) served(name);
    co_return out;
  }
};

// Pools as the service has them, without its door.
class Restores : public DomainTest {
 protected:
  struct Parts {
    explicit Parts(Restores& test)
        : pools(test.memory_.sealed(), test.wrapper_, *test.memory_.tree, "pools"),
          items(test.memory_.sealed(), *test.memory_.tree),
          crypto({.name = "vault", .threads = 1, .queue_limit = 64, .per_key_limit = 64}),
          making({.name = "making", .threads = 1, .queue_limit = 64, .per_key_limit = 64}),
          rows(test.memory_.sealed()),
          roles(rows),
          tokens(hsm_.get(), test.wrapper_, making),
          jobs(pools, rows, test.memory_.random, test.memory_.clock),
          throttle(test.memory_.clock, {}),
          vault{.vaults = pools,
                .items = items,
                .row_keys = test.memory_.row_keys,
                .random = test.memory_.random,
                .crypto = crypto,
                .making = making,
                .keys = keys,
                .throttle = throttle,
                .tokens = &tokens},
          all{.vault = vault,
              .roles = roles,
              .rows = rows,
              .wrapper = test.wrapper_,
              .tokens = tokens,
              .activation = activation,
              .jobs = jobs,
              .domain = "cloud.test"} {
      EXPECT_TRUE(run_blocking(pools.load()).has_value());
    }
    ~Parts() { tokens.stop(); }

    VaultStore pools;
    ItemStore items;
    runtime::Pool crypto;
    runtime::Pool making;
    KeyCache keys;
    PoolRows rows;
    PoolRoleStore roles;
    PoolTokens tokens;
    PoolJobs jobs;
    PoolTurns activation;
    Throttle throttle;
    VaultParts vault;
    PoolParts all;
  };

  Restores() {
    pipeline_.reset();
    service_.reset();
    parts_ = std::make_unique<Parts>(*this);
    run_ = {.ask = container_.door(),
            .go_on = [this]() -> Result<> {
              if (steps_-- == 0) return fail(ErrorCode::kUnavailable, "The region stops.");
              return {};
            },
            .until_idle = []() -> Task<Result<>> { co_return Result<>(); }};
  }
  ~Restores() override { parts_.reset(); }

  // Every pool here has the same security domain.
  VaultPtr make(const std::string& name, TenantId tenant) {
    Vault pool;
    pool.tenant = tenant;
    pool.name = name;
    pool.subscription = subscription_;
    pool.resource_group = "g";
    pool.pool = PoolSettings{.administrators = {owner_}};
    EXPECT_TRUE(run_blocking(parts_->pools.create(std::move(pool))).has_value());
    const auto made = parts_->pools.find(name);
    const PoolSecrets kept{.pin = Secret(BytesView("0123456789abcdef0123456789abcdef")),
                           .backup = Secret(Bytes(32, 'b'))};
    const auto wrapped = run_blocking(wrap_secrets(wrapper_, tenant, made->id, kept));
    const std::string label = "pool-" + to_hex(memory_.random.bytes(10));
    auto token = run_blocking(parts_->tokens.make_token(tenant, label, kept.pin, Secret(Bytes(64, 't'))));
    EXPECT_TRUE(wrapped && token);
    EXPECT_TRUE(run_blocking(parts_->pools.change(made, [&](Vault& next) {
                  next.pool->activated = true;
                  next.pool->token = label;
                  next.pool->wrapped_secrets = *wrapped;
                })).has_value());
    parts_->tokens.enter(made->id, std::move(token->keys));
    const auto there = parts_->pools.find(name);
    EXPECT_TRUE(run_blocking(parts_->roles.load(there)).has_value());
    return there;
  }
  [[nodiscard]] VaultPtr pool(const std::string& name = "hsm1") const { return parts_->pools.find(name); }

  void put(VaultPtr pool, const std::string& name, std::vector<ItemContent> made, Life life = Life::kLive) {
    const ItemHead head{.name = name, .current = made.back().shown};
    std::vector<std::shared_ptr<const ItemContent>> versions;
    for (auto& each : made) versions.push_back(std::make_shared<const ItemContent>(std::move(each)));
    for (const auto& version : versions) {
      const auto edit = [head, version, life](const ItemState&) -> ApiResult<ItemChange> {
        ItemChange out{.versions = {version}};
        (life == Life::kLive ? out.live : out.deleted) = head;
        return out;
      };
      const auto done = run_blocking(parts_->items.change(pool, ItemKind::kKey, name, {}, edit, {}));
      EXPECT_TRUE(done && *done);
    }
  }
  ItemContent version_of(VaultPtr pool, const std::string& name) {
    auto made = run_blocking(make_version(parts_->vault, pool, name, {.type = crypto::KeyType::kEc, .hsm = true}));
    EXPECT_TRUE(made.has_value());
    return std::move(*made);
  }
  void make_key(VaultPtr pool, const std::string& name, Life life = Life::kLive) {
    std::vector<ItemContent> one;
    one.push_back(version_of(pool, name));
    put(pool, name, std::move(one), life);
  }
  void remove_key(const std::string& name) {
    const auto edit = [](const ItemState& state) -> ApiResult<ItemChange> {
      return ItemChange{.deleted = state.live, .remove_live = true};
    };
    EXPECT_TRUE(run_blocking(parts_->items.change(pool(), ItemKind::kKey, name, {}, edit, {})).has_value());
  }
  // Its key signs: it is there, in the clear in the pool's token alone.
  bool signs(const std::string& pool_name, const std::string& name) {
    const auto vault = pool(pool_name);
    const auto content = run_blocking(parts_->items.find(vault, ItemKind::kKey, name, ""));
    if (!content || !*content) return false;
    auto use = token_use({vault, name, (*content)->shown.version}, **content, parts_->tokens.forgets());
    if (!use) return false;
    return run_blocking(parts_->tokens.sign(std::move(*use), *crypto::find_algorithm("ES256"), Bytes(32, 'd')))
        .has_value();
  }
  std::string names(Life life = Life::kLive, const std::string& pool_name = "hsm1") {
    const auto found = run_blocking(parts_->items.list(pool(pool_name), ItemKind::kKey, life, "", 100));
    std::string out;
    for (const auto& each : found->items) out += each.name + " ";
    return out;
  }

  static StoragePlace place() { return {.container = "https://acc1.blob.core.cloud.test/box", .token = "sig=s"}; }
  Result<std::string> back_up(const std::string& name = "hsm1") {
    return run_blocking(back_up_pool(parts_->all, pool(name), run_, place(), WallTime{}));
  }
  PoolStorage storage(const std::string& folder = kFolder) { return {run_.ask, place(), folder}; }
  Result<std::string> restore(const std::string& name = "hsm1") {
    return run_blocking(restore_pool(parts_->all, pool(name), run_, storage()));
  }
  // What another program, or an older one, wrote: records and what the manifest says of them.
  void forge(const std::vector<std::vector<const BackedKey*>>& keys, TenantId tenant) {
    const BackupSeal seal(Secret(Bytes(32, 'b')));
    BackupManifest manifest;
    manifest.id = Bytes(16, 'i');
    manifest.tenant = tenant;
    manifest.pool_name = "hsm1";
    for (const auto& part : keys) {
      Bytes plain;
      for (const auto* key : part) append_key(plain, *key);
      container_.blobs[kFolder + "/" + part_name(manifest.parts)] =
          seal.seal_part(manifest.id, manifest.parts, plain, memory_.random);
      ++manifest.parts;
      manifest.records += part.size();
    }
    container_.blobs[kFolder + "/manifest"] = seal.seal_manifest(manifest, memory_.random);
  }
  BackedKey backed(VaultPtr pool, const std::string& name, Life life = Life::kLive) {
    BackedKey out{.life = life, .head = {.name = name}, .versions = {}};
    out.versions.push_back(version_of(pool, name));
    out.head.current = out.versions.front().shown;
    return out;
  }

  const gate::OnBehalf caller_{.tenant = tenant_, .object = owner_, .audience = ""};
  Container container_;
  int steps_ = -1;  // how often go_on() says yes; below zero: always
  JobRun run_;
  std::unique_ptr<Parts> parts_;
};

TEST_F(Restores, ThePoolBecomesWhatTheBackupHolds) {
  make("hsm1", tenant_);
  make_key(pool(), "k1");
  make_key(pool(), "k2");
  remove_key("k2");
  ASSERT_TRUE(back_up());
  make_key(pool(), "k3");
  remove_key("k1");
  for (int i = 0; i < 2; ++i) {
    const auto done = restore();
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(names(), "k1 ");
    EXPECT_EQ(names(Life::kDeleted), "k2 ");
    EXPECT_TRUE(signs("hsm1", "k1"));
  }
  // What it replaced is gone.
  auto other = std::make_shared<Vault>(*pool());
  other->pool->second_place = !other->pool->second_place;
  EXPECT_TRUE(*run_blocking(parts_->items.is_empty(other, ItemKind::kKey)));
  parts_.reset();
  parts_ = std::make_unique<Parts>(*this);
  EXPECT_TRUE(run_blocking(parts_->tokens.open(pool())).has_value());
  EXPECT_TRUE(signs("hsm1", "k1")) << "after a restart";
}

TEST_F(Restores, WhateverBreaksOffLeavesThePoolAsItWas) {
  make("hsm1", tenant_);
  make_key(pool(), "old1");
  make_key(pool(), "old2");
  const auto one = backed(pool(), "k1");
  const auto two = backed(pool(), "k2");
  forge({{&one}, {&two}}, tenant_);
  // The second part goes once the first is read.
  const auto blobs = container_.blobs;
  container_.served = [this](const std::string& name) {
    if (name.ends_with("keys-00000")) container_.blobs.erase(kFolder + "/keys-00001");
  };
  EXPECT_FALSE(restore());
  EXPECT_EQ(names(), "old1 old2 ");
  EXPECT_TRUE(signs("hsm1", "old1"));
  // Each is read once: what is altered when it was read says nothing.
  container_.blobs = blobs;
  container_.served = nullptr;
  int stops = 0;
  for (; stops < 50; ++stops) {
    steps_ = stops;
    const bool done = restore().has_value();
    steps_ = -1;
    if (done) break;
    const auto there = names();
    ASSERT_TRUE(there == "old1 old2 " || there == "k1 k2 ") << stops << ": " << there;
    ASSERT_TRUE(signs("hsm1", there == "k1 k2 " ? "k2" : "old2")) << stops;
  }
  EXPECT_GT(stops, 4);
  EXPECT_EQ(names(), "k1 k2 ");
}

TEST_F(Restores, ADamagedKeyIsFoundBeforeAnythingIsAltered) {
  make("hsm1", tenant_);
  make_key(pool(), "old1");
  const auto good = backed(pool(), "k1");
  auto bad = backed(pool(), "k2");
  bad.head.name = "k3";  // bound to another name
  forge({{&good, &bad}}, tenant_);
  EXPECT_FALSE(run_blocking(try_restore(parts_->all, pool(), run_, storage())));
  EXPECT_FALSE(restore());
  EXPECT_EQ(names(), "old1 ");
}

TEST_F(Restores, AKeyThatStandsTwiceComesBackOnce) {
  make("hsm1", tenant_);
  const auto live = backed(pool(), "k1");
  BackedKey deleted{.life = Life::kDeleted, .head = live.head, .versions = {}};
  deleted.versions.push_back(live.versions.front().clone());
  const auto other = backed(pool(), "k2", Life::kDeleted);
  forge({{&live, &deleted, &other}}, tenant_);
  const auto done = restore();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(names(), "k1 ");
  EXPECT_EQ(names(Life::kDeleted), "k2 ");
}

TEST_F(Restores, ABackupNamesAKeyOnceWhateverBecomesOfIt) {
  make("hsm1", tenant_);
  make_key(pool(), "k1");
  make_key(pool(), "k2");
  int looks = 0;
  run_.go_on = [&]() -> Result<> {
    if (looks++ == 0) remove_key("k1");
    return {};
  };
  ASSERT_TRUE(back_up());
  ASSERT_TRUE(restore());
  EXPECT_EQ(names(), "k1 k2 ");
}

TEST_F(Restores, ABackupOfAnotherTenantsPoolComesBackWithoutItsRoles) {
  TenantId other;
  other.bytes.fill(0x11);
  make("hsm1", other);
  make_key(pool(), "k1");
  ASSERT_TRUE(back_up());
  make("hsm2", tenant_);
  const auto done = restore("hsm2");
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_TRUE(signs("hsm2", "k1"));
  EXPECT_EQ(parts_->roles.find(pool("hsm2")->id)->assignments().size(), 1u);
}

TEST_F(Restores, AKeyMayHaveMoreVersionsThanOneRecord) {
  make("hsm1", tenant_);
  std::vector<ItemContent> versions;
  for (int i = 0; i < 60; ++i) versions.push_back(version_of(pool(), "k1"));
  put(pool(), "k1", std::move(versions));
  ASSERT_TRUE(back_up());
  ASSERT_TRUE(restore());
  EXPECT_EQ(run_blocking(parts_->items.versions(pool(), ItemKind::kKey, "k1", "", 100))->versions.size(), 60u);
  EXPECT_TRUE(signs("hsm1", "k1"));
  make("hsm2", tenant_);
  ASSERT_TRUE(run_blocking(restore_key(parts_->all, pool("hsm2"), run_, storage(), "K1")));
  EXPECT_EQ(run_blocking(parts_->items.versions(pool("hsm2"), ItemKind::kKey, "k1", "", 100))->versions.size(), 60u);
  EXPECT_TRUE(signs("hsm2", "k1"));
}

TEST_F(Restores, AKeyOfManyVersionsIsBackedUp) {
  make("hsm1", tenant_);
  const auto one = version_of(pool(), "k1");
  std::vector<ItemContent> versions;
  for (int i = 0; i < 505; ++i) {
    versions.push_back(one.clone());
    versions.back().shown.version = to_hex(memory_.random.bytes(16));
  }
  put(pool(), "k1", std::move(versions));
  const auto done = back_up();
  EXPECT_TRUE(done) << done.error().message;
}

TEST_F(Restores, MoreRolesThanACommitTakesComeBack) {
  make("hsm1", tenant_);
  constexpr int kRoles = 4'200;
  for (int i = 0; i < kRoles; i += 600) {
    const auto edit = [i](const PoolRoles&) -> ApiResult<RoleChange> {
      RoleChange out;
      for (int j = i; j < i + 600; ++j) {
        PoolAssignment one{.id = {},
                           .scope = "/keys/k" + std::to_string(j),
                           .principal = {},
                           .role = gate::authz::role_id(kPoolAdministrator)};
        one.id.bytes[0] = static_cast<std::uint8_t>(j);
        one.id.bytes[1] = static_cast<std::uint8_t>(j >> 8);
        out.put_assignments.push_back(std::move(one));
      }
      return out;
    };
    ASSERT_TRUE(run_blocking(parts_->roles.change(pool(), edit)));
  }
  ASSERT_TRUE(back_up());
  const auto done = restore();
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(parts_->roles.find(pool()->id)->assignments().size(), kRoles + 1u);
}

TEST_F(Restores, EachBackupHasAFolderOfItsOwn) {
  make("hsm1", tenant_);
  const auto first = back_up();
  make_key(pool(), "k1");
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->ends_with(kFolder));
  container_.blobs.clear();
  const auto again = back_up();
  const auto third = back_up();
  ASSERT_TRUE(again && third);
  EXPECT_NE(*again, *third);
}

// What a job is told when its pool is deleted, and who uses a pool that is restored.
TEST_F(Restores, AJobEndsWithItsPool) {
  const auto made = make("hsm1", tenant_);
  EXPECT_TRUE(parts_->jobs.go_on(*made));
  {
    EXPECT_TRUE(parts_->jobs.use(made->id).has_value());
  }
  ASSERT_TRUE(run_blocking(parts_->pools.change(pool(), [](Vault& next) { next.state = VaultState::kDeleted; })));
  EXPECT_FALSE(parts_->jobs.go_on(*made));
  bool ran = false;
  const auto work = [&]() -> Task<Result<>> {
    ran = true;
    EXPECT_FALSE(parts_->jobs.use(made->id) == std::nullopt) << "no full restore";
    co_return Result<>();
  };
  EXPECT_TRUE(run_blocking(parts_->jobs.between(made->id, work)));
  EXPECT_TRUE(ran);
  EXPECT_TRUE(run_blocking(parts_->jobs.until_ended(made->id)));
}

TEST_F(Restores, NothingIsDoneWithAPoolThatIsRestored) {
  const auto made = make("hsm1", tenant_);
  pipeline_ = std::make_unique<gate::Pipeline>(accounts_, log_, memory_.clock, memory_.random,
                                               gate::PipelineOptions{.bearer = &trust_});
  const PoolAccess access(parts_->pools, parts_->roles, "cloud.test", identities_);
  PoolGate gate(parts_->all, access, "cloud.test", "local");
  pipeline_->add(gate);
  boost::asio::io_context loop;
  const auto guard = boost::asio::make_work_guard(loop);
  std::jthread thread([&] { loop.run(); });
  parts_->jobs.start(loop, *pipeline_);
  std::optional<PoolJobs::Use> before = parts_->jobs.use(made->id);
  std::atomic<bool> idle = false;
  const runtime::Completion<bool> end;
  const auto work = [&](const JobRun& run) -> Task<Result<std::string>> {
    FH_CO_CHECK_OK(co_await run.until_idle());
    idle = true;
    co_await end.wait();
    co_return std::string("folder");
  };
  const PoolJobs::Asked restore{.kind = PoolJobKind::kRestore, .whole = true};
  const auto job = run_blocking(parts_->jobs.begin(made, restore, caller_, work));
  ASSERT_TRUE(job);
  EXPECT_FALSE(parts_->jobs.use(made->id).has_value());
  const std::string roles = "//providers/Microsoft.Authorization/roleAssignments";
  EXPECT_EQ(ask_pool(owner_, http::Method::kGet, "hsm1", roles).said(), "409 Conflict");
  EXPECT_EQ(ask_pool(owner_, http::Method::kGet, "hsm1", "/restore/" + job->id + "/pending").body["status"],
            "InProgress");
  EXPECT_FALSE(run_blocking(parts_->jobs.begin(made, {.kind = PoolJobKind::kBackup}, caller_, work)));
  runtime::TaskScope scope;
  run_blocking(scope.sleep(std::chrono::milliseconds(200)));
  EXPECT_FALSE(idle.load()) << "a request that came before is under way";
  before.reset();
  end.complete(true);
  ASSERT_TRUE(run_blocking(parts_->jobs.until_ended(made->id)));
  EXPECT_TRUE(idle.load());
  EXPECT_TRUE(parts_->jobs.use(made->id).has_value());
  EXPECT_EQ((*run_blocking(parts_->jobs.find(made, PoolJobKind::kRestore, job->id)))->status, "Succeeded");
  EXPECT_EQ(run_blocking(parts_->jobs.backed_up_since(made, 0)), false) << "it was no backup";
  for (int i = 0; i < 300; ++i) {  // who is told of an end may use the pool at once
    const auto next = run_blocking(parts_->jobs.begin(made, restore, caller_, work));
    while ((*run_blocking(parts_->jobs.find(made, PoolJobKind::kRestore, next->id)))->status == "InProgress") continue;
    ASSERT_TRUE(parts_->jobs.use(made->id).has_value());
  }
  EXPECT_EQ(ask_pool(owner_, http::Method::kGet, "hsm1", roles).status, 200);
  parts_->jobs.close_and_wait();
  loop.stop();
  thread.join();
  pipeline_.reset();
}

// What a kill between the token and the pool's row leaves.
TEST_F(Restores, ATokenThatNoPoolHasGoesAtTheNextStart) {
  const auto made = make("hsm1", tenant_);
  const auto token_there = [&](const std::string& label) {
    for (const auto& each : std::filesystem::directory_iterator(std::filesystem::path(*directory_ / "hsm") / "more")) {
      if (each.path().filename().string().starts_with(label)) return true;
    }
    return false;
  };
  const Secret pin(BytesView("0123456789abcdef0123456789abcdef"));
  ASSERT_TRUE(run_blocking(name_token(parts_->rows, made, "pool-stray")));
  ASSERT_TRUE(run_blocking(name_token(parts_->rows, made, made->pool->token)));
  {
    const auto stray = run_blocking(parts_->tokens.make_token(tenant_, "pool-stray", pin, Secret(Bytes(64, 's'))));
    ASSERT_TRUE(stray);
  }
  ASSERT_TRUE(token_there("pool-stray"));
  parts_.reset();
  open();
  EXPECT_FALSE(token_there("pool-stray"));
  EXPECT_TRUE(token_there(made->pool->token));
}

}  // namespace
}  // namespace freehold::vault

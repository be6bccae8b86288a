// Infrastructure encryption: content that is sealed twice, under two keys that say nothing of each other.
#include <set>

#include "src/account_row.h"
#include "src/account_secrets.h"
#include "src/blob_row.h"
#include "src/content_cipher.h"
#include "src/content_store.h"
#include "src/encryption_scopes.h"
#include "src/row_keys.h"
#include "src/row_sealer.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

using runtime::run_blocking;

struct Infrastructure : ::testing::Test, TestRegion {
  Infrastructure() {
    const auto tenant = service->accounts().find("acct1")->tenant;
    const auto old = service->accounts().find("acct1")->id;
    EXPECT_TRUE(run_blocking(service->accounts().begin_deletion(old)).has_value());
    EXPECT_TRUE(run_blocking(service->accounts().finish_deletion(old)).has_value());
    NewAccount account{.tenant = tenant, .name = "acct1", .keys = {Secret(key), Secret(key)}};
    account.settings.infrastructure_encryption = true;
    EXPECT_TRUE(run_blocking(service->accounts().create_account(std::move(account))).has_value());
    make_container("box");
  }
  std::shared_ptr<const gate::StorageAccount> account() { return service->accounts().find("acct1"); }
  AccountRow account_row() {
    const RowSealer sealer(row_keys, random);
    const auto partition = row_keys::account_partition(account()->tenant, account()->id);
    const auto stored = run_blocking(engine->partitions().get(partition, "p"));
    return std::move(*decode_account_row(*sealer.open(partition, "p", **stored)));
  }
  Secret outer_key() {
    return std::move(
        *run_blocking(wrapper.unwrap(account()->tenant, account_row().wrapped_outer, outer_context(account()->id))));
  }
  BlobRow blob_row(const std::string& name) {
    for (const auto& row : rows()) {
      const auto at = row_keys::parse_blob(row.key);
      if (at && at->name == name) return std::move(*decode_blob_row(row.value));
    }
    ADD_FAILURE() << "no blob " << name;
    return {};
  }
  Secret blob_key(const std::string& name) {
    const auto wrapped = blob_row(name).wrapped_key;
    const auto by = run_blocking(service->accounts().key_of(account()->id, wrapped));
    return (*open_blob_key(*by, wrapped))->key.clone();
  }
  // The first page of the first segment, as it rests.
  Bytes first_page(const Segment& segment) {
    const auto size = static_cast<std::uint32_t>(
        std::min<std::size_t>(sealed_size(segment.length), limits::kPageBytes + crypto::kAeadTagBytes));
    if (segment.place == Segment::Place::kChunk) {
      const auto read = run_blocking(engine->chunks().read(account()->tenant, segment.id, 0, size));
      return Bytes(read->bytes.view());
    }
    for (const auto& row : rows()) {
      if (row.key == row_keys::content(segment.id)) return row.value;
    }
    ADD_FAILURE() << "no inline content";
    return {};
  }
  // What a page says to whoever has these keys; nullopt: nothing.
  static std::optional<Bytes> open_page(Bytes page, const Segment& segment, const Secret* inner, const Secret* outer) {
    const auto id = store::to_bytes(segment.id);
    if (outer != nullptr) crypto::OuterCipher(*outer, id).apply(0, page);
    if (inner == nullptr) return page;
    Bytes plain(page.size() - crypto::kAeadTagBytes, '\0');
    if (!crypto::ChunkCipher(*inner, id).open_page(0, page, plain)) return std::nullopt;
    return plain;
  }
};

TEST_F(Infrastructure, NeitherKeyAloneOpensWhatRests) {
  for (const std::size_t size : {100u, 5'000u, 9'000'000u}) {
    const auto content = pattern(size, size);
    ASSERT_EQ(put("/box/b", content).status, 201);
    ASSERT_EQ(get("/box/b").body, content);
    const auto row = blob_row("b");
    ASSERT_FALSE(row.layout.direct.empty());
    const auto segment = row.layout.direct[0].segments[0];
    EXPECT_EQ(segment.place == Segment::Place::kInline, size < 64 * 1024);
    const auto page = first_page(segment);
    const auto inner = blob_key("b");
    const auto outer = outer_key();
    const auto plain = content.substr(0, limits::kPageBytes);
    EXPECT_EQ(open_page(page, segment, &inner, nullptr), std::nullopt) << "the account's keys alone";
    const auto once = open_page(page, segment, nullptr, &outer);
    EXPECT_EQ(once->find(plain.substr(0, 32)), Bytes::npos) << "the infrastructure key alone";
    const Secret other(Bytes(32, 'x'));
    EXPECT_EQ(open_page(page, segment, &inner, &other), std::nullopt);
    EXPECT_EQ(open_page(page, segment, &inner, &outer), plain);
  }
}

TEST_F(Infrastructure, EveryKindOfBlobComesBackAlsoAfterARestart) {
  const auto content = pattern(300'000, 3);
  ASSERT_EQ(put("/box/block", content).status, 201);
  std::string list = "<?xml version='1.0'?><BlockList>";
  Bytes blocks;
  for (int i = 0; i < 200; ++i) {  // so many that a manifest names them
    const auto id = to_base64("block-" + std::to_string(1000 + i));
    blocks += pattern(100, static_cast<std::uint64_t>(i));
    ASSERT_EQ(run(Method::kPut, "/box/list?comp=block&blockid=" + percent_encode(id), {},
                  pattern(100, static_cast<std::uint64_t>(i)))
                  .status,
              201);
    list += "<Latest>" + id + "</Latest>";
  }
  ASSERT_EQ(run(Method::kPut, "/box/list?comp=blocklist", {}, list + "</BlockList>").status, 201);
  EXPECT_FALSE(blob_row("list").layout.manifests.empty());
  ASSERT_EQ(run(Method::kPut, "/box/append", {{"x-ms-blob-type", "AppendBlob"}}).status, 201);
  ASSERT_EQ(run(Method::kPut, "/box/append?comp=appendblock", {}, pattern(70'000, 4)).status, 201);
  ASSERT_EQ(run(Method::kPut, "/box/append?comp=appendblock", {}, pattern(70, 5)).status, 201);
  ASSERT_EQ(
      run(Method::kPut, "/box/page", {{"x-ms-blob-type", "PageBlob"}, {"x-ms-blob-content-length", "131072"}}).status,
      201);
  ASSERT_EQ(run(Method::kPut, "/box/page?comp=page", {{"x-ms-page-write", "update"}, {"x-ms-range", "bytes=0-131071"}},
                pattern(131'072, 6))
                .status,
            201);
  const HeaderList from{{"x-ms-copy-source", "https://acct1.blob.core.freehold.test/box/block"}};
  ASSERT_EQ(run(Method::kPut, "/box/copy", from).status, 202);
  collect();
  restart();
  EXPECT_EQ(get("/box/block").body, content);
  EXPECT_EQ(get("/box/block", {{"x-ms-range", "bytes=70000-70009"}}).body, content.substr(70'000, 10));
  EXPECT_EQ(get("/box/list").body, blocks);
  EXPECT_EQ(get("/box/append").body, pattern(70'000, 4) + pattern(70, 5));
  EXPECT_EQ(get("/box/page").body, pattern(131'072, 6));
  EXPECT_EQ(get("/box/copy").body, content);
}

TEST_F(Infrastructure, ItStaysAsItWasMade) {
  AccountSettings settings = service->accounts().find_record("acct1")->settings;
  EXPECT_TRUE(settings.infrastructure_encryption);
  settings.infrastructure_encryption = false;
  EXPECT_TRUE(run_blocking(service->accounts().change_settings(account()->id, settings)).has_value());
  EXPECT_TRUE(service->accounts().find_record("acct1")->settings.infrastructure_encryption);
  restart();
  EXPECT_TRUE(service->accounts().find_record("acct1")->settings.infrastructure_encryption);
}

TEST_F(Infrastructure, AScopesContentHasTheAccountsSecondLayerOrOneOfItsOwn) {
  auto& scopes = service->accounts().scopes();
  const auto make = [&](const std::string& name, bool twice) {
    ScopeChange change;
    change.infrastructure_encryption = twice;
    return run_blocking(scopes.change(account()->tenant, account()->id, name, change)).has_value();
  };
  ASSERT_TRUE(make("plain", false));
  ASSERT_TRUE(make("twice", true));
  const auto content = pattern(100'000, 8);
  for (const auto* name : {"plain", "twice"}) {
    ASSERT_EQ(put(std::string("/box/") + name, content, {{"x-ms-encryption-scope", name}}).status, 201);
  }
  restart();
  const auto accounts = outer_key();
  for (const std::string name : {"plain", "twice"}) {
    EXPECT_EQ(get("/box/" + name).body, content);
    const auto segment = blob_row(name).layout.direct[0].segments[0];
    const auto inner = blob_key(name);
    EXPECT_EQ(open_page(first_page(segment), segment, &inner, nullptr), std::nullopt);
    EXPECT_EQ(open_page(first_page(segment), segment, &inner, &accounts).has_value(), name == "plain");
  }
}

}  // namespace
}  // namespace freehold::blob::testing

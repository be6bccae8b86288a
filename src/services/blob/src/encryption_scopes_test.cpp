// Encryption scopes: whose key content is under, who may say so, and what a disabled one takes away.
#include "src/encryption_scopes.h"

#include "authn/signing.h"
#include "src/blob_row.h"
#include "src/content_key.h"
#include "src/row_keys.h"
#include "src/test_owners_key.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

using runtime::run_blocking;
using Names = std::vector<std::string>;

constexpr std::string_view kWithheld = "KeyVaultEncryptionKeyNotFound";
constexpr std::string_view kForbidden = "RequestForbiddenByContainerEncryptionPolicy";
constexpr std::string_view kMismatch = "BlobCustomerSpecifiedEncryptionMismatch";
constexpr const char* kHeader = "x-ms-encryption-scope";

struct EncryptionScopesTest : ::testing::Test, TestRegion {
  EncryptionScopesTest() {
    customer_keys = &owner;
    restart();
    for (const auto* name : {"red", "blue"}) EXPECT_EQ(change(name, {}), "");
    make_container("box");
  }
  const gate::StorageAccount& account() { return *service->accounts().find("acct1"); }
  std::string change(const std::string& name, ScopeChange wanted) {
    const auto done = run_blocking(service->accounts().scopes().change(account().tenant, account().id, name, wanted));
    return done ? "" : done.error().message;
  }
  std::string enable(const std::string& name, bool on) { return change(name, {.enabled = on}); }
  std::string put_under_owner(const std::string& name) {
    keys::CustomerKey by{.tenant = account().tenant, .identity = {}, .vault = "vau1", .name = "k1", .version = ""};
    return change(name, {.enabled = {}, .source = ScopeChange::Source::kCustomer, .by = by});
  }
  Answer make_in(const std::string& container, const std::string& scope, bool only) {
    return run(
        Method::kPut, "/" + container + "?restype=container",
        {{"x-ms-default-encryption-scope", scope}, {"x-ms-deny-encryption-scope-override", only ? "true" : "false"}});
  }
  static HeaderList in(const std::string& scope, HeaderList more = {}) {
    more.emplace_back(kHeader, scope);
    return more;
  }
  static HeaderList copy_of(const std::string& path, HeaderList more = {}) {
    more.emplace_back("x-ms-copy-source", "https://acct1.blob.core.freehold.test" + path);
    return more;
  }
  std::string scope_of_blob(const std::string& path) { return run(Method::kHead, path).header(kHeader); }

  OwnersKey owner{random};
};

TEST_F(EncryptionScopesTest, ContentIsUnderTheScopesKey) {
  for (const std::size_t size : {0u, 10u, 5'000u, 9'000'000u}) {
    const auto content = pattern(size, size + 1);
    const auto written = put("/box/b", content, in("red", {{"x-ms-meta-a", "1"}}));
    ASSERT_EQ(written.status, 201) << written.body;
    EXPECT_EQ(written.header(kHeader), "red");
    const auto got = get("/box/b");
    EXPECT_EQ(got.body, content);
    EXPECT_EQ(got.header(kHeader), "red");
    EXPECT_EQ(got.header("x-ms-meta-a"), "1");
    EXPECT_EQ(enable("red", false), "");
    EXPECT_EQ(get("/box/b").code(), "EncryptionScopeDisabled") << size;
    EXPECT_EQ(run(Method::kHead, "/box/b").status, 403);
    EXPECT_EQ(enable("red", true), "");
    EXPECT_EQ(get("/box/b").body, content);
  }
  ASSERT_EQ(put("/box/plain", "x").status, 201);
  EXPECT_EQ(get("/box/plain").header(kHeader), "");
  const auto list = get("/box?restype=container&comp=list").body;
  EXPECT_EQ(elements(list, "EncryptionScope"), Names{"red"});
  restart();
  EXPECT_EQ(get("/box/b").body, pattern(9'000'000, 9'000'001));
  // The account's own key doesn't open it.
  for (const auto& row : rows()) {
    const auto key = row_keys::parse_blob(row.key);
    if (!key || key->name != "b") continue;
    const auto blob = decode_blob_row(row.value);
    EXPECT_EQ(scope_of(blob->wrapped_key), "red");
    const auto own = run_blocking(service->accounts().account_key(account().id));
    EXPECT_FALSE(open_blob_key(*own, blob->wrapped_key).has_value());
  }
}

TEST_F(EncryptionScopesTest, WhatIsNamedMustBeThereAndOn) {
  EXPECT_EQ(put("/box/b", "x", in("green")).code(), "EncryptionScopeNotFound");
  EXPECT_EQ(put("/box/b", "x", in("no name")).code(), "InvalidHeaderValue");
  EXPECT_EQ(put("/box/b", "x", in("$account-encryption-key")).status, 201);
  EXPECT_EQ(scope_of_blob("/box/b"), "");
  EXPECT_EQ(put("/box/b", "x", in("RED")).header(kHeader), "red");
  EXPECT_EQ(enable("red", false), "");
  EXPECT_EQ(put("/box/c", "x", in("red")).code(), "EncryptionScopeDisabled");
  EXPECT_EQ(make_in("more", "red", false).code(), "EncryptionScopeDisabled");
  EXPECT_EQ(make_in("more", "green", false).code(), "EncryptionScopeNotFound");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=metadata", {{"x-ms-meta-a", "1"}}).code(), "EncryptionScopeDisabled");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=snapshot").code(), "EncryptionScopeDisabled");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=tier", {{"x-ms-access-tier", "Cool"}}).code(), "EncryptionScopeDisabled");
  EXPECT_EQ(run(Method::kDelete, "/box/b").status, 202);
  collect();
}

TEST_F(EncryptionScopesTest, AContainersScope) {
  ASSERT_EQ(make_in("open", "red", false).status, 201);
  ASSERT_EQ(make_in("shut", "blue", true).status, 201);
  const auto shown = run(Method::kHead, "/shut?restype=container");
  EXPECT_EQ(shown.header("x-ms-default-encryption-scope"), "blue");
  EXPECT_EQ(shown.header("x-ms-deny-encryption-scope-override"), "true");
  const auto list = get("/?comp=list").body;
  EXPECT_EQ(elements(list, "DefaultEncryptionScope"), (Names{"$account-encryption-key", "red", "blue"}));
  EXPECT_EQ(elements(list, "DenyEncryptionScopeOverride"), (Names{"false", "false", "true"}));
  EXPECT_EQ(put("/open/a", "x").header(kHeader), "red");
  EXPECT_EQ(put("/open/b", "x", in("blue")).header(kHeader), "blue");
  EXPECT_EQ(put("/open/c", "x", in("$account-encryption-key")).header(kHeader), "");
  EXPECT_EQ(put("/shut/a", "x").header(kHeader), "blue");
  EXPECT_EQ(put("/shut/b", "x", in("blue")).status, 201);
  EXPECT_EQ(put("/shut/c", "x", in("red")).code(), kForbidden);
  EXPECT_EQ(put("/shut/c", "x", in("$account-encryption-key")).code(), kForbidden);
  EXPECT_EQ(put("/shut/c", "x", in("red")).status, 403);
  restart();
  EXPECT_EQ(put("/shut/c", "x", in("red")).code(), kForbidden);
  EXPECT_EQ(run(Method::kPut, "/odd?restype=container", {{"x-ms-deny-encryption-scope-override", "true"}}).code(),
            "MissingRequiredHeader");
}

TEST_F(EncryptionScopesTest, BlocksAppendsAndPages) {
  const auto block = [&](const std::string& id, HeaderList headers) {
    return run(Method::kPut, "/box/blocks?comp=block&blockid=" + percent_encode(to_base64(id)), std::move(headers),
               pattern(100, 1));
  };
  const auto staged = block("a", in("red"));
  ASSERT_EQ(staged.status, 201) << staged.body;
  EXPECT_EQ(staged.header(kHeader), "red");
  EXPECT_EQ(block("b", in("blue")).code(), kMismatch);
  EXPECT_EQ(block("b", {}).header(kHeader), "red");
  const auto list =
      "<BlockList><Latest>" + to_base64("a") + "</Latest><Latest>" + to_base64("b") + "</Latest></BlockList>";
  EXPECT_EQ(run(Method::kPut, "/box/blocks?comp=blocklist", in("blue"), list).code(), kMismatch);
  EXPECT_EQ(run(Method::kPut, "/box/blocks?comp=blocklist", in("red"), list).header(kHeader), "red");
  EXPECT_EQ(get("/box/blocks").body, pattern(100, 1) + pattern(100, 1));

  ASSERT_EQ(run(Method::kPut, "/box/log", in("red", {{"x-ms-blob-type", "AppendBlob"}})).header(kHeader), "red");
  EXPECT_EQ(run(Method::kPut, "/box/log?comp=appendblock", in("blue"), "x").code(), kMismatch);
  EXPECT_EQ(run(Method::kPut, "/box/log?comp=appendblock", in("red"), "x").header(kHeader), "red");
  EXPECT_EQ(run(Method::kPut, "/box/log?comp=appendblock", {}, "y").status, 201);
  EXPECT_EQ(get("/box/log").body, "xy");

  const HeaderList disk = {{"x-ms-blob-type", "PageBlob"}, {"x-ms-blob-content-length", "1024"}};
  ASSERT_EQ(run(Method::kPut, "/box/disk", in("blue", disk)).status, 201);
  const HeaderList page = {{"x-ms-page-write", "update"}, {"x-ms-range", "bytes=0-511"}};
  EXPECT_EQ(run(Method::kPut, "/box/disk?comp=page", in("red", page), pattern(512)).code(), kMismatch);
  EXPECT_EQ(run(Method::kPut, "/box/disk?comp=page", in("blue", page), pattern(512)).status, 201);
  EXPECT_EQ(get("/box/disk").body.substr(0, 512), pattern(512));
  EXPECT_EQ(enable("blue", false), "");
  EXPECT_EQ(run(Method::kPut, "/box/disk?comp=page", page, pattern(512)).code(), "EncryptionScopeDisabled");
  EXPECT_EQ(get("/box/disk").code(), "EncryptionScopeDisabled");
  const HeaderList clear = {{"x-ms-page-write", "clear"}, {"x-ms-range", "bytes=0-511"}};
  EXPECT_EQ(run(Method::kPut, "/box/disk?comp=page", clear).code(), "EncryptionScopeDisabled");
  EXPECT_EQ(run(Method::kPut, "/box/disk?comp=tags", {}, "<Tags><TagSet></TagSet></Tags>").code(),
            "EncryptionScopeDisabled");
  const HeaderList type = {{"x-ms-blob-content-type", "a/b"}};
  EXPECT_EQ(run(Method::kPut, "/box/disk?comp=properties", type).code(), "EncryptionScopeDisabled");
  EXPECT_EQ(get("/box/log").status, 200);
  EXPECT_EQ(enable("red", false), "");
  EXPECT_EQ(run(Method::kPut, "/box/log?comp=seal").code(), "EncryptionScopeDisabled");
  EXPECT_EQ(enable("red", true), "");
  EXPECT_EQ(run(Method::kPut, "/box/log?comp=seal").status, 200);
}

TEST_F(EncryptionScopesTest, Copies) {
  ASSERT_EQ(put("/box/source", "content", in("red")).status, 201);
  ASSERT_EQ(make_in("open", "blue", false).status, 201);
  EXPECT_EQ(run(Method::kPut, "/open/a", copy_of("/box/source")).status, 202);
  EXPECT_EQ(scope_of_blob("/open/a"), "blue");
  EXPECT_EQ(run(Method::kPut, "/box/b", copy_of("/box/source", in("blue"))).status, 501);  // of a copy in one request
  const auto sync = run(Method::kPut, "/box/b", copy_of("/box/source", in("blue", {{"x-ms-requires-sync", "true"}})));
  EXPECT_EQ(sync.status, 202) << sync.body;
  EXPECT_EQ(sync.header(kHeader), "blue");
  const auto from_url =
      run(Method::kPut, "/box/c", copy_of("/box/source", in("red", {{"x-ms-blob-type", "BlockBlob"}})));
  EXPECT_EQ(from_url.status, 201) << from_url.body;
  for (const auto* path : {"/open/a", "/box/b", "/box/c"}) EXPECT_EQ(get(path).body, "content");
  EXPECT_EQ(scope_of_blob("/box/c"), "red");
  EXPECT_EQ(enable("red", false), "");
  EXPECT_EQ(run(Method::kPut, "/box/d", copy_of("/box/source")).status, 403);
  EXPECT_EQ(get("/box/b").status, 200);
}

TEST_F(EncryptionScopesTest, ASasThatNamesOne) {
  gate::AccountSasFields fields{.services = "b", .resource_types = "sco", .permissions = "rwcl"};
  fields.expiry = rfc3339(clock.now() + std::chrono::hours(1));
  fields.encryption_scope = "red";
  const auto sas = gate::account_sas_query(fields, "acct1", key);
  const HeaderList block = {{"x-ms-blob-type", "BlockBlob"}};
  EXPECT_EQ(sas_call(Method::kPut, "/box/b?" + sas, block).header(kHeader), "red");
  EXPECT_EQ(sas_call(Method::kPut, "/box/b?" + sas, in("red", block)).status, 201);
  EXPECT_EQ(sas_call(Method::kPut, "/box/b?" + sas, in("blue", block)).code(), "InvalidHeaderValue");
  ASSERT_EQ(put("/box/plain", "x").status, 201);
  EXPECT_EQ(sas_call(Method::kGet, "/box/plain?" + sas, {}).body, "x");  // reads aren't restricted
  ASSERT_EQ(make_in("shut", "blue", true).status, 201);
  EXPECT_EQ(sas_call(Method::kPut, "/shut/b?" + sas, block).code(), kForbidden);
  // A copy onto itself leaves content under the key that it is under.
  for (const auto* path : {"/box/plain", "/box/b"}) {
    const auto copied = sas_call(Method::kPut, std::string(path) + "?" + sas, copy_of(std::string(path) + "?" + sas));
    EXPECT_EQ(copied.code(), path == std::string("/box/b") ? "" : kMismatch) << copied.body;
  }
}

TEST_F(EncryptionScopesTest, AKeyOfAVaultRulesAScopeAlone) {
  ASSERT_EQ(put("/box/red", pattern(5'000), in("red", {{"x-ms-meta-a", "1"}})).status, 201);
  ASSERT_EQ(put("/box/blue", "x", in("blue")).status, 201);
  EXPECT_EQ(put_under_owner("red"), "");
  EXPECT_EQ(get("/box/red").body, pattern(5'000));
  owner.given = false;
  clock.advance(AccountKeyHold::kLease);
  EXPECT_EQ(get("/box/red").code(), kWithheld);
  EXPECT_EQ(put("/box/new", "x", in("red")).code(), kWithheld);
  EXPECT_EQ(get("/box/blue").body, "x");
  EXPECT_EQ(change("red", {.enabled = {}, .source = ScopeChange::Source::kService, .by = {}}), "disabled");
  EXPECT_EQ(enable("red", false), "");  // that needs no key
  owner.given = true;
  EXPECT_EQ(get("/box/red").code(), "EncryptionScopeDisabled");
  EXPECT_EQ(enable("red", true), "");
  restart();
  EXPECT_EQ(get("/box/red").body, pattern(5'000));
  owner.version = "v2";
  run_blocking(service->accounts().look_after_keys(true));
  EXPECT_EQ(service->accounts().scopes().find(account().id, "red")->by_version, "v2");
  EXPECT_EQ(change("red", {.enabled = {}, .source = ScopeChange::Source::kService, .by = {}}), "");
  owner.given = false;
  clock.advance(AccountKeyHold::kLease);
  EXPECT_EQ(get("/box/red").body, pattern(5'000));
}

TEST_F(EncryptionScopesTest, OneGoesWithItsAccountAndNoneIsMadeInADeletedOne) {
  const auto tenant = account().tenant;
  const auto id = account().id;
  ASSERT_EQ(put("/box/b", pattern(9'000'000), in("red")).status, 201);
  ASSERT_TRUE(run_blocking(service->accounts().begin_deletion(id)).has_value());
  ASSERT_TRUE(run_blocking(service->find_left_over(*pipeline)).has_value());
  for (int i = 0; i < 20 && service->accounts().is_taken("acct1"); ++i) {
    static_cast<void>(run_blocking(service->collect_garbage(*pipeline)));
    take_audit_rows();
  }
  EXPECT_FALSE(service->accounts().is_taken("acct1"));
  EXPECT_EQ(chunk_count(), 0u);
  EXPECT_TRUE(service->accounts().scopes().list(id).empty());
  EXPECT_FALSE(run_blocking(service->accounts().scopes().change(tenant, id, "late", {})).has_value());
}

// The account goes while a scope's row, which is kept already, is read back: nothing of it stays in memory.
TEST_F(EncryptionScopesTest, NoneComesBackWhenItsAccountIsForgotten) {
  auto& scopes = service->accounts().scopes();
  const auto id = account().id;
  bool asked = false;
  wrapper.on_unwrap = [&](BytesView context) -> Result<> {
    asked = asked || context.starts_with("freehold encryption scope key");
    if (asked) scopes.forget(id);
    return {};
  };
  static_cast<void>(change("green", {}));
  wrapper.on_unwrap = {};
  EXPECT_TRUE(asked);
  EXPECT_TRUE(scopes.list(id).empty());
  EXPECT_EQ(change("brown", {}), "") << "of one that is there again";
  EXPECT_EQ(scopes.list(id).size(), 1u);
}

TEST_F(EncryptionScopesTest, OneWhoseKeyIsDamagedIsRefusedAlone) {
  ASSERT_EQ(put("/box/red", "x", in("red")).status, 201);
  ASSERT_EQ(put("/box/blue", "y", in("blue")).status, 201);
  wrapper.on_unwrap = [&](BytesView context) -> Result<> {
    if (context.ends_with(" red")) return fail(ErrorCode::kCorrupt, "damaged");
    return {};
  };
  restart();
  EXPECT_EQ(get("/box/red").code(), kWithheld);
  EXPECT_EQ(get("/box/blue").body, "y");
  wrapper.on_unwrap = {};
  restart();
  EXPECT_EQ(get("/box/red").body, "x");
}

TEST(ScopeRowTest, IsWhatWasWritten) {
  ScopeRow row{.name = "Red", .enabled = false, .created = WallTime(std::chrono::seconds(5)), .wrapped_key = "wrapped"};
  auto back = decode_scope_row(encode_scope_row(row));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->name, "Red");
  EXPECT_FALSE(back->enabled);
  EXPECT_EQ(back->created, row.created);
  EXPECT_EQ(back->wrapped_key, "wrapped");
  row.by = keys::CustomerKey{.tenant = {}, .identity = {}, .vault = "v", .name = "k", .version = "1"};
  EXPECT_FALSE(decode_scope_row(encode_scope_row(row)).has_value());
  row.wrapped_key.clear();
  row.wrapped = {"2", "other"};
  back = decode_scope_row(encode_scope_row(row));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(*back->by, *row.by);
  EXPECT_EQ(back->wrapped, row.wrapped);
  row.by->home = keys::KeyHome::kManagedHsm;
  EXPECT_EQ(*decode_scope_row(encode_scope_row(row))->by, *row.by);
}

}  // namespace
}  // namespace freehold::blob::testing

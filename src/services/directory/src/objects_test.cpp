// Users, devices, applications: what is kept of them, where, and for how long.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/encoding.h"
#include "directory/directory_store.h"
#include "keys/testing/erasable_store.h"
#include "src/changes.h"
#include "src/object_row.h"
#include "src/personal_rows.h"

namespace freehold::directory {
namespace {

using runtime::run_blocking;

class DirectoryObjects : public ::testing::Test {
 protected:
  DirectoryObjects() { tenant_.bytes.fill(1); }
  void SetUp() override { open(store_); }
  void open(DirectoryStore& store) {
    const auto opened = run_blocking(store.open(tenant_, {id(2), Secret(BytesView("the first secret"))}));
    ASSERT_TRUE(opened) << opened.error().message;
  }
  static PrincipalId id(std::uint8_t number) {
    PrincipalId out;
    out.bytes.fill(number);
    return out;
  }
  Result<> change(DirectoryStore::Edit edit) { return run_blocking(store_.change(tenant_, std::move(edit))); }
  User ada(std::uint8_t number, std::string name = "ada@freehold.test") {
    User user{.object = id(number), .puid = "100320005B8A7F11"};
    user.attributes = {{"userPrincipalName", std::move(name)},
                       {"displayName", std::string("Ada Lovelace")},
                       {"usageLocation", std::string("GB")},
                       {"businessPhones", std::vector<std::string>{"+44 1"}}};
    user.password = *crypto::hash_password("a long password", memory_.random);
    user.one_time_secret = std::make_shared<const Secret>(BytesView("12345678901234567890"));
    user.created = memory_.clock.now();
    return user;
  }
  Result<> add(User user) {
    return change([&user](Draft& draft) { return changes::add(draft, user); });
  }
  Result<> remove(PrincipalId object) {
    return change([this, object](Draft& draft) { return changes::remove(draft, object, memory_.clock.now()); });
  }
  std::vector<store::KeyValue> rows(char prefix) {
    const keys::SealedRows sealed(memory_.sealed(), store::make_partition_id(tenant_, "directory"));
    return run_blocking(sealed.load(Bytes(1, prefix), 100)).value_or(std::vector<store::KeyValue>());
  }

  keys::testing::ErasableStore memory_;
  TenantId tenant_;
  DirectoryStore store_{memory_.sealed(), *memory_.tree};
};

TEST_F(DirectoryObjects, AUserIsWhatItWasAfterARestart) {
  ASSERT_TRUE(add(ada(7)));
  DirectoryStore again(memory_.sealed(), *memory_.tree);
  open(again);
  const auto found = again.snapshot(tenant_)->user_named("ADA@freehold.test");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->attributes, ada(7).attributes);
  EXPECT_EQ(found->puid, "100320005B8A7F11");
  ASSERT_TRUE(found->password);
  EXPECT_TRUE(crypto::is_password(*found->password, "a long password"));
  ASSERT_NE(found->one_time_secret, nullptr);
  EXPECT_EQ(found->one_time_secret->view(), "12345678901234567890");
  ASSERT_NE(again.find(tenant_, id(7)), nullptr);
}

TEST_F(DirectoryObjects, WhatIsPersonalRestsApartAndGoesWithAnErasure) {
  ASSERT_TRUE(add(ada(7)));
  ASSERT_EQ(rows(kUserPrefix).size(), 1u);
  const auto plain = rows(kUserPrefix)[0].value;
  for (const auto* personal : {"Ada", "ada@", "+44"}) EXPECT_FALSE(plain.contains(personal)) << personal;
  EXPECT_TRUE(plain.contains("GB"));
  ASSERT_EQ(rows(kPersonalPrefix).size(), 1u);
  EXPECT_FALSE(rows(kPersonalPrefix)[0].value.contains("Lovelace")) << "but under a secret of its own";
  const auto before = rows(kPersonalPrefix)[0];
  ASSERT_TRUE(remove(id(7)));
  EXPECT_EQ(rows(kPersonalPrefix).size(), 1u);  // it may be restored yet
  ASSERT_TRUE(change([](Draft& draft) { return changes::purge(draft, id(7)); }));
  for (const char prefix : {kUserPrefix, kPersonalPrefix, kCredentialPrefix}) EXPECT_TRUE(rows(prefix).empty());

  // The row of before, from an older copy, with every key that is left: it doesn't open.
  PersonalRows personal(memory_.sealed(), *memory_.tree);
  const auto opened = run_blocking(personal.open({before}));
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->empty());
  EXPECT_EQ(memory_.hsm.copy().size(), 1u);
}

TEST_F(DirectoryObjects, AnErasureThatTheTokenFailsIsNotDone) {
  ASSERT_TRUE(add(ada(7)));
  ASSERT_TRUE(remove(id(7)));
  memory_.hsm.failing = true;
  const auto purge = [](Draft& draft) { return changes::purge(draft, id(7)); };
  EXPECT_EQ(change(purge).error().code, ErrorCode::kUnavailable);
  memory_.hsm.failing = false;
  DirectoryStore again(memory_.sealed(), *memory_.tree);
  open(again);
  ASSERT_TRUE(run_blocking(again.change(tenant_, purge)));
  EXPECT_TRUE(rows(kPersonalPrefix).empty());
}

TEST_F(DirectoryObjects, PersonalRowsOfEarlierBuildsAreReadAndSealedAnew) {
  PersonalRows personal(memory_.sealed(), *memory_.tree);
  const Bytes key = row_key(kPersonalPrefix, id(7));
  const Bytes old = R"({"v":1,"attributes":{"displayName":"Ada"}})";
  EXPECT_EQ(run_blocking(personal.open({{key, old}})).value().front().value, old);
  keys::RowChange change;
  change.puts.push_back({key, old});
  ASSERT_TRUE(run_blocking(personal.prepare(change)));
  EXPECT_FALSE(change.puts[0].value.contains("Ada"));
  EXPECT_EQ(run_blocking(personal.open({change.puts[0]})).value().front().value, old);
  auto moved = change.puts[0];
  moved.key = row_key(kPersonalPrefix, id(8));
  EXPECT_EQ(run_blocking(personal.open({moved})).error().code, ErrorCode::kCorrupt);
}

TEST_F(DirectoryObjects, NamesAreOnesOwnAndAttributesHaveAzuresLimits) {
  ASSERT_TRUE(add(ada(7)));
  EXPECT_EQ(add(ada(8, "Ada@Freehold.test")).error().code, ErrorCode::kConflict);
  for (const auto* bad : {"", "ada", "@b", "a@b@c", "a b@c"}) {
    EXPECT_EQ(add(ada(8, bad)).error().code, ErrorCode::kInvalidArgument) << bad;
  }
  auto wrong = ada(8, "bea@freehold.test");
  for (const auto& value : {AttributeValue(std::string(65, 'x')), AttributeValue(true),
                            AttributeValue(std::string("\n")), AttributeValue(std::string("\xff"))}) {
    wrong.attributes["surname"] = value;
    EXPECT_EQ(add(wrong).error().code, ErrorCode::kInvalidArgument);
  }
  wrong.attributes["surname"] = std::string(64, 'x');
  EXPECT_TRUE(add(wrong));
}

TEST_F(DirectoryObjects, ADeletedUserIsNobodyUntilRestored) {
  const auto group = run_blocking(store_.add_group(tenant_, "a group"));
  ASSERT_TRUE(group && add(ada(7)));
  ASSERT_TRUE(run_blocking(store_.add_member(tenant_, *group, id(7))));
  ASSERT_TRUE(remove(id(7)));
  EXPECT_EQ(store_.find(tenant_, id(7)), nullptr);
  EXPECT_EQ(store_.snapshot(tenant_)->user_named("ada@freehold.test"), nullptr);
  ASSERT_TRUE(change([](Draft& draft) { return changes::restore(draft, id(7)); }));
  ASSERT_NE(store_.find(tenant_, id(7)), nullptr);
  EXPECT_EQ(store_.find(tenant_, id(7))->groups, std::vector{*group});
  ASSERT_TRUE(remove(id(7)));
  ASSERT_TRUE(add(ada(8)));  // the name is free meanwhile
  EXPECT_EQ(change([](Draft& draft) { return changes::restore(draft, id(7)); }).error().code, ErrorCode::kConflict);
}

TEST_F(DirectoryObjects, WhatIsDeletedIsKeptThirtyDays) {
  ASSERT_TRUE(add(ada(7)) && remove(id(7)));
  const auto purge = [this] {
    bool more = false;
    EXPECT_TRUE(change([this, &more](Draft& draft) -> Result<> {
      more = changes::purge_old(draft, memory_.clock.now());
      return {};
    }));
    return more;
  };
  memory_.clock.advance(std::chrono::hours(24 * 30));
  EXPECT_FALSE(purge());
  memory_.clock.advance(std::chrono::seconds(1));
  EXPECT_TRUE(purge());
  EXPECT_TRUE(rows(kPersonalPrefix).empty());
}

TEST_F(DirectoryObjects, AnApplicationTakesItsServicePrincipalAlongAndBack) {
  Application application{.object = id(7), .application = id(8)};
  application.attributes = {{"displayName", std::string("app")},
                            {"identifierUris", std::vector<std::string>{"api://a"}}};
  ASSERT_TRUE(change([&](Draft& draft) { return changes::add(draft, application); }));
  const auto principal = run_blocking(store_.add_service_principal(tenant_, id(8), "app"));
  ASSERT_TRUE(principal);
  ASSERT_TRUE(remove(id(7)));
  EXPECT_TRUE(store_.clients(id(8)).empty());
  DirectoryStore again(memory_.sealed(), *memory_.tree);
  open(again);
  EXPECT_TRUE(again.clients(id(8)).empty());
  ASSERT_TRUE(run_blocking(again.change(tenant_, [](Draft& draft) { return changes::restore(draft, id(7)); })));
  EXPECT_EQ(again.clients(id(8)).size(), 1u);
}

TEST_F(DirectoryObjects, ServicePrincipalsOfTheFirstVersionGoOn) {
  ServicePrincipal plain{.object = id(7), .application = id(8), .name = "old"};
  EXPECT_TRUE(encode(plain).contains("\"v\":1"));
  plain.deleted = memory_.clock.now();
  const Bytes row = encode(plain);
  EXPECT_TRUE(row.contains("\"v\":2"));  // an older program would let it in
  const auto back = decode_service_principal(row_key(kServicePrincipalPrefix, id(7)), row);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->deleted, plain.deleted);
  const std::string newer = R"({"v":3,"application":"","name":"","enabled":true,"secrets":[]})";
  EXPECT_EQ(decode_service_principal(row_key(kServicePrincipalPrefix, id(7)), newer).error().code,
            ErrorCode::kUnsupported);
}

TEST_F(DirectoryObjects, AnObjectThatOutgrowsItsRowIsRefused) {
  Application application{.object = id(7), .application = id(8)};
  application.attributes = {{"displayName", std::string("app")}};
  for (int i = 0; i < 20; ++i) application.federated.push_back({{}, "n", "i", "s", {"a"}, std::string(4'000, 'k')});
  EXPECT_EQ(change([&](Draft& draft) { return changes::add(draft, application); }).error().code, ErrorCode::kExhausted);
  EXPECT_FALSE(store_.snapshot(tenant_)->has(id(7)));
}

}  // namespace
}  // namespace freehold::directory

// Keys as clients of a vault see them: made, used, rotated, refused.
#include <set>

#include "base/encoding.h"
#include "crypto/digest.h"
#include "src/rotation_rules.h"
#include "src/test_vault.h"

namespace freehold::vault {
namespace {

using http::Method;

class Keys : public VaultTest {
 protected:
  Keys() {
    if (make_vault("vau1").status != 200) ADD_FAILURE() << "no vault";
  }
  Answer create(const std::string& name, Json body) { return post("/keys/" + name + "/create", std::move(body)); }
  // The path of a version: "/keys/k1/0123...".
  static std::string path_of(const Answer& answer) {
    const auto kid = answer.body["key"].value("kid", "");
    return kid.substr(kid.find("/keys/"));
  }
  static std::string digest(std::size_t bytes) { return to_base64url(Bytes(bytes, 'd')); }
};

TEST_F(Keys, EachKindIsShownWithoutWhatIsHidden) {
  struct Case {
    Json body;
    std::vector<std::string> members;
  };
  const Case cases[] = {{{{"kty", "RSA"}}, {"n", "e"}},
                        {{{"kty", "EC"}, {"crv", "P-384"}}, {"crv", "x", "y"}},
                        {{{"kty", "EC"}, {"crv", "P-256K"}}, {"crv", "x", "y"}},
                        {{{"kty", "oct"}, {"key_size", 192}}, {}}};
  int n = 0;
  for (const auto& each : cases) {
    const auto made = create("k" + std::to_string(++n), each.body);
    ASSERT_EQ(made.status, 200) << made.body;
    const auto& key = made.body["key"];
    EXPECT_EQ(key["kty"], each.body["kty"]);
    for (const auto& member : each.members) EXPECT_TRUE(key.contains(member)) << key;
    for (const char* hidden : {"d", "p", "q", "k", "bits"}) EXPECT_FALSE(key.contains(hidden)) << key;
    EXPECT_EQ(get(path_of(made)).body, made.body);
  }
  EXPECT_EQ(get("/keys").body["value"].size(), 4u);
}

TEST_F(Keys, WhatIsNoKeyIsRefused) {
  EXPECT_EQ(create("k1", Json::object()).said(), "400 BadParameter");
  EXPECT_EQ(create("k1", {{"kty", "DSA"}}).said(), "400 BadParameter");
  EXPECT_EQ(create("k1", {{"kty", "RSA"}, {"key_size", 1'024}}).said(), "400 BadParameter");
  EXPECT_EQ(create("k1", {{"kty", "RSA"}, {"public_exponent", 3}}).said(), "400 BadParameter");
  EXPECT_EQ(create("k1", {{"kty", "EC"}, {"crv", "P-224"}}).said(), "400 BadParameter");
  EXPECT_EQ(create("k1", {{"kty", "EC"}, {"key_ops", {"encrypt"}}}).said(), "400 BadParameter");
  EXPECT_EQ(create("k1", {{"kty", "EC-HSM"}}).said(), "400 BadParameter");
  EXPECT_EQ(create("k1", {{"kty", "EC"}, {"release_policy", {{"data", "x"}}}}).said(), "400 BadParameter");
  EXPECT_EQ(get("/keys/k1").said(), "404 KeyNotFound");
}

TEST_F(Keys, WhatOneSignsItVerifiesAndNoOther) {
  struct Case {
    Json key;
    std::string algorithm;
    std::size_t bytes;
  };
  const Case cases[] = {{{{"kty", "RSA"}}, "RS256", 32},
                        {{{"kty", "RSA"}}, "PS384", 48},
                        {{{"kty", "EC"}, {"crv", "P-256"}}, "ES256", 32},
                        {{{"kty", "EC"}, {"crv", "P-521"}}, "ES512", 64},
                        {{{"kty", "EC"}, {"crv", "P-256K"}}, "ES256K", 32},
                        {{{"kty", "oct"}, {"key_ops", {"sign", "verify"}}}, "HS256", 32}};
  int n = 0;
  for (const auto& each : cases) {
    const auto path = path_of(create("k" + std::to_string(++n), each.key));
    const auto made = post(path + "/sign", {{"alg", each.algorithm}, {"value", digest(each.bytes)}});
    ASSERT_EQ(made.status, 200) << each.algorithm << made.body;
    auto verify = [&](std::string signature, std::string of) {
      return post(path + "/verify", {{"alg", each.algorithm}, {"digest", of}, {"value", signature}}).body["value"];
    };
    const std::string signature = made.body["value"];
    EXPECT_EQ(verify(signature, digest(each.bytes)), true) << each.algorithm;
    auto other = *from_base64url(signature);
    other[5] ^= 1;
    EXPECT_EQ(verify(to_base64url(other), digest(each.bytes)), false);
    EXPECT_EQ(verify(to_base64url(Bytes(3, 'x')), digest(each.bytes)), false);
    EXPECT_EQ(verify(signature, to_base64url(Bytes(each.bytes, 'e'))), false);
    if (each.algorithm != "HS256") {
      EXPECT_EQ(post(path + "/sign", {{"alg", each.algorithm}, {"value", digest(20)}}).said(), "400 BadParameter");
    }
    EXPECT_EQ(post(path + "/sign", {{"alg", "none"}, {"value", digest(32)}}).said(), "400 BadParameter");
  }
}

TEST_F(Keys, WhatOneEncryptsItDecrypts) {
  struct Case {
    Json key;
    std::string algorithm;
    std::string plain;
  };
  const Json oct = {{"kty", "oct"}, {"key_size", 256}};
  const Case cases[] = {{{{"kty", "RSA"}}, "RSA1_5", "a text"},       {{{"kty", "RSA"}}, "RSA-OAEP", "a text"},
                        {{{"kty", "RSA"}}, "RSA-OAEP-256", "a text"}, {oct, "A256GCM", "a text"},
                        {oct, "A256CBC", std::string(32, 'x')},       {oct, "A256CBCPAD", "a text"},
                        {oct, "A256CBCPAD", std::string(16, 'x')},    {oct, "A256GCM", ""}};
  int n = 0;
  for (const auto& each : cases) {
    const auto path = path_of(create("k" + std::to_string(++n), each.key));
    const auto made = post(path + "/encrypt", {{"alg", each.algorithm}, {"value", to_base64url(each.plain)}});
    ASSERT_EQ(made.status, 200) << each.algorithm << made.body;
    Json back = made.body;
    back["alg"] = each.algorithm;
    back.erase("kid");
    EXPECT_EQ(post(path + "/decrypt", back).body["value"], to_base64url(each.plain)) << each.algorithm;
    auto bytes = *from_base64url(back["value"].get<std::string>());
    if (bytes.empty()) continue;
    bytes.back() ^= 1;
    back["value"] = to_base64url(bytes);
    if (each.algorithm == "A256CBC") continue;  // nothing proves what it decrypts to
    EXPECT_NE(post(path + "/decrypt", back).body.value("value", ""), to_base64url(each.plain)) << each.algorithm;
  }
}

TEST_F(Keys, AssociatedDataIsBoundToTheText) {
  const auto path = path_of(create("k1", {{"kty", "oct"}}));
  const auto aad = to_base64url("for you");
  const auto made = post(path + "/encrypt", {{"alg", "A256GCM"}, {"value", digest(9)}, {"aad", aad}});
  Json back = {{"alg", "A256GCM"}, {"value", made.body["value"]}, {"iv", made.body["iv"]}, {"tag", made.body["tag"]}};
  EXPECT_EQ(post(path + "/decrypt", back).said(), "400 BadParameter");
  back["aad"] = aad;
  EXPECT_EQ(post(path + "/decrypt", back).body["value"], digest(9));
  EXPECT_EQ(post(path + "/encrypt", {{"alg", "A256GCM"}, {"value", digest(9)}, {"iv", digest(12)}}).said(),
            "400 BadParameter");
  EXPECT_EQ(post(path + "/encrypt", {{"alg", "A128GCM"}, {"value", digest(9)}}).said(), "400 BadParameter");
}

TEST_F(Keys, AWrappedKeyComesBack) {
  const auto rsa = path_of(create("r1", {{"kty", "RSA"}}));
  const auto oct = path_of(create("o1", {{"kty", "oct"}, {"key_size", 128}}));
  const std::pair<std::string, std::string> cases[] = {{rsa, "RSA-OAEP-256"},
                                                       {rsa, "RSA1_5"},
                                                       {oct, "A128KW"},
                                                       {oct, "CKM_AES_KEY_WRAP"},
                                                       {oct, "CKM_AES_KEY_WRAP_PAD"}};
  for (const auto& [path, algorithm] : cases) {
    const auto wrapped = post(path + "/wrapkey", {{"alg", algorithm}, {"value", digest(32)}});
    ASSERT_EQ(wrapped.status, 200) << algorithm << wrapped.body;
    EXPECT_EQ(post(path + "/unwrapkey", {{"alg", algorithm}, {"value", wrapped.body["value"]}}).body["value"],
              digest(32));
    auto bytes = *from_base64url(wrapped.body["value"].get<std::string>());
    bytes[3] ^= 1;
    EXPECT_EQ(post(path + "/unwrapkey", {{"alg", algorithm}, {"value", to_base64url(bytes)}}).said(),
              "400 BadParameter");
  }
  EXPECT_EQ(post(oct + "/wrapkey", {{"alg", "A128KW"}, {"value", digest(7)}}).said(), "400 BadParameter");
}

// RFC 3394 section 4.6, and the elliptic curve key of RFC 7515 appendix A.3.
TEST_F(Keys, ImportedKeysGiveThePublishedAnswers) {
  const auto hex = [](std::string_view text) { return to_base64url(*from_hex(text)); };
  const Json oct = {{"kty", "oct"}, {"k", hex("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f")}};
  const auto imported = put("/keys/o1", {{"key", oct}});
  ASSERT_EQ(imported.status, 200) << imported.body;
  const auto wrapped =
      post(path_of(imported) + "/wrapkey",
           {{"alg", "A256KW"}, {"value", hex("00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f")}});
  EXPECT_EQ(wrapped.body["value"],
            hex("28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21"));
  Json ec = {{"kty", "EC"},
             {"crv", "P-256"},
             {"x", "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"},
             {"y", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
             {"d", "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}};
  const auto key = put("/keys/e1", {{"key", ec}});
  ASSERT_EQ(key.status, 200) << key.body;
  const auto input = crypto::sha256(
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
      "cnVlfQ");
  EXPECT_EQ(post(path_of(key) + "/verify",
                 {{"alg", "ES256"},
                  {"digest", to_base64url(crypto::view(input))},
                  {"value", "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"}})
                .body["value"],
            true);
  ec["d"] = digest(32);
  EXPECT_EQ(put("/keys/e2", {{"key", ec}}).said(), "400 BadParameter");
  EXPECT_EQ(put("/keys/e2", {{"key", {{"kty", "EC"}, {"crv", "P-256"}}}}).said(), "400 BadParameter");
  EXPECT_EQ(put("/keys/o2", {{"key", oct}, {"Hsm", true}}).said(), "400 BadParameter");
}

TEST_F(Keys, AKeyIsUsedForWhatItIsFor) {
  const auto path = path_of(create("k1", {{"kty", "RSA"}, {"key_ops", {"sign"}}}));
  const Json sign = {{"alg", "RS256"}, {"value", digest(32)}};
  EXPECT_EQ(post(path + "/sign", sign).status, 200);
  EXPECT_EQ(post(path + "/encrypt", {{"alg", "RSA-OAEP"}, {"value", digest(5)}}).inner(), "KeyOperationForbidden");
  ASSERT_EQ(patch(path, {{"key_ops", {"encrypt", "decrypt"}}}).status, 200);
  EXPECT_EQ(post(path + "/sign", sign).said(), "403 Forbidden");
  EXPECT_EQ(post("/keys/k1//encrypt", {{"alg", "RSA-OAEP"}, {"value", digest(5)}}).status, 200);
  ASSERT_EQ(patch(path, {{"attributes", {{"enabled", false}}}}).status, 200);
  EXPECT_EQ(post(path + "/encrypt", {{"alg", "RSA-OAEP"}, {"value", digest(5)}}).inner(), "KeyDisabled");
  EXPECT_EQ(get(path).status, 200);
}

TEST_F(Keys, OutsideItsTimesAKeyOnlyUndoes) {
  const auto path = path_of(create("k1", {{"kty", "RSA"}}));
  const Json plain = {{"alg", "RSA-OAEP"}, {"value", digest(16)}};
  const auto text = post(path + "/encrypt", plain);
  const auto signature = post(path + "/sign", {{"alg", "RS256"}, {"value", digest(32)}});
  ASSERT_EQ(patch(path, {{"attributes", {{"nbf", 1}, {"exp", 2}}}}).status, 200);
  EXPECT_EQ(post(path + "/encrypt", plain).inner(), "KeyExpired");
  EXPECT_EQ(post(path + "/wrapkey", plain).inner(), "KeyExpired");
  EXPECT_EQ(post(path + "/sign", {{"alg", "RS256"}, {"value", digest(32)}}).inner(), "KeyExpired");
  EXPECT_EQ(post(path + "/decrypt", {{"alg", "RSA-OAEP"}, {"value", text.body["value"]}}).body["value"], digest(16));
  EXPECT_EQ(post(path + "/unwrapkey", {{"alg", "RSA-OAEP"}, {"value", text.body["value"]}}).status, 200);
  EXPECT_EQ(post(path + "/verify", {{"alg", "RS256"}, {"digest", digest(32)}, {"value", signature.body["value"]}})
                .body["value"],
            true);
  ASSERT_EQ(patch(path, {{"attributes", {{"nbf", 9'999'999'998}, {"exp", 9'999'999'999}}}}).status, 200);
  EXPECT_EQ(post(path + "/encrypt", plain).inner(), "KeyNotYetValid");
}

TEST_F(Keys, RotationMakesAVersionOfTheSameKind) {
  const auto first = create("k1", {{"kty", "EC"}, {"crv", "P-384"}, {"tags", {{"a", "b"}}}});
  const auto text = Json{{"alg", "ES384"}, {"value", digest(48)}};
  const auto signature = post(path_of(first) + "/sign", text);
  EXPECT_EQ(put("/keys/k1/rotationpolicy",
                {{"lifetimeActions", {{{"trigger", {{"timeAfterCreate", "P18M"}}}, {"action", {{"type", "rotate"}}}}}},
                 {"attributes", {{"expiryTime", "P2Y"}}}})
                .body["attributes"]["expiryTime"],
            "P2Y");
  EXPECT_EQ(put("/keys/k1/rotationpolicy", {{"attributes", {{"expiryTime", "P1D"}}}}).said(), "400 BadParameter");
  EXPECT_EQ(get("/keys/k1/rotationpolicy").body["lifetimeActions"][0]["action"]["type"], "Rotate");
  const auto second = post("/keys/k1/rotate");
  ASSERT_EQ(second.status, 200) << second.body;
  EXPECT_NE(path_of(second), path_of(first));
  EXPECT_EQ(second.body["key"]["crv"], "P-384");
  EXPECT_EQ(second.body["tags"], first.body["tags"]);
  EXPECT_GT(second.body["attributes"]["exp"].get<std::int64_t>(),
            second.body["attributes"]["created"].get<std::int64_t>() + 729 * 86'400);
  EXPECT_EQ(get("/keys/k1").body, second.body);
  EXPECT_EQ(
      post(path_of(first) + "/verify", {{"alg", "ES384"}, {"digest", digest(48)}, {"value", signature.body["value"]}})
          .body["value"],
      true);
  EXPECT_EQ(get("/keys/k1/versions").body["value"].size(), 2u);
}

TEST(RotationRules, PeriodsGoByTheCalendar) {
  EXPECT_FALSE(parse_period("P"));
  EXPECT_FALSE(parse_period("90D"));
  EXPECT_FALSE(parse_period("P1D1Y"));
  EXPECT_FALSE(parse_period("P1DT2H"));
  EXPECT_FALSE(parse_period("P99999999999D"));
  const auto year = parse_period("P1Y2M3D");
  ASSERT_TRUE(year);
  EXPECT_EQ(year->months, 14);
  EXPECT_EQ(year->days, 3);
  constexpr std::int64_t kEndOfJanuary = 1'706'659'200;  // 2024-01-31
  EXPECT_EQ(vault::after(kEndOfJanuary, *parse_period("P1M")) - kEndOfJanuary, 29 * 86'400);
  EXPECT_EQ(vault::after(kEndOfJanuary, *parse_period("P30D"), -1) - kEndOfJanuary, -30 * 86'400);
}

TEST_F(Keys, AKeyRotatesWhenItsPolicySaysSo) {
  const auto first = create("k1", {{"kty", "EC"}});
  ASSERT_EQ(put("/keys/k1/rotationpolicy",
                {{"lifetimeActions", {{{"trigger", {{"timeAfterCreate", "P30D"}}}, {"action", {{"type", "Rotate"}}}}}}})
                .status,
            200);
  memory_.clock.advance(std::chrono::hours(24 * 29));
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(path_of(get("/keys/k1")), path_of(first));
  memory_.clock.advance(std::chrono::hours(24 * 2));
  static_cast<void>(log_.take_entries());
  run_blocking(service_->look_after(*pipeline_));
  const auto entries = log_.take_entries();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].record.operation, "RotateDueKey");
  EXPECT_EQ(entries[0].record.resource, "/vau1/keys/k1");
  const auto second = path_of(get("/keys/k1"));
  EXPECT_NE(second, path_of(first));
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(path_of(get("/keys/k1")), second);
}

TEST_F(Keys, WhatWasDeletedEndsWithItsTime) {
  create("k1", {{"kty", "EC"}});
  put("/secrets/s1", {{"value", "x"}});
  remove("/keys/k1");
  remove("/secrets/s1");
  memory_.clock.advance(std::chrono::hours(24 * 89));
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(get("/deletedkeys/k1").status, 200);
  memory_.clock.advance(std::chrono::hours(24 * 2));
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(get("/deletedkeys/k1").status, 404);
  EXPECT_EQ(get("/deletedsecrets/s1").status, 404);
  ASSERT_EQ(write(ChangeKind::kDelete, "vaults/vau1", nullptr).status, 200);
  memory_.clock.advance(std::chrono::hours(24 * 91));
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(make_vault("vau1").status, 200);
}

// Each is a purge of its own in the log; the token is changed for all of them together.
TEST_F(Keys, WhatEndsTogetherIsDestroyedTogether) {
  constexpr int kMany = 100;
  for (int i = 0; i < kMany; ++i) {
    const auto name = "/secrets/s" + std::to_string(i);
    ASSERT_EQ(put(name, {{"value", "x"}}).status, 200);
    ASSERT_EQ(remove(name).status, 200);
  }
  ASSERT_EQ(put("/secrets/stays", {{"value", "kept"}}).status, 200);
  memory_.clock.advance(std::chrono::hours(24 * 91));
  static_cast<void>(log_.take_entries());
  const unsigned made = memory_.hsm.made;
  memory_.hsm.takes_time = true;
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_LE(memory_.hsm.made, made + 6) << "two for each 64 at most";
  EXPECT_GT(memory_.hsm.made, made);
  const auto entries = log_.take_entries();
  std::set<std::string> purged;
  for (const auto& one : entries) {
    if (one.record.operation == "PurgeExpiredObject") purged.insert(one.record.resource);
  }
  EXPECT_EQ(purged.size(), static_cast<std::size_t>(kMany));
  EXPECT_EQ(get("/deletedsecrets").body["value"].size(), 0u);
  EXPECT_EQ(get("/secrets/stays").body["value"], "kept");
}

TEST_F(Keys, ABackupBringsBackWhatWasPurged) {
  const auto made = create("k1", {{"kty", "oct"}});
  const auto wrapped = post(path_of(made) + "/wrapkey", {{"alg", "A256KW"}, {"value", digest(32)}});
  const auto backup = post("/keys/k1/backup");
  ASSERT_EQ(backup.status, 200) << backup.body;
  ASSERT_EQ(remove("/keys/k1").status, 200);
  EXPECT_EQ(post(path_of(made) + "/unwrapkey", {{"alg", "A256KW"}, {"value", wrapped.body["value"]}}).said(),
            "404 KeyNotFound");
  ASSERT_EQ(remove("/deletedkeys/k1").status, 204);
  ASSERT_EQ(post("/secrets/restore", backup.body).said(), "400 BadParameter");
  ASSERT_EQ(post("/keys/restore", backup.body).status, 200);
  EXPECT_EQ(post(path_of(made) + "/unwrapkey", {{"alg", "A256KW"}, {"value", wrapped.body["value"]}}).body["value"],
            digest(32));
}

TEST_F(Keys, NoKeyRestsInTheClearAndNoneOpensElsewhere) {
  const std::string canary = "canary-canary-canary-canary-0123";
  ASSERT_EQ(put("/keys/k1", {{"key", {{"kty", "oct"}, {"k", to_base64url(canary)}}}}).status, 200);
  const auto page = run_blocking(memory_.engine->partitions().scan(service_->partitions()[0], "a", "z", 100));
  for (const auto& row : page->rows) EXPECT_FALSE(row.value.contains("canary"));
  open();
  EXPECT_EQ(post("/keys/k1//encrypt", {{"alg", "A256CBCPAD"}, {"value", digest(4)}}).status, 200);
}

TEST_F(Keys, RandomBytesAreAsManyAsAskedFor) {
  EXPECT_EQ(from_base64url(post("/rng", {{"count", 33}}).body["value"].get<std::string>())->size(), 33u);
  EXPECT_EQ(post("/rng", {{"count", 129}}).said(), "400 BadParameter");
}

TEST_F(Keys, AccessPoliciesNameEachUse) {
  const Json policies = {{{"tenantId", to_string(tenant_)},
                          {"objectId", to_string(owner_)},
                          {"permissions", {{"keys", {"create", "get", "sign"}}}}}};
  ASSERT_EQ(make_vault("vau1", {{"accessPolicies", policies}, {"enableRbacAuthorization", false}}).status, 200);
  const auto path = path_of(create("k1", {{"kty", "RSA"}}));
  EXPECT_EQ(post(path + "/sign", {{"alg", "RS256"}, {"value", digest(32)}}).status, 200);
  EXPECT_EQ(post(path + "/encrypt", {{"alg", "RSA-OAEP"}, {"value", digest(5)}}).inner(), "ForbiddenByPolicy");
  EXPECT_EQ(get("/keys/k1").status, 200);
  EXPECT_EQ(get("/keys").inner(), "ForbiddenByPolicy");
  EXPECT_EQ(get("/keys/k1/versions").inner(), "ForbiddenByPolicy");
}

TEST_F(Keys, AVersionLivesForAWhileBeforeItIsRotated) {
  create("k1", {{"kty", "EC"}});
  const auto policy = [](const char* when, const char* period) -> Json {
    return {{"lifetimeActions", {{{"trigger", {{when, period}}}, {"action", {{"type", "Rotate"}}}}}},
            {"attributes", {{"expiryTime", "P90D"}}}};
  };
  EXPECT_EQ(put("/keys/k1/rotationpolicy", policy("timeBeforeExpiry", "P90D")).said(), "400 BadParameter");
  EXPECT_EQ(put("/keys/k1/rotationpolicy", policy("timeBeforeExpiry", "P84D")).said(), "400 BadParameter");
  EXPECT_EQ(put("/keys/k1/rotationpolicy", policy("timeAfterCreate", "P84D")).said(), "400 BadParameter");
  EXPECT_EQ(put("/keys/k1/rotationpolicy", policy("timeBeforeExpiry", "P83D")).status, 200);
  // An expiry of its own makes it due at once, and once.
  const auto soon = unix_seconds(memory_.clock.now()) + 3'600;
  ASSERT_EQ(patch("/keys/k1", {{"attributes", {{"exp", soon}}}}).status, 200);
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(get("/keys/k1/versions").body["value"].size(), 1u);
  memory_.clock.advance(std::chrono::hours(25));
  run_blocking(service_->look_after(*pipeline_));
  run_blocking(service_->look_after(*pipeline_));
  EXPECT_EQ(get("/keys/k1/versions").body["value"].size(), 2u);
}

TEST_F(Keys, NumbersThatTakeLongAreRefused) {
  EXPECT_EQ(create("k1", {{"kty", "RSA"}, {"public_exponent", 3'234'846'615}}).said(), "400 BadParameter");
  EXPECT_EQ(create("k1", {{"kty", "RSA"}, {"public_exponent", 65'539}}).status, 200);
}

TEST(KeyCache, AUseDoesntBringBackWhatWasPurgedMeanwhile) {
  KeyCache cache;
  const VaultId vault;
  const auto key = *crypto::JoseKey::generate_ec(crypto::Curve::kP256);
  const auto before = cache.purges();
  cache.forget(vault);
  cache.put(vault, "v", key, before);
  EXPECT_FALSE(cache.find(vault, "v"));
  cache.put(vault, "v", key, cache.purges());
  EXPECT_TRUE(cache.find(vault, "v"));
}

}  // namespace
}  // namespace freehold::vault

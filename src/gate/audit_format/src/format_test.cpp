#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "audit_format/checkpoint.h"
#include "audit_format/leaf.h"
#include "audit_format/record_text.h"
#include "base/encoding.h"
#include "base/random.h"
#include "crypto/ed25519.h"

namespace freehold::gate::audit {
namespace {

using nlohmann::json;

RecordText plain_record() {
  RecordText r;
  r.address = "addr";
  r.bytes_in = 12;
  r.bytes_out = 4096;
  r.caller = "who";
  r.credential = "SharedKey";
  r.decision = "allowed";
  r.operation = "Put Blob";
  r.resource = "/acct/box/a \"b\"\\\n\x01 \xc3\xa9";
  r.status = 201;
  r.salt.fill('\x41');
  r.time = WallTime(std::chrono::microseconds(1'767'323'045'000'123));
  return r;
}

std::string text_of(const RecordText& r) {
  std::string out;
  append_record_text(out, r);
  return out;
}

TEST(RecordText, IsTheExactCanonicalText) {
  EXPECT_EQ(text_of(plain_record()),
            R"({"address":"addr","bytesIn":12,"bytesOut":4096,"caller":"who","credential":"SharedKey",)"
            R"("decision":"allowed","operation":"Put Blob","reason":"",)"
            R"("request":"00000000-0000-0000-0000-000000000000",)"
            R"("resource":"/acct/box/a \"b\"\\\n\u0001 )"
            "\xc3\xa9"
            R"(","salt":"QUFBQUFBQUFBQUFBQUFBQQ","status":201,)"
            R"("tenant":"00000000-0000-0000-0000-000000000000","time":"2026-01-02T03:04:05.000123Z","v":1})");
}

// Another writer that sorts members and escapes minimally agrees on every text: nlohmann's dump of what it parsed.
TEST(RecordText, AgreesWithAnotherCanonicalWriter) {
  SeededRandom random(5);
  for (int i = 0; i < 2000; ++i) {
    const auto resource = random.bytes(random.below(60));
    const auto reason = to_base64(random.bytes(random.below(20)));
    const auto id = random.bytes(16);
    auto r = plain_record();
    r.resource = resource;
    r.reason = reason;
    r.id = i % 2 ? BytesView(id) : BytesView();
    r.bytes_in = random.u64() >> random.below(64);
    r.request = random_id<RequestId>(random);
    r.time = WallTime(std::chrono::microseconds(static_cast<std::int64_t>(random.u64() >> 12)));
    const auto text = text_of(r);
    const auto parsed = json::parse(text);
    ASSERT_EQ(parsed.dump(), text);
    ASSERT_EQ(parsed.at("request"), to_string(r.request));
    ASSERT_EQ(parsed.at("reason"), reason);
    const auto time = parse_iso8601(parsed.at("time").get<std::string>());
    ASSERT_TRUE(time.has_value());
    ASSERT_EQ(time->time_since_epoch().count(),
              std::min<std::int64_t>(r.time.time_since_epoch().count(), 253'402'300'799'999'999));
    if (i % 2) ASSERT_EQ(parsed.at("id"), to_base64url(id));
  }
}

TEST(RecordText, LongAndBrokenNamesAreBoundedAndStayApart) {
  auto r = plain_record();
  const std::string long_a(20'000, 'x');
  const std::string long_b = long_a + "y";
  r.resource = long_a;
  const auto a = text_of(r);
  r.resource = long_b;
  const auto b = text_of(r);
  EXPECT_NE(a, b);
  EXPECT_LT(a.size(), kRecordStringBytes + 600);
  std::string accents;
  for (int i = 0; i < 5000; ++i) accents += "\xe2\x82\xac";
  r.resource = accents;
  EXPECT_NO_THROW((void)json::parse(text_of(r)));
  r.resource = "/a/\xff\xfe%";
  EXPECT_EQ(json::parse(text_of(r)).at("resource"), "/a/%FF%FE%25");
}

TEST(RecordText, TheWorstRecordIsWithinTheBound) {
  auto r = plain_record();
  const std::string worst(100'000, '\x01');
  r.address = r.caller = r.credential = r.decision = r.operation = r.reason = r.resource = worst;
  EXPECT_LE(text_of(r).size(), kRecordTextBytes);
}

Leaf some_leaf() {
  Leaf leaf;
  SeededRandom random(3);
  leaf.tenant = random_id<TenantId>(random);
  leaf.index = 77;
  leaf.sub_root[3] = 9;
  leaf.count = 4096;
  leaf.first = WallTime(std::chrono::seconds(100));
  leaf.last = WallTime(std::chrono::seconds(101));
  leaf.sealed_hash[31] = 1;
  leaf.text_bytes = 123456;
  return leaf;
}

TEST(Leaf, ComesBackAndNothingElseIsTaken) {
  const auto bytes = encode_leaf(some_leaf());
  EXPECT_EQ(bytes.size(), kLeafBytes);
  ASSERT_EQ(decode_leaf(bytes), some_leaf());
  EXPECT_FALSE(decode_leaf(bytes + "x"));
  for (std::size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode_leaf(BytesView(bytes).substr(0, n)));
  auto version = bytes;
  version[4] = 2;
  EXPECT_FALSE(decode_leaf(version));
  auto many = some_leaf();
  many.count = 4097;
  EXPECT_FALSE(decode_leaf(encode_leaf(many)));
  auto none = some_leaf();
  none.count = 0;
  EXPECT_FALSE(decode_leaf(encode_leaf(none)));
}

TEST(RecordProof, ProvesOneRecordInTwoStepsAndNoOther) {
  std::vector<std::string> texts;
  std::vector<Hash> batch;
  for (int i = 0; i < 21; ++i) {
    texts.push_back("record " + std::to_string(i));
    batch.push_back(record_hash(texts.back()));
  }
  auto leaf = some_leaf();
  leaf.index = 5;
  leaf.count = 21;
  leaf.sub_root = root_of(batch);
  std::vector<Hash> log(11);
  for (std::size_t i = 0; i < log.size(); ++i) log[i] = leaf_hash(std::to_string(i));
  log[5] = leaf_hash(encode_leaf(leaf));
  const auto root = root_of(log);
  auto proof = prove_record(batch, 13, leaf, LeafSpan(log), log.size());
  ASSERT_TRUE(proof.has_value());
  EXPECT_TRUE(verify_record(texts[13], *proof, root));
  EXPECT_FALSE(verify_record(texts[12], *proof, root));
  EXPECT_FALSE(verify_record(texts[13], *proof, empty_root()));
  proof->leaf.tenant = TenantId{};
  EXPECT_FALSE(verify_record(texts[13], *proof, root));
}

// The example of Go's x/mod/sumdb/note, which the signed-note format comes from.
constexpr std::string_view kNeumann = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

TEST(VerifierKey, ReadsAndWritesThePublishedExample) {
  const auto key = parse_verifier_key(kNeumann);
  ASSERT_TRUE(key.has_value());
  EXPECT_EQ(key->name, "PeterNeumann");
  EXPECT_EQ(to_string(*key), kNeumann);
  EXPECT_TRUE(parse_verifier_key(std::string(kNeumann) + "\n").has_value());
}

TEST(VerifierKey, RefusesWhatIsNotOne) {
  for (const auto text :
       {"", "a", "a+b", "a+b+c", "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpC2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a3+ARpc"}) {
    EXPECT_FALSE(parse_verifier_key(text).has_value()) << text;
  }
}

struct Signer {
  crypto::Ed25519KeyPair pair = *crypto::ed25519_from_seed(Secret(BytesView("0123456789abcdef0123456789abcdef")));
  VerifierKey key = make_verifier_key("example.org/audit/fe0", pair.public_key);
};

TEST(Checkpoint, OpensWhatWasSignedAndNothingChanged) {
  const Signer s;
  const Checkpoint checkpoint{s.key.name, 42, root_of({})};
  const auto note = sign_checkpoint(checkpoint, s.key, s.pair.seed);
  const auto opened = open_checkpoint(note, s.key);
  ASSERT_TRUE(opened.has_value());
  EXPECT_EQ(opened->size, 42U);
  EXPECT_EQ(opened->root, empty_root());
  EXPECT_TRUE(note.starts_with("example.org/audit/fe0\n42\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\u2014 "));
  for (std::size_t i = 0; i < note.size(); ++i) {
    auto changed = note;
    changed[i] ^= 1;
    EXPECT_FALSE(open_checkpoint(changed, s.key).has_value()) << i;
    EXPECT_FALSE(open_checkpoint(note.substr(0, i), s.key).has_value()) << i;
  }
}

TEST(Checkpoint, AWitnessMaySignTooAndAnotherLogsKeyDoesNotOpenIt) {
  const Signer s;
  const auto note = sign_checkpoint({s.key.name, 1, empty_root()}, s.key, s.pair.seed);
  EXPECT_TRUE(open_checkpoint(note + "\u2014 witness AAAAAAAA\n", s.key).has_value());
  EXPECT_FALSE(open_checkpoint(note, make_verifier_key(s.key.name, crypto::make_ed25519().public_key)).has_value());
  EXPECT_FALSE(open_checkpoint(note, make_verifier_key("example.org/audit/fe1", s.pair.public_key)).has_value());
}

}  // namespace
}  // namespace freehold::gate::audit

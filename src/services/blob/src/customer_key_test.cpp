// Customer-provided keys, through the pipeline and down to the stored bytes.
#include "src/customer_key.h"
#include "crypto/digest.h"
#include "src/account_key.h"
#include "src/blob_row.h"
#include "src/test_region.h"

namespace freehold::blob::testing {
namespace {

HeaderList with_key(char letter, HeaderList more = {}) {
  const Bytes key(32, letter);
  const auto digest = crypto::sha256(key);
  more.emplace_back("x-ms-encryption-key", to_base64(key));
  more.emplace_back("x-ms-encryption-key-sha256", to_base64(crypto::view(digest)));
  more.emplace_back("x-ms-encryption-algorithm", "AES256");
  return more;
}
std::string sha_of(char letter) {
  const auto digest = crypto::sha256(Bytes(32, letter));
  return to_base64(crypto::view(digest));
}

struct CustomerKeys : ::testing::Test, TestRegion {
  CustomerKeys() { make_container("box"); }
  Answer put_block(const std::string& id, const Bytes& content, HeaderList headers) {
    return run(Method::kPut, "/box/b?comp=block&blockid=" + percent_encode(to_base64(id)), std::move(headers), content);
  }
  Answer commit(const std::string& list, HeaderList headers) {
    return run(Method::kPut, "/box/b?comp=blocklist", std::move(headers), "<BlockList>" + list + "</BlockList>");
  }
  static std::string named(const char* element, const std::string& id) {
    return std::string("<") + element + ">" + to_base64(id) + "</" + element + ">";
  }
};

TEST_F(CustomerKeys, ContentComesBackToWhoBringsTheKeyOnly) {
  for (const std::size_t size : {0u, 1000u, 200'000u}) {
    const auto content = pattern(size, size + 1);
    const auto written = put("/box/b", content, with_key('k', {{"x-ms-meta-who", "me"}}));
    ASSERT_EQ(written.status, 201) << written.body;
    EXPECT_EQ(written.header("x-ms-encryption-key-sha256"), sha_of('k'));
    EXPECT_EQ(written.header("x-ms-request-server-encrypted"), "true");
    const auto got = get("/box/b", with_key('k'));
    ASSERT_EQ(got.status, 200) << got.body;
    EXPECT_TRUE(got.body == content);
    EXPECT_EQ(got.header("x-ms-encryption-key-sha256"), sha_of('k'));
    EXPECT_EQ(run(Method::kHead, "/box/b", with_key('k')).status, 200);
    EXPECT_EQ(get("/box/b?comp=metadata", with_key('k')).header("x-ms-meta-who"), "me");
    for (const auto* query : {"", "?comp=metadata"}) {
      const auto path = std::string("/box/b") + query;
      EXPECT_EQ(get(path).code(), "BlobUsesCustomerSpecifiedEncryption");
      EXPECT_EQ(get(path, with_key('x')).code(), "BlobCustomerSpecifiedEncryptionMismatch");
      EXPECT_EQ(get(path).status, 409);
    }
    EXPECT_EQ(run(Method::kHead, "/box/b").status, 409);
  }
  ASSERT_EQ(put("/box/b", "plain").status, 201);
  EXPECT_EQ(get("/box/b", with_key('k')).code(), "BlobDoesNotUseCustomerSpecifiedEncryption");
  EXPECT_EQ(get("/box/b").body, "plain");
}

TEST_F(CustomerKeys, MetadataIsWrittenWithTheKeyAndListedWithoutIt) {
  ASSERT_EQ(put("/box/b", "x", with_key('k', {{"x-ms-meta-secret", "word"}})).status, 201);
  const std::string path = "/box/b?comp=metadata";
  EXPECT_EQ(run(Method::kPut, path, {{"x-ms-meta-a", "b"}}).code(), "BlobUsesCustomerSpecifiedEncryption");
  EXPECT_EQ(run(Method::kPut, path, with_key('x', {{"x-ms-meta-a", "b"}})).code(),
            "BlobCustomerSpecifiedEncryptionMismatch");
  const auto listed = get("/box?restype=container&comp=list&include=metadata");
  EXPECT_EQ(listed.body.find("word"), std::string::npos);
  EXPECT_NE(listed.body.find("<CustomerProvidedKeySha256>" + sha_of('k')), std::string::npos);
  EXPECT_NE(listed.body.find("<Metadata Encrypted=\"true\" />"), std::string::npos);
  const auto set = run(Method::kPut, path, with_key('k', {{"x-ms-meta-a", "b"}}));
  EXPECT_EQ(set.status, 200);
  EXPECT_EQ(set.header("x-ms-encryption-key-sha256"), sha_of('k'));
  EXPECT_EQ(get("/box/b", with_key('k')).header("x-ms-meta-a"), "b");
}

TEST_F(CustomerKeys, BlocksAndTheirListShareOneKey) {
  const auto first = pattern(100'000, 1);
  const auto second = pattern(70, 2);
  const auto staged = put_block("aaaa", first, with_key('k'));
  ASSERT_EQ(staged.status, 201) << staged.body;
  EXPECT_EQ(staged.header("x-ms-encryption-key-sha256"), sha_of('k'));
  EXPECT_EQ(put_block("bbbb", second, with_key('x')).code(), "BlobCustomerSpecifiedEncryptionMismatch");
  EXPECT_EQ(put_block("bbbb", second, {}).code(), "BlobUsesCustomerSpecifiedEncryption");
  ASSERT_EQ(put_block("bbbb", second, with_key('k')).status, 201);
  const auto list = named("Uncommitted", "aaaa") + named("Latest", "bbbb");
  EXPECT_EQ(commit(list, {}).code(), "BlobUsesCustomerSpecifiedEncryption");
  EXPECT_EQ(commit(list, with_key('x')).code(), "BlobCustomerSpecifiedEncryptionMismatch");
  const auto committed = commit(list, with_key('k'));
  ASSERT_EQ(committed.status, 201) << committed.body;
  EXPECT_EQ(committed.header("x-ms-encryption-key-sha256"), sha_of('k'));
  EXPECT_TRUE(get("/box/b", with_key('k')).body == first + second);
  EXPECT_EQ(get("/box/b").code(), "BlobUsesCustomerSpecifiedEncryption");

  // Committed blocks stay under their key; a list without them may begin anew under another.
  EXPECT_EQ(commit(named("Committed", "aaaa"), with_key('x')).code(), "BlobCustomerSpecifiedEncryptionMismatch");
  ASSERT_EQ(put_block("cccc", second, with_key('x')).status, 201);
  EXPECT_EQ(commit(named("Committed", "aaaa") + named("Uncommitted", "cccc"), with_key('x')).code(),
            "BlobCustomerSpecifiedEncryptionMismatch");
  ASSERT_EQ(commit(named("Uncommitted", "cccc"), with_key('x')).status, 201);
  EXPECT_TRUE(get("/box/b", with_key('x')).body == second);
  EXPECT_EQ(get("/box/b", with_key('k')).code(), "BlobCustomerSpecifiedEncryptionMismatch");
  collect();
  EXPECT_TRUE(get("/box/b", with_key('x')).body == second);
}

TEST_F(CustomerKeys, OfAppendBlobs) {
  const auto create = [&](HeaderList headers) {
    headers.emplace_back("x-ms-blob-type", "AppendBlob");
    return run(Method::kPut, "/box/log", std::move(headers));
  };
  const auto append = [&](const Bytes& block, HeaderList headers) {
    return run(Method::kPut, "/box/log?comp=appendblock", std::move(headers), block);
  };
  const auto created = create(with_key('k'));
  ASSERT_EQ(created.status, 201) << created.body;
  EXPECT_EQ(created.header("x-ms-encryption-key-sha256"), sha_of('k'));
  Bytes content;
  // Enough of them for joined segments and manifests.
  for (std::size_t i = 0; i < 200; ++i) {
    const auto block = pattern(700 + i, i);
    const auto appended = append(block, with_key('k'));
    ASSERT_EQ(appended.status, 201) << appended.body;
    EXPECT_EQ(appended.header("x-ms-encryption-key-sha256"), sha_of('k'));
    content += block;
  }
  EXPECT_EQ(append("x", {}).code(), "BlobUsesCustomerSpecifiedEncryption");
  EXPECT_EQ(append("x", with_key('x')).code(), "BlobCustomerSpecifiedEncryptionMismatch");
  EXPECT_TRUE(get("/box/log", with_key('k')).body == content);
  EXPECT_EQ(get("/box/log").code(), "BlobUsesCustomerSpecifiedEncryption");
  ASSERT_EQ(put("/box/source", "more").status, 201);
  const auto from_url = run(Method::kPut, "/box/log?comp=appendblock",
                            with_key('k', {{"x-ms-copy-source", "https://acct1.blob.core.freehold.test/box/source"}}));
  ASSERT_EQ(from_url.status, 201) << from_url.body;
  ASSERT_EQ(run(Method::kPut, "/box/log?comp=seal").status, 200);
  EXPECT_TRUE(get("/box/log", with_key('k')).body == content + "more");
  ASSERT_EQ(create({}).status, 201);
  EXPECT_EQ(append("x", with_key('k')).code(), "BlobDoesNotUseCustomerSpecifiedEncryption");
}

TEST_F(CustomerKeys, OfPageBlobs) {
  const auto create = [&](HeaderList headers) {
    headers.emplace_back("x-ms-blob-type", "PageBlob");
    headers.emplace_back("x-ms-blob-content-length", "2097152");
    return run(Method::kPut, "/box/disk", std::move(headers));
  };
  const auto page = [&](const std::string& range, const char* how, const Bytes& content, HeaderList headers) {
    headers.emplace_back("x-ms-page-write", how);
    headers.emplace_back("x-ms-range", range);
    return run(Method::kPut, "/box/disk?comp=page", std::move(headers), content);
  };
  ASSERT_EQ(create(with_key('k')).status, 201);
  Bytes expected(2 * 1024 * 1024, '\0');
  // Enough of them that the window is put together again.
  for (std::size_t i = 0; i < 150; ++i) {
    const auto content = pattern(512, i);
    const auto range = "bytes=" + std::to_string(i * 1024) + "-" + std::to_string(i * 1024 + 511);
    ASSERT_EQ(page(range, "update", content, with_key('k')).status, 201);
    expected.replace(i * 1024, 512, content);
  }
  const auto large = pattern(100'352, 7);
  ASSERT_EQ(page("bytes=1048064-1148415", "update", large, with_key('k')).status, 201);
  expected.replace(1'048'064, large.size(), large);
  EXPECT_TRUE(get("/box/disk", with_key('k')).body == expected);
  const std::string first = "bytes=0-511";
  EXPECT_EQ(get("/box/disk", {{"x-ms-range", first}}).code(), "BlobUsesCustomerSpecifiedEncryption");
  EXPECT_EQ(page(first, "update", pattern(512), {}).code(), "BlobUsesCustomerSpecifiedEncryption");
  EXPECT_EQ(page(first, "clear", "", with_key('x')).code(), "BlobCustomerSpecifiedEncryptionMismatch");
  EXPECT_EQ(run(Method::kPut, "/box/disk?comp=properties", {{"x-ms-blob-content-length", "512"}}).code(),
            "BlobUsesCustomerSpecifiedEncryption");
  EXPECT_EQ(elements(get("/box/disk?comp=pagelist").body, "Start").size(), 151u);  // without the key
  const auto snapshot = run(Method::kPut, "/box/disk?comp=snapshot", with_key('k')).header("x-ms-snapshot");
  ASSERT_EQ(page(first, "clear", "", with_key('k')).status, 201);
  ASSERT_EQ(
      run(Method::kPut, "/box/disk?comp=properties", with_key('k', {{"x-ms-blob-content-length", "1024"}})).status,
      200);
  EXPECT_TRUE(get("/box/disk", with_key('k')).body == Bytes(1024, '\0'));
  EXPECT_TRUE(get("/box/disk?snapshot=" + snapshot, with_key('k')).body == expected);
  ASSERT_EQ(put("/box/source", pattern(512, 5)).status, 201);
  const auto from_url = run(Method::kPut, "/box/disk?comp=page",
                            with_key('k', {{"x-ms-copy-source", "https://acct1.blob.core.freehold.test/box/source"},
                                           {"x-ms-source-range", first},
                                           {"x-ms-range", first},
                                           {"x-ms-page-write", "update"}}));
  ASSERT_EQ(from_url.status, 201) << from_url.body;
  EXPECT_TRUE(get("/box/disk", with_key('k', {{"x-ms-range", first}})).body == pattern(512, 5));
}

TEST_F(CustomerKeys, SnapshotsKeepIt) {
  const auto content = pattern(200'000);
  ASSERT_EQ(put("/box/b", content, with_key('k')).status, 201);
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=snapshot").code(), "BlobUsesCustomerSpecifiedEncryption");
  const auto taken = run(Method::kPut, "/box/b?comp=snapshot", with_key('k'));
  ASSERT_EQ(taken.status, 201) << taken.body;
  EXPECT_EQ(taken.header("x-ms-encryption-key-sha256"), sha_of('k'));
  ASSERT_EQ(put("/box/b", "new", with_key('x')).status, 201);
  collect();
  const auto path = "/box/b?snapshot=" + percent_encode(taken.header("x-ms-snapshot"));
  EXPECT_TRUE(get(path, with_key('k')).body == content);
  EXPECT_EQ(get(path, with_key('x')).code(), "BlobCustomerSpecifiedEncryptionMismatch");
  EXPECT_EQ(get("/box/b", with_key('x')).body, "new");
}

TEST_F(CustomerKeys, CopiesDemandTheSourcesKeyAndTakeAnother) {
  const auto content = pattern(100'000);
  ASSERT_EQ(put("/box/a", content, with_key('k')).status, 201);
  const auto copy = [&](HeaderList headers) {
    headers.emplace_back("x-ms-blob-type", "BlockBlob");
    headers.emplace_back("x-ms-copy-source", "https://acct1.blob.core.freehold.test/box/a");
    return run(Method::kPut, "/box/b", std::move(headers));
  };
  EXPECT_EQ(copy({}).code(), "BlobUsesCustomerSpecifiedEncryption");
  HeaderList source;
  for (auto& [name, value] : with_key('k')) source.emplace_back("x-ms-source" + name.substr(4), value);
  ASSERT_EQ(copy(source).status, 201);
  EXPECT_TRUE(get("/box/b").body == content);
  const auto both = copy(with_key('x', source));
  ASSERT_EQ(both.status, 201) << both.body;
  EXPECT_EQ(both.header("x-ms-encryption-key-sha256"), sha_of('x'));
  EXPECT_TRUE(get("/box/b", with_key('x')).body == content);
}

// Nobody here keeps the key, and Copy Blob would have to: it is refused before its destination loses anything.
TEST_F(CustomerKeys, CopyBlobTakesNoSourceUnderOne) {
  ASSERT_EQ(put("/box/a", pattern(33 * 1024 * 1024), with_key('k')).status, 201);
  ASSERT_EQ(put("/box/b", "old").status, 201);
  HeaderList source{{"x-ms-copy-source", "https://acct1.blob.core.freehold.test/box/a"}};
  EXPECT_EQ(run(Method::kPut, "/box/b", source).code(), "BlobUsesCustomerSpecifiedEncryption");
  for (auto& [name, value] : with_key('k')) source.emplace_back("x-ms-source" + name.substr(4), value);
  EXPECT_EQ(run(Method::kPut, "/box/b", source).code(), "NotImplemented");
  EXPECT_EQ(get("/box/b").body, "old");
}

TEST_F(CustomerKeys, AllThreeHeadersMustFit) {
  const auto code = [&](HeaderList headers) {
    const auto answer = put("/box/b", "x", std::move(headers));
    EXPECT_EQ(answer.body.find(to_base64(Bytes(32, 'k'))), std::string::npos) << "the key is repeated";
    return std::to_string(answer.status) + ' ' + answer.code();
  };
  const auto key = to_base64(Bytes(32, 'k'));
  EXPECT_EQ(code({{"x-ms-encryption-key", key}}), "400 MissingRequiredHeader");
  EXPECT_EQ(code({{"x-ms-encryption-algorithm", "AES256"}}), "400 MissingRequiredHeader");
  const auto with = [&](std::string k, std::string sha, std::string algorithm) {
    return HeaderList{{"x-ms-encryption-key", std::move(k)},
                      {"x-ms-encryption-key-sha256", std::move(sha)},
                      {"x-ms-encryption-algorithm", std::move(algorithm)}};
  };
  EXPECT_EQ(code(with(key, sha_of('x'), "AES256")), "400 InvalidHeaderValue");
  EXPECT_EQ(code(with(key, "?", "AES256")), "400 InvalidHeaderValue");
  EXPECT_EQ(code(with(key, sha_of('k'), "AES128")), "400 InvalidHeaderValue");
  EXPECT_EQ(code(with(to_base64(Bytes(16, 'k')), sha_of('k'), "AES256")), "400 InvalidHeaderValue");
  EXPECT_EQ(code(with("no base64", sha_of('k'), "AES256")), "400 InvalidHeaderValue");
  EXPECT_EQ(code(with_key('k')), "201 ");
  EXPECT_EQ(run(Method::kPut, "/box/b?comp=properties", with_key('k')).status, 501);
}

// Everything that rests, and the keys that the region has, don't give the content: only with the customer's key
// besides.
TEST_F(CustomerKeys, TheRegionsOwnKeysDoNotOpenTheContent) {
  const auto content = pattern(1000);
  ASSERT_EQ(put("/box/b", content, with_key('k')).status, 201);
  std::optional<BlobRow> row;
  Bytes page;
  for (const auto& stored : rows()) {
    if (stored.key[0] == 'b') row = *decode_blob_row(stored.value);
    if (stored.key[0] == 'c') page = stored.value;
    EXPECT_EQ(stored.value.find(Bytes(32, 'k')), Bytes::npos);
  }
  ASSERT_TRUE(row);
  const auto account = service->accounts().find("acct1");
  const auto account_key = runtime::run_blocking(service->accounts().account_key(account->id));
  ASSERT_TRUE(account_key);
  const auto blob_key = open_blob_key(*account_key, row->wrapped_key);
  ASSERT_TRUE(blob_key);
  const auto opens = [&](const ContentKey& key) {
    Bytes out(content.size(), '\0');
    const crypto::ChunkCipher cipher(key.key, store::to_bytes(row->layout.direct.at(0).segments.begin()->id));
    return cipher.open_page(0, page, out) && out == content;
  };
  EXPECT_FALSE(opens(**blob_key));
  const CustomerKey right{std::make_shared<const Secret>(Bytes(32, 'k')), {}};
  const CustomerKey wrong{std::make_shared<const Secret>(Bytes(32, 'x')), {}};
  EXPECT_FALSE(opens(*content_key(*blob_key, wrong)));
  EXPECT_TRUE(opens(*content_key(*blob_key, right)));
}

}  // namespace
}  // namespace freehold::blob::testing

#include "src/test_region.h"

#include <algorithm>

#include "crypto/digest.h"

namespace freehold::blob::testing {

std::string Answer::header(std::string_view name) const {
  for (const auto& [field, value] : headers.fields()) {
    if (equals_ignoring_case(field, name)) return value;
  }
  return {};
}

BlobServiceOptions TestRegion::options() {
  return {
      .rows = disk,
      .chunks = engine->chunks(),
      .epoch = {1},
      .hybrid = hybrid,
      .wrapper = wrapper,
      .row_keys = row_keys,
      .random = random,
      .clock = clock,
      .pool = pool,
      .host_suffixes = {"blob.core.freehold.test"},
      .allowed_sources = allowed_sources,
      .outside = outside,
      .customer_keys = customer_keys,
      .vault_suffix = "vault.freehold.test",
      .pool_suffix = "managedhsm.freehold.test",
      .erasure = tree.get(),
      .identities = identities,
      .user_identities = user_identities,
  };
}

void TestRegion::open() {
  tree = std::make_unique<keys::ErasureTree>(
      hsm, keys::SealedStore{
               .rows = engine->partitions(), .epoch = {1}, .hybrid = hybrid, .row_keys = row_keys, .random = random});
  ASSERT_TRUE(runtime::run_blocking(tree->open()).has_value());
  service = std::make_unique<BlobService>(options());
  const auto loaded = runtime::run_blocking(service->load());
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  if (!created) {
    NewAccount account{.tenant = random_id<TenantId>(random), .name = "acct1", .keys = {Secret(key), Secret(key)}};
    const auto made = runtime::run_blocking(service->accounts().create_account(std::move(account)));
    ASSERT_TRUE(made.has_value()) << made.error().message;
    created = true;
  }
  pipeline = std::make_unique<gate::Pipeline>(service->accounts(), log, clock, random, gate::PipelineOptions{});
  pipeline->add(service->gate());
}

void TestRegion::take_audit_rows() {
  const auto partitions = runtime::run_blocking(service->partitions());
  ASSERT_TRUE(partitions.has_value());
  for (const auto& partition : *partitions) {
    const auto page = runtime::run_blocking(engine->partitions().scan(partition, "\x01", "\x02", 1000));
    ASSERT_TRUE(page.has_value());
    store::Commit commit{partition, {1}, hybrid.next_transaction(), {}, {}, {}};
    for (const auto& row : page->rows) commit.deletes.push_back(row.key);
    if (commit.deletes.empty()) continue;
    const auto done = runtime::run_blocking(engine->partitions().commit(std::move(commit)));
    ASSERT_EQ(done.outcome, store::CommitOutcome::kOk);
  }
}

http::Request TestRegion::make(Method method, const std::string& path, HeaderList headers, http::BodyReader& body) {
  if (std::none_of(headers.begin(), headers.end(), [](const auto& h) { return h.first == "x-ms-version"; })) {
    headers.emplace_back("x-ms-version", "2021-12-02");
  }
  headers.emplace_back("x-ms-date", http_date(clock.now()));
  headers.emplace_back("content-length", std::to_string(body.length().value_or(0)));
  auto request =
      gate::testing::make_request(method, "https://acct1.blob.core.freehold.test" + path, std::move(headers));
  request.headers.add("authorization", gate::shared_key_authorization(request, "acct1", key));
  request.body = &body;
  return request;
}

Answer TestRegion::sas_call(Method method, const std::string& path, HeaderList headers) {
  BytesBody none("");
  auto request = make(method, path, std::move(headers), none);
  request.headers.remove("authorization");
  return runtime::run_blocking(exchange(*pipeline, request));
}

Task<Answer> TestRegion::exchange(gate::Pipeline& pipeline, http::Request& request) {
  auto response = co_await pipeline.handle(request);
  Answer answer{response.status, std::move(response.headers), {}, response.head_length, false};
  if (auto* bytes = std::get_if<Bytes>(&response.body)) answer.body = std::move(*bytes);
  if (auto* stream = std::get_if<http::StreamBody>(&response.body)) {
    while (true) {
      const auto piece = co_await stream->writer->next();
      answer.cut_off = !piece.has_value();
      if (!piece || piece->empty()) break;
      answer.body += *piece;
    }
    if (!answer.cut_off) EXPECT_EQ(answer.body.size(), stream->length);
  }
  co_return answer;
}

std::vector<store::KeyValue> TestRegion::rows(bool containers_only) {
  std::vector<store::KeyValue> result;
  const auto partitions = runtime::run_blocking(service->partitions());
  EXPECT_TRUE(partitions.has_value());
  for (const auto& partition : *partitions) {
    if (containers_only && partition.value[16] != 'b') continue;
    auto page = runtime::run_blocking(engine->partitions().scan(partition, "a", "", 1000));
    EXPECT_TRUE(page.has_value());
    for (auto& row : page->rows) result.push_back(std::move(row));
  }
  return result;
}

Bytes pattern(std::size_t size, std::uint64_t seed) {
  Bytes bytes(size, '\0');
  SeededRandom(seed).fill(bytes);
  return bytes;
}

std::string md5_base64(BytesView data) {
  crypto::Md5 md5;
  md5.update(data);
  const auto digest = md5.finish();
  return to_base64(crypto::view(digest));
}

std::vector<std::string> elements(const std::string& xml, const std::string& name) {
  std::vector<std::string> result;
  const auto begin = '<' + name + '>';
  for (auto at = xml.find(begin); at != xml.npos; at = xml.find(begin, at)) {
    at += begin.size();
    result.push_back(xml.substr(at, xml.find('<', at) - at));
  }
  return result;
}

}  // namespace freehold::blob::testing

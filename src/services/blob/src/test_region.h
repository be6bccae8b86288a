// A region in memory with one account, behind the real pipeline: what the operation tests talk to.
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "authn/signing.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "blob/blob_service.h"
#include "crypto/aead.h"
#include "crypto/testing/memory_hsm.h"
#include "keys/erasure_tree.h"
#include "pipeline/pipeline.h"
#include "pipeline/testing/fake_log.h"
#include "route/testing/make_request.h"
#include "runtime/task_scope.h"
#include "src/test_store.h"
#include "store/reference_engine.h"

namespace freehold::blob::testing {

using gate::testing::BytesBody;
using gate::testing::HeaderList;
using http::Method;

// Wraps under one key of its own, as a key ring would.
class FixedWrapper final : public crypto::KeyWrapper {
 public:
  explicit FixedWrapper(Random& random) : key_(random.bytes(32)), random_(random) {}
  Task<Result<Bytes>> wrap(TenantId, Secret key, Bytes context) override {
    co_return crypto::seal(key_, context, key.view(), random_);
  }
  Task<Result<Secret>> unwrap(TenantId, Bytes wrapped, Bytes context) override {
    if (on_unwrap) {
      FH_CO_CHECK_OK(on_unwrap(context));
    }
    co_return crypto::open_secret(key_, context, wrapped);
  }

  std::function<Result<>(BytesView context)> on_unwrap;

 private:
  Secret key_;
  Random& random_;
};

class FixedRowKeys final : public RowKeySource {
 public:
  Result<Secret> row_key(TenantId tenant) override {
    auto key = std::string(16, 'r');
    key += tenant.view();
    return Secret(key);
  }
};

// What a client sees of an answer, its body read to the end.
struct Answer {
  int status = 0;
  http::Headers headers;
  Bytes body;
  std::optional<std::uint64_t> head_length;
  bool cut_off = false;  // the body ended in an error
  [[nodiscard]] std::string header(std::string_view name) const;
  [[nodiscard]] std::string code() const { return header("x-ms-error-code"); }
};

struct Call {
  Method method = Method::kGet;
  std::string path;  // "/container/blob?comp=..."
  HeaderList headers;
  Bytes body;
};

// A body that announces more than it brings.
class ShortBody final : public http::BodyReader {
 public:
  ShortBody(std::uint64_t announced, Bytes bytes) : announced_(announced), rest_(std::move(bytes)) {}
  [[nodiscard]] std::optional<std::uint64_t> length() const override { return announced_; }
  [[nodiscard]] http::Task<Result<std::size_t>> read_some(std::span<char> out) override { return rest_.read_some(out); }

 private:
  std::uint64_t announced_;
  BytesBody rest_;
};

class TestRegion {
 public:
  TestRegion() { open(); }

  // Ends the service as a crash would (nothing is finished) and starts it again on the same storage.
  void restart() {
    pipeline.reset();
    service.reset();
    open();
  }

  Answer call(Call call) { return run(call.method, call.path, std::move(call.headers), std::move(call.body)); }
  Answer run(Method method, std::string path, HeaderList headers = {}, Bytes body = {}) {
    BytesBody reader(std::move(body));
    return send(method, std::move(path), std::move(headers), reader);
  }
  Answer send(Method method, std::string path, HeaderList headers, http::BodyReader& body) {
    auto request = make(method, path, std::move(headers), body);
    return runtime::run_blocking(exchange(*pipeline, request));
  }
  // With the SAS that the path brings along instead of a key.
  Answer sas_call(Method method, const std::string& path, HeaderList headers);
  Answer put(const std::string& path, Bytes body, HeaderList headers = {}) {
    headers.emplace_back("x-ms-blob-type", "BlockBlob");
    return run(Method::kPut, path, std::move(headers), std::move(body));
  }
  Answer get(const std::string& path, HeaderList headers = {}) { return run(Method::kGet, path, std::move(headers)); }
  void make_container(const std::string& name) {
    ASSERT_EQ(run(Method::kPut, "/" + name + "?restype=container").status, 201);
  }

  // Collects until nothing waits.
  void collect() {
    while (service->garbage_waiting() > 0) {
      const auto done = runtime::run_blocking(service->collect_garbage(*pipeline));
      ASSERT_TRUE(done.has_value()) << done.error().message;
    }
  }
  // What the audit log does by and by: deletes the rows that it has taken over.
  void take_audit_rows();
  std::size_t chunk_count() {
    const auto page = runtime::run_blocking(engine->chunks().list({}, 1000));
    return page ? page->chunks.size() : 0;
  }
  // Rows of the service (attached audit records aside) in all partitions of the account.
  std::vector<store::KeyValue> rows(bool containers_only = true);

  // Of the service, or of another front end on the same storage.
  BlobServiceOptions options();
  http::Request make(Method method, const std::string& path, HeaderList headers, http::BodyReader& body);
  static Task<Answer> exchange(gate::Pipeline& pipeline, http::Request& request);

  FakeClock clock;
  SeededRandom random{7};
  std::unique_ptr<store::Engine> engine = store::make_reference_engine(clock);
  WatchedStore disk{engine->partitions()};
  store::HybridClock hybrid{clock, random};
  runtime::Pool pool{{.name = "test", .threads = 2}};
  FixedWrapper wrapper{random};
  FixedRowKeys row_keys;
  crypto::testing::MemoryHsm hsm;
  std::unique_ptr<keys::ErasureTree> tree;
  gate::testing::FakeLog log;
  Bytes key = Bytes(64, 'k');
  bool created = false;
  AllowedSources allowed_sources;   // set before restart()
  http::Client* outside = nullptr;  // as well
  keys::CustomerKeys* customer_keys = nullptr;
  gate::resource::ManagedIdentities* identities = nullptr;
  const gate::resource::UserIdentities* user_identities = nullptr;
  std::unique_ptr<BlobService> service;
  std::unique_ptr<gate::Pipeline> pipeline;

 private:
  void open();
};

// Different at every place, so that mixed-up pages show.
[[nodiscard]] Bytes pattern(std::size_t size, std::uint64_t seed = 1);
[[nodiscard]] std::string md5_base64(BytesView data);
// The texts of all elements of that name, in order.
[[nodiscard]] std::vector<std::string> elements(const std::string& xml, const std::string& name);

}  // namespace freehold::blob::testing

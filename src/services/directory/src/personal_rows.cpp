#include "src/personal_rows.h"

#include <algorithm>

#include "crypto/aead.h"
#include "src/object_row.h"

namespace freehold::directory {
namespace {

// Before an id and what is sealed under its secret; rows of earlier builds are JSON and begin with a brace.
constexpr char kErasable = '\x01';

bool is_personal(BytesView key) { return key.starts_with(kPersonalPrefix); }
Bytes context_of(BytesView key) { return Bytes("freehold person ") += key; }

}  // namespace

runtime::Task<Result<std::vector<store::KeyValue>>> PersonalRows::open(std::vector<store::KeyValue> rows) {
  std::vector<store::KeyValue> out;
  for (auto& row : rows) {
    if (!row.value.starts_with(kErasable)) {
      out.push_back(std::move(row));
      continue;
    }
    ByteReader reader(BytesView(row.value).substr(1));
    keys::ErasureId id;
    const BytesView name = reader.take(id.bytes.size());
    if (!reader.ok()) co_return fail(ErrorCode::kCorrupt, "a personal row of the directory is damaged");
    std::ranges::copy(name, id.bytes.begin());
    const auto secret = co_await erasure_.find(id);
    if (!secret && secret.error().code == ErrorCode::kNotFound) continue;
    if (!secret) co_return std::unexpected(secret.error());
    FH_CO_TRY(auto plain, crypto::open(*secret, context_of(row.key), reader.rest()));
    under_[row.key] = id;
    out.push_back({std::move(row.key), std::move(plain)});
  }
  co_return out;
}

runtime::Task<Result<>> PersonalRows::prepare(keys::RowChange& change) {
  std::vector<keys::ErasureId> going;
  for (const auto& key : change.deletes) {
    const auto known = under_.find(key);
    if (known != under_.end()) going.push_back(known->second);
  }
  FH_CO_CHECK_OK(co_await erasure_.erase(std::move(going)));
  for (const auto& key : change.deletes) under_.erase(key);
  for (auto& put : change.puts) {
    if (!is_personal(put.key)) continue;
    keys::Erasable under;
    if (const auto known = under_.find(put.key); known != under_.end()) {
      under.id = known->second;
      auto found = co_await erasure_.find(under.id);
      if (!found && found.error().code != ErrorCode::kNotFound) co_return std::unexpected(found.error());
      if (found) under.secret = std::move(*found);
    }
    if (under.secret.empty()) {  // a new one, or of an erasure that broke off
      FH_CO_TRY(under, co_await erasure_.make(TenantId{}));
      under_[put.key] = under.id;
    }
    Bytes value(1, kErasable);
    value += under.id.view();
    value += crypto::seal(under.secret, context_of(put.key), put.value, store_.random);
    wipe(put.value);
    put.value = std::move(value);
  }
  co_return Result<>();
}

}  // namespace freehold::directory

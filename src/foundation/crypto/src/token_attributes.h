// A template of PKCS#11 attributes, with the memory that its values are in. Private to this module.
#pragma once

#include <deque>
#include <vector>

#include "src/token_slot.h"

namespace freehold::crypto {

// What is viewed by bytes() outlives it.
class TokenAttributes {
 public:
  TokenAttributes() = default;
  TokenAttributes(TokenAttributes&&) = default;  // a deque's elements stay where they are
  TokenAttributes(const TokenAttributes&) = delete;
  TokenAttributes& operator=(const TokenAttributes&) = delete;
  TokenAttributes& operator=(TokenAttributes&&) = delete;
  ~TokenAttributes() = default;

  TokenAttributes& number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
    numbers_.push_back(value);
    return add(type, &numbers_.back(), sizeof(CK_ULONG));
  }
  TokenAttributes& yes(CK_ATTRIBUTE_TYPE type) { return add(type, &kYes, sizeof kYes); }
  TokenAttributes& no(CK_ATTRIBUTE_TYPE type) { return add(type, &kNo, sizeof kNo); }
  TokenAttributes& bytes(CK_ATTRIBUTE_TYPE type, BytesView value) {
    return add(type, mutable_bytes(value), value.size());
  }
  TokenAttributes& nested(CK_ATTRIBUTE_TYPE type, TokenAttributes& inner) {
    return add(type, inner.data(), inner.list_.size() * sizeof(CK_ATTRIBUTE));
  }

  [[nodiscard]] CK_ATTRIBUTE* data() { return list_.data(); }
  [[nodiscard]] CK_ULONG size() const { return list_.size(); }

 private:
  TokenAttributes& add(CK_ATTRIBUTE_TYPE type, const void* value, std::size_t size) {
    list_.push_back({type, const_cast<void*>(value), size});
    return *this;
  }
  static constexpr CK_BBOOL kYes = CK_TRUE;
  static constexpr CK_BBOOL kNo = CK_FALSE;
  std::vector<CK_ATTRIBUTE> list_;
  std::deque<CK_ULONG> numbers_;
};

}  // namespace freehold::crypto

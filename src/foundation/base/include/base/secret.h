// Secret: key bytes that wipe themselves, can't be logged and can't be copied by accident.
#pragma once

#include <cstddef>
#include <span>

#include "base/bytes.h"

namespace freehold {

// Owns bytes on the heap and overwrites them before they are freed (in a way the compiler can't drop). Moves; copies
// only through clone(), so that a copy is seen in review. Has no stream or format operator. Not thread-safe to change,
// safe to read from several threads.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::size_t size);  // zeroed
  explicit Secret(BytesView bytes);   // copies; the source stays the caller's to wipe
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  [[nodiscard]] Secret clone() const { return Secret(view()); }
  [[nodiscard]] BytesView view() const { return {data_, size_}; }
  [[nodiscard]] std::span<char> span() { return {data_, size_}; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
};

// Overwrites memory so that the compiler can't leave it out.
void wipe(void* data, std::size_t size);
// Wipes a string's whole capacity and empties it.
void wipe(Bytes& bytes);

// True if equal; takes the same time whatever the contents (not the lengths).
[[nodiscard]] bool constant_time_equal(BytesView a, BytesView b);

}  // namespace freehold

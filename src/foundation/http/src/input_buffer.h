// The bytes that came in and weren't used yet.
#pragma once

#include <algorithm>
#include <cstring>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/secret.h"

namespace freehold::http {

// Small until a head needs more, and small again when the connection rests. Owned by a connection, used on its loop.
// Heads carry keys and tokens: bytes that were used are overwritten once there are no others, and before memory is
// given back.
class InputBuffer {
 public:
  static constexpr std::size_t kSmall = 4 * 1024;

  InputBuffer() = default;
  ~InputBuffer() { forget(); }
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  [[nodiscard]] BytesView view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }
  void consume(std::size_t n) {
    begin_ += n;
    if (begin_ == end_) forget();
  }
  // Room for at least one byte behind what is there; moves it to the front if that gains much, and doubles the buffer
  // if it is full.
  [[nodiscard]] std::span<char> room() {
    if (capacity_ == 0) reallocate(kSmall);
    if (begin_ > 0 && capacity_ - end_ < capacity_ / 2) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == capacity_) reallocate(capacity_ * 2);
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void filled(std::size_t n) {
    end_ += n;
    written_ = std::max(written_, end_);
  }
  void rest() {
    if (empty() && capacity_ > kSmall) reallocate(kSmall);
  }

 private:
  void forget() {
    if (written_ > 0) wipe(bytes_.get(), written_);
    begin_ = end_ = written_ = 0;
  }
  void reallocate(std::size_t capacity) {
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    const std::size_t kept = end_ - begin_;
    if (kept > 0) std::memcpy(bytes.get(), bytes_.get() + begin_, kept);
    forget();
    end_ = written_ = kept;
    bytes_ = std::move(bytes);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0, begin_ = 0, end_ = 0;
  std::size_t written_ = 0;  // how far bytes were put since they were last overwritten
};

}  // namespace freehold::http

// Byte strings and aligned buffers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace freehold {

// Keys, values and small messages: owned and borrowed bytes, any value 0-255, no encoding implied.
using Bytes = std::string;
using BytesView = std::string_view;

// The unit of direct I/O: address, length and offset of every O_DIRECT transfer are multiples of it.
inline constexpr std::size_t kDirectAlignment = 4096;

[[nodiscard]] constexpr std::uint64_t round_up(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

// A movable buffer whose address and capacity are multiples of kDirectAlignment, so that it can go to an O_DIRECT file
// as it is. size() is what is in use; the bytes between size() and capacity() are zero when it is made and are the
// owner's business after that. Not thread-safe.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t size);

  [[nodiscard]] char* data() { return data_.get(); }
  [[nodiscard]] const char* data() const { return data_.get(); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }
  [[nodiscard]] BytesView view() const { return {data_.get(), size_}; }
  [[nodiscard]] std::span<char> span() { return {data_.get(), size_}; }

  // Shrinks or grows within capacity(); grows no memory.
  void resize(std::size_t size);

 private:
  struct Free {
    void operator()(char* p) const;
  };
  std::unique_ptr<char, Free> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Fixed-width big-endian integers: they sort as they count, so they serve in keys too.
void append_u8(Bytes& out, std::uint8_t value);
void append_u16(Bytes& out, std::uint16_t value);
void append_u32(Bytes& out, std::uint32_t value);
void append_u64(Bytes& out, std::uint64_t value);
// A u32 length and the bytes.
void append_sized(Bytes& out, BytesView bytes);

// Reads what the append_ functions wrote. Reading past the end returns zero or an empty view and leaves ok() false; a
// parser checks ok() once, at the end, before it believes anything. Borrows the bytes.
class ByteReader {
 public:
  explicit ByteReader(BytesView bytes) : rest_(bytes) {}
  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  BytesView take(std::size_t n);
  BytesView sized(std::size_t limit);
  [[nodiscard]] BytesView rest() const { return rest_; }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

 private:
  BytesView rest_;
  bool ok_ = true;
};

}  // namespace freehold

#include "base/bytes.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/check.h"

namespace freehold {

AlignedBuffer::AlignedBuffer(std::size_t size) : size_(size), capacity_(round_up(size, kDirectAlignment)) {
  if (capacity_ == 0) return;
  data_.reset(static_cast<char*>(std::aligned_alloc(kDirectAlignment, capacity_)));
  if (!data_) throw std::bad_alloc();
  std::memset(data_.get() + size_, 0, capacity_ - size_);
}

void AlignedBuffer::Free::operator()(char* p) const { std::free(p); }

void AlignedBuffer::resize(std::size_t size) {
  FH_CHECK(size <= capacity_);
  size_ = size;
}

namespace {

template <class T>
void append_big_endian(Bytes& out, T value) {
  char raw[sizeof(T)];
  for (std::size_t i = sizeof(T); i-- > 0; value = static_cast<T>(value >> 8)) raw[i] = static_cast<char>(value & 0xff);
  out.append(raw, sizeof(T));
}

template <>
void append_big_endian(Bytes& out, std::uint8_t value) {
  out.push_back(static_cast<char>(value));
}

template <class T>
T big_endian(BytesView bytes) {
  T value = 0;
  for (const char c : bytes) value = static_cast<T>((value << 8) | static_cast<std::uint8_t>(c));
  return value;
}

}  // namespace

void append_u8(Bytes& out, std::uint8_t value) { append_big_endian(out, value); }
void append_u16(Bytes& out, std::uint16_t value) { append_big_endian(out, value); }
void append_u32(Bytes& out, std::uint32_t value) { append_big_endian(out, value); }
void append_u64(Bytes& out, std::uint64_t value) { append_big_endian(out, value); }

void append_sized(Bytes& out, BytesView bytes) {
  append_u32(out, static_cast<std::uint32_t>(bytes.size()));
  out += bytes;
}

BytesView ByteReader::take(std::size_t n) {
  if (n > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const BytesView taken = rest_.substr(0, n);
  rest_.remove_prefix(n);
  return taken;
}

std::uint8_t ByteReader::u8() {
  const BytesView b = take(1);
  return b.empty() ? 0 : static_cast<std::uint8_t>(b[0]);
}
std::uint16_t ByteReader::u16() { return big_endian<std::uint16_t>(take(2)); }
std::uint32_t ByteReader::u32() { return big_endian<std::uint32_t>(take(4)); }
std::uint64_t ByteReader::u64() { return big_endian<std::uint64_t>(take(8)); }

BytesView ByteReader::sized(std::size_t limit) {
  const std::uint32_t n = u32();
  if (n > limit) ok_ = false;
  return ok_ ? take(n) : BytesView{};
}

}  // namespace freehold

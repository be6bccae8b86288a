// wipe_inline(): overwrites memory where that is done some hundred times a request, as memory is given back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/secret.h"

namespace freehold {

// As wipe(), and without a call where there is little to overwrite, as there mostly is. No compiler can leave it away.
inline void wipe_inline(void* data, std::size_t size) {
  constexpr std::size_t kMostInline = 256;
  using Chunk [[gnu::vector_size(16), gnu::aligned(1), gnu::may_alias]] = char;
  using Word [[gnu::aligned(1), gnu::may_alias]] = std::uint64_t;
  if (size < sizeof(Word) || size > kMostInline) return wipe(data, size);
  auto* const begin = static_cast<char*>(data);
  char* const end = begin + size;
  if (size < sizeof(Chunk)) {
    *reinterpret_cast<Word*>(begin) = 0;
    *reinterpret_cast<Word*>(end - sizeof(Word)) = 0;
  } else {
    for (char* at = begin; at < end - sizeof(Chunk); at += sizeof(Chunk)) {
      *reinterpret_cast<Chunk*>(at) = Chunk{};
      asm volatile("" : : : "memory");  // or it becomes a call of memset
    }
    *reinterpret_cast<Chunk*>(end - sizeof(Chunk)) = Chunk{};
  }
  asm volatile("" : : "r"(data) : "memory");
}

}  // namespace freehold

#include "crypto/openssl_memory.h"

#include <malloc.h>
#include <openssl/crypto.h>

#include <cstdlib>
#include <cstring>

#include "base/wipe_inline.h"

namespace freehold::crypto {
namespace {

// None for no bytes, as OpenSSL's own.
void* take(std::size_t size, const char* /*file*/, int /*line*/) { return size > 0 ? std::malloc(size) : nullptr; }

void give_back(void* memory, const char* /*file*/, int /*line*/) {
  if (memory == nullptr) return;
  wipe_inline(memory, ::malloc_usable_size(memory));
  std::free(memory);
}

void* take_anew(void* memory, std::size_t size, const char* file, int line) {
  if (memory == nullptr) return take(size, file, line);
  if (size == 0) {
    give_back(memory, file, line);
    return nullptr;
  }
  const std::size_t before = ::malloc_usable_size(memory);
  if (size <= before) return memory;
  void* const longer = std::malloc(size);
  if (longer == nullptr) return nullptr;
  std::memcpy(longer, memory, before);
  give_back(memory, file, line);
  return longer;
}

}  // namespace

bool wipe_what_openssl_frees() { return CRYPTO_set_mem_functions(&take, &take_anew, &give_back) == 1; }

}  // namespace freehold::crypto

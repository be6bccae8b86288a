// The program's memory: what jemalloc is told, and that nothing is given back as it was.
//
// What C++ frees is overwritten first: a key or a secret lies in texts, JSON, coroutines and buffers on its way through
// a request, and no type of ours reaches into all of those. And memory of the heap is in no core (MADV_DONTDUMP),
// whoever writes one. Sources: "TUNING" and "arena.<i>.extent_hooks" of jemalloc(3), madvise(2).
#include <jemalloc/jemalloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "base/wipe_inline.h"

// Few arenas and nothing retained: memory that a burst took goes back to the system, and threads that hand each other
// what they allocated (loops, commits, RocksDB) don't each keep a pile of it.
extern "C" {
extern const char* malloc_conf;
const char* malloc_conf = "narenas:4,retain:false,background_thread:true";
}

namespace {

// Longer ones are of content, in whose way this would stand; whoever has a secret in one overwrites it himself.
constexpr std::size_t kMostWiped = 64 * 1'024;

void overwrite(void* memory, std::size_t size) { freehold::wipe_inline(memory, std::min(size, kMostWiped)); }

extent_hooks_t* usual_hooks = nullptr;
extent_hooks_t our_hooks;

void* take_undumped(extent_hooks_t* /*hooks*/, void* wanted, std::size_t size, std::size_t alignment, bool* zero,
                    bool* commit, unsigned arena) {
  void* const taken = usual_hooks->alloc(usual_hooks, wanted, size, alignment, zero, commit, arena);
  if (taken != nullptr) ::madvise(taken, size, MADV_DONTDUMP);
  return taken;
}

// Before main. What the heap has by then, and where jemalloc puts what is longer than any secret (8 MiB), is for
// whoever looks at the whole process later (process.cpp). Where this fails a test finds memory that cores would hold.
[[maybe_unused]] const bool hooked = [] {
  unsigned arenas = 0;
  std::size_t size = sizeof arenas;
  if (mallctl("opt.narenas", &arenas, &size, nullptr, 0) != 0) return false;
  size = sizeof(extent_hooks_t*);
  if (mallctl("arena.0.extent_hooks", static_cast<void*>(&usual_hooks), &size, nullptr, 0) != 0) return false;
  our_hooks = *usual_hooks;
  our_hooks.alloc = &take_undumped;
  for (unsigned arena = 0; arena < arenas; ++arena) {
    char name[40] = {};
    std::snprintf(name, sizeof name, "arena.%u.extent_hooks", arena);
    extent_hooks_t* hooks = &our_hooks;
    if (mallctl(name, nullptr, nullptr, static_cast<void*>(&hooks), sizeof(extent_hooks_t*)) != 0) return false;
  }
  return true;
}();

}  // namespace

void operator delete(void* memory) noexcept {
  if (memory == nullptr) return;
  overwrite(memory, malloc_usable_size(memory));
  std::free(memory);
}

void operator delete(void* memory, std::size_t size) noexcept {
  if (memory == nullptr) return;
  overwrite(memory, size);
  sdallocx(memory, size, 0);
}

void operator delete(void* memory, const std::nothrow_t& /*tag*/) noexcept { ::operator delete(memory); }
void operator delete[](void* memory) noexcept { ::operator delete(memory); }
void operator delete[](void* memory, std::size_t size) noexcept { ::operator delete(memory, size); }
void operator delete[](void* memory, const std::nothrow_t& /*tag*/) noexcept { ::operator delete(memory); }

// The process itself: what it may leak, how many files it may open, which signals end it.
#pragma once

namespace freehold::app {

// What OpenSSL frees is overwritten; umask 077, no core dumps, not dumpable, memory locked where the limit allows it,
// SIGPIPE ignored, as many open files as the hard limit allows. Once, before threads.
void harden_process();

// Whatever writes a core finds none of what can be written now: stacks, and what the heap had before it saw to that by
// itself (allocator.cpp). Once threads run.
void keep_memory_out_of_cores();

// Blocks SIGTERM and SIGINT for this thread and all it starts: before threads. wait_for_stop_signal() then returns when
// one of them arrives.
void block_stop_signals();
void wait_for_stop_signal();

}  // namespace freehold::app

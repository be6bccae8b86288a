#include "process.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

#include "base/check.h"
#include "base/log.h"
#include "crypto/openssl_memory.h"

namespace freehold::app {

namespace {

// Where locked memory is limited, locking everything to come would make allocations fail later: then nothing is locked.
// On fault, so that stacks and reserved ranges don't become resident before they are used.
void lock_memory() {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  const bool allowed = limit.rlim_cur == RLIM_INFINITY || ::geteuid() == 0;
  if (!allowed || ::mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0) {
    log_info("memory is not locked: keys may reach a swap device; raise the memlock limit to prevent it");
  }
}

sigset_t stop_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGTERM);
  ::sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

void harden_process() {
  FH_CHECK(crypto::wipe_what_openssl_frees());
  ::umask(0077);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::prctl(PR_SET_DUMPABLE, 0);
  ::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  lock_memory();
}

// Source: "/proc/[pid]/maps" of proc(5).
void keep_memory_out_of_cores() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    void* begin = nullptr;
    void* end = nullptr;
    char access[5] = {};
    if (std::sscanf(line.c_str(), "%p-%p %4s", &begin, &end, access) != 3 || access[1] != 'w') continue;
    ::madvise(begin, static_cast<std::size_t>(static_cast<char*>(end) - static_cast<char*>(begin)), MADV_DONTDUMP);
  }
}

void block_stop_signals() {
  const sigset_t set = stop_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void wait_for_stop_signal() {
  const sigset_t set = stop_signals();
  int signal = 0;
  while (::sigwait(&set, &signal) != 0) {
  }
}

}  // namespace freehold::app

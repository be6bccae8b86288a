#include "runtime/loops.h"

#include <pthread.h>

#include "base/check.h"

namespace freehold::runtime {

Loops::Loops(unsigned count) {
  FH_CHECK(count > 0);
  for (unsigned i = 0; i < count; ++i) {
    contexts_.push_back(std::make_unique<boost::asio::io_context>(1));
    guards_.emplace_back(contexts_.back()->get_executor());
  }
}

Loops::~Loops() { stop(); }

void Loops::start() {
  FH_CHECK(threads_.empty());
  for (auto& context : contexts_) {
    threads_.emplace_back([&context] {
      ::pthread_setname_np(::pthread_self(), "loop");
      context->run();
    });
  }
}

void Loops::stop() {
  guards_.clear();
  for (auto& context : contexts_) context->stop();
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace freehold::runtime

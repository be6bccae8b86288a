// Loops: one io_context and one thread a core; a connection stays on the loop that took it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>
#include <vector>

namespace freehold::runtime {

// Owned by app/. Start and stop from one thread; context(i) is safe from any.
class Loops {
 public:
  explicit Loops(unsigned count);
  ~Loops();
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;

  void start();
  // Ends the loops without waiting for what is still on them (drain first), and joins.
  void stop();
  [[nodiscard]] unsigned size() const { return static_cast<unsigned>(contexts_.size()); }
  [[nodiscard]] boost::asio::io_context& context(unsigned index) { return *contexts_[index % contexts_.size()]; }

 private:
  using Guard = boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;
  std::vector<std::unique_ptr<boost::asio::io_context>> contexts_;
  std::vector<Guard> guards_;
  std::vector<std::thread> threads_;
};

}  // namespace freehold::runtime

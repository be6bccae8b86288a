// A listening socket on one loop, and the connections it lets in.
#pragma once

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <memory>

#include "listening.h"
#include "shard.h"

namespace freehold::http {

// Lives on its shard's loop after start. Held by shared_ptr by the server and its own coroutine.
class Door {
 public:
  Door(std::shared_ptr<Shard> shard, Listener kind, OwnedFd socket);

  [[nodiscard]] static runtime::Task<> accept(std::shared_ptr<Door> door);
  void close();
  [[nodiscard]] Shard& shard() const { return *shard_; }

 private:
  enum class Took { kOne, kNone, kTrouble };
  [[nodiscard]] Took take_one();
  [[nodiscard]] bool shed_one();
  void admit(OwnedFd socket, Peer peer);

  const std::shared_ptr<Shard> shard_;
  const Listener kind_;
  boost::asio::posix::basic_stream_descriptor<runtime::Executor> socket_;
  Shard::Timer pause_;
  OwnedFd reserve_;  // given up for a moment when the process has no descriptor left, to turn a client away politely
};

}  // namespace freehold::http

// One client's connection: requests in, responses out, in order.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "chunked.h"
#include "head.h"
#include "http/message.h"
#include "input_buffer.h"
#include "response_head.h"
#include "shard.h"
#include "transport.h"

namespace freehold::http {

// The body of the connection's current request.
class RequestBody final : public BodyReader {
 public:
  explicit RequestBody(Connection& connection) : connection_(connection) {}
  void begin(const Framing& framing);
  [[nodiscard]] std::optional<std::uint64_t> length() const override;
  [[nodiscard]] Task<Result<std::size_t>> read_some(std::span<char> out) override;
  [[nodiscard]] bool is_at_hand() const override;

  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] std::optional<ErrorCode> failure() const { return failure_; }
  // Whether the rest is worth reading away to keep the connection. Not if the client still waits to be told to send.
  [[nodiscard]] bool can_be_drained() const;
  // Reads the rest away; false if it is too long or broken.
  [[nodiscard]] Task<bool> drain();

 private:
  [[nodiscard]] Task<Result<std::size_t>> read_chunked(std::span<char> out);
  [[nodiscard]] Task<Result<std::size_t>> read_data(std::span<char> out);
  [[nodiscard]] std::unexpected<Error> note_failure(Error error);

  Connection& connection_;
  ChunkedDecoder decoder_;
  std::uint64_t remaining_ = 0;  // of a Content-Length
  bool chunked_ = false;
  bool finished_ = true;
  bool expect_continue_ = false;
  std::optional<ErrorCode> failure_;
};

// Owned by its own coroutine; lives on its shard's loop. Ends with the client, an error, a deadline or the drain.
class Connection {
 public:
  struct Origin {
    Listener listener = Listener::kHttp;
    Peer peer;
    bool over_limit = false;  // to be told to come back later
  };
  Connection(std::shared_ptr<Shard> shard, Origin origin);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Before run(). kHttps without an identity is kUnavailable.
  [[nodiscard]] Result<> attach(Socket socket);
  [[nodiscard]] static Task<> run(std::unique_ptr<Connection> self);

  [[nodiscard]] bool idle() const { return idle_; }
  void cancel() { transport_->cancel(); }
  // True if the deadline has just been found over.
  [[nodiscard]] bool cut_if_over(std::int64_t now);
  // With each sweep.
  void save_memory() { transport_->save_memory(); }

 private:
  friend class Shard;
  friend class RequestBody;
  enum class HeadOutcome { kReady, kRefused, kGone };

  [[nodiscard]] Task<bool> serve_one();
  [[nodiscard]] Task<HeadOutcome> read_head();
  [[nodiscard]] std::optional<HeadOutcome> try_head();
  [[nodiscard]] HeadOutcome head_lost();
  [[nodiscard]] Task<Response> answer();
  [[nodiscard]] Task<bool> send(Response response);
  [[nodiscard]] Task<bool> send_stream(StreamBody body);
  [[nodiscard]] Task<bool> write(Pieces pieces);
  [[nodiscard]] Task<> refuse(Refusal refusal);
  [[nodiscard]] Task<bool> refuse_broken_body();
  [[nodiscard]] Task<> linger();
  [[nodiscard]] Persistence persistence_after(const Response& response) const;
  void end_request();
  void count_traffic();

  const std::shared_ptr<Shard> shard_;
  const Origin origin_;
  Deadline deadline_;
  Traffic traffic_;
  std::unique_ptr<Transport> transport_;
  InputBuffer input_;
  HeadScanner scanner_;
  Framing framing_;
  Request request_;
  RequestBody body_{*this};
  Refusal refusal_;
  std::string head_;     // of the response; kept for its memory
  bool idle_ = false;    // waiting for the first byte of a request
  bool linger_ = false;  // we end it, and the client may not have read our last words
  Connection* next_ = nullptr;
  Connection* previous_ = nullptr;
};

}  // namespace freehold::http

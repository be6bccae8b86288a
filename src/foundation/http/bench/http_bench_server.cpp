// Serves fixed bytes from memory, to race the server alone against others: 4 KiB at /4k, 4 MiB at /4m, and PUT anywhere
// (read and dropped). Usage: http_bench_server LOOPS HTTP_PORT [HTTPS_PORT CERTIFICATE KEY]; ends when its input does.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "http/server.h"

namespace {

using namespace freehold;
using http::Task;

constexpr std::size_t kSmall = 4 * 1024;
constexpr std::size_t kLarge = 4 * 1024 * 1024;
constexpr std::size_t kPiece = 256 * 1024;

const Bytes& content() {
  static const Bytes bytes(kLarge, 'x');
  return bytes;
}

class MemoryWriter final : public http::BodyWriter {
 public:
  Task<Result<BytesView>> next() override {
    const BytesView piece = BytesView(content()).substr(sent_, kPiece);
    sent_ += piece.size();
    co_return piece;
  }

 private:
  std::size_t sent_ = 0;
};

class BenchHandler final : public http::Handler {
 public:
  Task<http::Response> handle(http::Request& request) override {
    http::Response response;
    if (request.method == http::Method::kPut) {
      const auto buffer = std::make_unique_for_overwrite<char[]>(kPiece);
      while (true) {
        const auto got = co_await request.body->read_some({buffer.get(), kPiece});
        if (!got || *got == 0) break;
      }
      response.status = 201;
      co_return response;
    }
    response.headers.add("Content-Type", "application/octet-stream");
    if (request.path == "/4m") {
      response.body = http::StreamBody{kLarge, std::make_unique<MemoryWriter>()};
    } else {
      response.body = content().substr(0, kSmall);
    }
    co_return response;
  }
};

std::string read_file(const char* path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int complain(const Error& error) {
  std::fprintf(stderr, "%s\n", error.message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 6) return 64;
  runtime::Loops loops(static_cast<unsigned>(std::atoi(argv[1])));
  BenchHandler handler;
  http::Server server(loops, handler, {});
  const auto http_port =
      server.listen(http::Listener::kHttp, {"127.0.0.1"}, static_cast<std::uint16_t>(std::atoi(argv[2])));
  if (!http_port) return complain(http_port.error());
  if (argc == 6) {
    if (auto set = server.set_tls_identity({read_file(argv[4]), Secret(read_file(argv[5]))}); !set)
      return complain(set.error());
    const auto port =
        server.listen(http::Listener::kHttps, {"127.0.0.1"}, static_cast<std::uint16_t>(std::atoi(argv[3])));
    if (!port) return complain(port.error());
  }
  server.start();
  loops.start();
  std::printf("ready %u\n", *http_port);
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  server.drain(std::chrono::seconds(5));
  loops.stop();
  return 0;
}

#include "http/client.h"

#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/ip/address.hpp>

#include "client_connection.h"
#include "response_head.h"
#include "runtime/completion.h"
#include "runtime/pool.h"

namespace freehold::http {
namespace {

constexpr std::size_t kAddresses = 16;
constexpr unsigned kResolvers = 2;
constexpr std::size_t kNamesWaiting = 64;

using Addresses = Result<std::vector<std::string>>;

std::string numeric(const sockaddr* address, socklen_t size) {
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) return {};
  return text.data();
}

// Blocks as long as the system's resolver likes: on the resolvers' own pool only.
Addresses look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found); error != 0) {
    return fail(ErrorCode::kNotFound, "the host name is unknown", ::gai_strerror(error));
  }
  std::vector<std::string> addresses;
  for (const addrinfo* at = found; at != nullptr && addresses.size() < kAddresses; at = at->ai_next) {
    auto text = numeric(at->ai_addr, at->ai_addrlen);
    if (!text.empty() && std::ranges::find(addresses, text) == addresses.end()) addresses.push_back(std::move(text));
  }
  ::freeaddrinfo(found);
  if (addresses.empty()) return fail(ErrorCode::kNotFound, "the host name has no address");
  return addresses;
}

// One answer for one waiter, from whoever is first: the resolver or the clock.
struct FirstAnswer {
  std::atomic<bool> given{false};
  runtime::Completion<Addresses> done;
  void give(Addresses addresses) {
    if (!given.exchange(true)) done.complete(std::move(addresses));
  }
};

Result<std::string> head_for(Method method, const Url& url, const Headers& headers) {
  FH_TRY(const auto request, [&]() -> Result<Request> {
    auto made = request_for(method, url);
    if (!made || !can_be_sent(headers)) return fail(ErrorCode::kInvalidArgument, "the request can't be sent");
    return std::move(*made);
  }());
  std::string head = std::string(to_string(method)) + " " + url.target + " HTTP/1.1\r\n";
  head += "Host: " + std::string(request.headers.get("host")) + "\r\nConnection: close\r\nUser-Agent: Freehold\r\n";
  for (const auto& [name, value] : headers.fields()) head += name + ": " + value + "\r\n";
  return head + "\r\n";
}

}  // namespace

ClientOptions default_client_options() {
  using std::chrono::seconds;
  return {
      .authorities_pem = {}, .connect_timeout = seconds(5), .head_timeout = seconds(15), .read_timeout = seconds(10)};
}

struct Client::State {
  ClientOptions options;
  std::shared_ptr<const TlsContext> tls;
  runtime::Pool resolvers{{.name = "resolve", .threads = kResolvers, .queue_limit = kNamesWaiting}};
};

Client::Client(std::unique_ptr<State> state) : state_(std::move(state)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::make(ClientOptions options) {
  auto state = std::make_unique<State>();
  FH_TRY(state->tls, make_tls_client_context(options.authorities_pem));
  state->options = std::move(options);
  return std::unique_ptr<Client>(new Client(std::move(state)));
}

Task<Result<std::vector<std::string>>> Client::resolve(std::string host) {
  const std::string bare = host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
  boost::system::error_code none;
  if (const auto address = boost::asio::ip::make_address(bare, none); !none) {
    co_return std::vector<std::string>{address.to_string()};
  }
  const auto first = std::make_shared<FirstAnswer>();
  FH_CO_CHECK_OK(state_->resolvers.submit(0, [first, host] { first->give(look_up(host)); }));
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, state_->options.connect_timeout);
  timer.async_wait([first](const boost::system::error_code&) {
    first->give(fail(ErrorCode::kTimeout, "the host name isn't found in time"));
  });
  co_return co_await first->done.wait();
}

Task<Result<ClientResponse>> Client::fetch(Method method, Url url, std::string address, Headers headers) {
  const auto& options = state_->options;
  FH_CO_TRY(auto head, head_for(method, url, headers));
  const auto connection = std::make_shared<ClientConnection>(co_await boost::asio::this_coro::executor);
  FH_CO_CHECK_OK(co_await connection->connect(std::move(address), url.port, options.connect_timeout));
  FH_CO_CHECK_OK(co_await connection->secure(url.tls ? state_->tls : nullptr, url.host, options.connect_timeout));
  FH_CO_TRY(auto answer, co_await connection->exchange(std::move(head), method, options.head_timeout));
  ClientResponse response;
  response.status = answer.status;
  response.body = std::make_unique<ClientBody>(connection, answer, options.read_timeout);
  response.headers = std::move(answer.headers);
  co_return response;
}

}  // namespace freehold::http

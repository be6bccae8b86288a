#include "admin_client.h"

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace freehold::app {

namespace {

namespace beast_http = boost::beast::http;
using boost::asio::local::stream_protocol;

std::unexpected<Error> failed(const boost::system::error_code& error, const std::string& what) {
  return fail(ErrorCode::kUnavailable, what + ": " + error.message());
}

}  // namespace

Result<AdminAnswer> post_to_admin(const std::string& data, const std::string& target) {
  boost::asio::io_context context(1);
  stream_protocol::socket socket(context);
  boost::system::error_code error;
  const std::string path = data + "/admin.sock";
  if (path.size() > 107) return fail(ErrorCode::kNotFound, path + " is too long for a socket");
  socket.connect(stream_protocol::endpoint(path), error);
  if (error) return fail(ErrorCode::kNotFound, path + ": " + error.message());

  beast_http::request<beast_http::empty_body> request(beast_http::verb::post, target, 11);
  request.set(beast_http::field::host, "admin");
  request.keep_alive(false);
  request.prepare_payload();
  beast_http::write(socket, request, error);
  if (error) return failed(error, path);
  boost::beast::flat_buffer buffer;
  beast_http::response<beast_http::string_body> response;
  beast_http::read(socket, buffer, response, error);
  if (error) return failed(error, path);
  return AdminAnswer{static_cast<int>(response.result_int()), std::move(response.body())};
}

}  // namespace freehold::app

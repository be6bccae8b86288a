// The strings that SharedKey and SharedKeyLite sign ("Authorize with Shared Key", Blob, Queue and File services,
// 2009-09-19 and later).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace freehold::gate {

// Where clients differ. Each form means the same request, so accepting any of them gives nothing away.
struct SigningForm {
  enum class Order { kCollated, kOrdinal };
  enum class Plus { kSpace, kPlus };
  Order order = Order::kCollated;  // of x-ms- headers: Azure's own, or that of bytes (Go)
  Plus plus = Plus::kSpace;        // what '+' in a query value was taken for: form encoding (Go), or itself
};

[[nodiscard]] std::string shared_key_string(const http::Request& request, std::string_view account,
                                            std::string_view path, SigningForm form);

// SharedKeyLite: fewer headers, and of the query only `comp`.
[[nodiscard]] std::string shared_key_lite_string(const http::Request& request, std::string_view account,
                                                 std::string_view path, SigningForm form);

// All the strings that the forms of this request give, Azure's own first; mostly one, at most four. The headers are put
// into each order once, so that a request with many of them, which nobody has proved yet, costs little.
[[nodiscard]] std::vector<std::string> shared_key_strings(const http::Request& request, std::string_view account);
[[nodiscard]] std::vector<std::string> shared_key_lite_strings(const http::Request& request, std::string_view account);

// How many headers a signature over this request covers by their names.
[[nodiscard]] std::size_t count_storage_headers(const http::Request& request);

// The same strings in Azure's own form, fit to be shown to the caller: without the values of headers that hold secrets.
[[nodiscard]] std::string shown_shared_key_string(const http::Request& request, std::string_view account);
[[nodiscard]] std::string shown_shared_key_lite_string(const http::Request& request, std::string_view account);

}  // namespace freehold::gate

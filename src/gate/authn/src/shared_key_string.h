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

// The forms in which this request's string differs, Azure's own first; mostly one, at most four.
[[nodiscard]] std::vector<SigningForm> signing_forms(const http::Request& request);

// The same strings in Azure's own form, fit to be shown to the caller: without the values of headers that hold secrets.
[[nodiscard]] std::string shown_shared_key_string(const http::Request& request, std::string_view account);
[[nodiscard]] std::string shown_shared_key_lite_string(const http::Request& request, std::string_view account);

}  // namespace freehold::gate

// Rows that are JSON objects: how they are opened, and how their members are taken.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace freehold::store {

// A row with its format's version in "v". kCorrupt: it is no such object; kUnsupported: its version isn't one of 1 to
// `newest`. `what` names it in errors: "a vault's row".
[[nodiscard]] Result<nlohmann::json> parse_json_row(BytesView row, std::int64_t newest, std::string_view what);

// Takes an object's members one by one and remembers whether each was what it has to be. Absent ones keep their
// default. The object outlives it.
class MemberReader {
 public:
  using Json = nlohmann::json;

  explicit MemberReader(const Json& object) : object_(object) {}
  MemberReader(Json&&) = delete;

  template <class T>
  MemberReader& take(const char* name, T& out) {
    const auto at = object_.find(name);
    if (at == object_.end()) return *this;
    // The library would make a whole number of 1.5.
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) ok_ = ok_ && at->is_number_integer();
    try {
      out = at->get<T>();
    } catch (const Json::exception&) {
      ok_ = false;
    }
    return *this;
  }
  // An empty text is no id.
  template <class Id>
  MemberReader& id(const char* name, Id& out) {
    std::string text;
    take(name, text);
    const auto parsed = parse_guid<Id>(text);
    if (parsed) out = *parsed;
    ok_ = ok_ && (parsed || text.empty());
    return *this;
  }
  MemberReader& time(const char* name, WallTime& out) {
    std::int64_t micros = 0;
    take(name, micros);
    out = WallTime(std::chrono::microseconds(micros));
    return *this;
  }
  [[nodiscard]] bool ok() const { return ok_; }

 private:
  const Json& object_;
  bool ok_ = true;
};

}  // namespace freehold::store

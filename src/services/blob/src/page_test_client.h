// PageTestClient: a test region with the requests that page blobs need.
#pragma once

#include <utility>
#include <vector>

#include "src/test_region.h"

namespace freehold::blob::testing {

using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // first and last byte

[[nodiscard]] inline std::string range_text(std::uint64_t offset, std::uint64_t length) {
  return "bytes=" + std::to_string(offset) + '-' + std::to_string(offset + length - 1);
}

class PageTestClient : public TestRegion {
 public:
  Answer create(const std::string& path, std::uint64_t length, HeaderList headers = {}) {
    headers.emplace_back("x-ms-blob-type", "PageBlob");
    headers.emplace_back("x-ms-blob-content-length", std::to_string(length));
    return run(Method::kPut, path, std::move(headers));
  }
  Answer put_range(const std::string& path, const std::string& range, Bytes body, const std::string& how,
                   HeaderList headers = {}) {
    headers.emplace_back("x-ms-page-write", how);
    headers.emplace_back("x-ms-range", range);
    return run(Method::kPut, path + "?comp=page", std::move(headers), std::move(body));
  }
  Answer write(const std::string& path, std::uint64_t offset, const Bytes& content, HeaderList headers = {}) {
    return put_range(path, range_text(offset, content.size()), content, "update", std::move(headers));
  }
  Answer clear(const std::string& path, std::uint64_t offset, std::uint64_t length) {
    return put_range(path, range_text(offset, length), "", "clear");
  }
  // Follows markers to the end. `path` may carry a query.
  Ranges ranges(const std::string& path, std::uint32_t max_results = 0, const std::string& element = "PageRange") {
    const auto first = path + (path.find('?') == path.npos ? "?" : "&") + "comp=pagelist" +
                       (max_results == 0 ? "" : "&maxresults=" + std::to_string(max_results));
    Ranges result;
    std::string marker;
    do {
      const auto answer = get(marker.empty() ? first : first + "&marker=" + marker);
      EXPECT_EQ(answer.status, 200) << answer.body;
      const auto begin = '<' + element + '>';
      for (auto at = answer.body.find(begin); at != answer.body.npos; at = answer.body.find(begin, at + 1)) {
        const auto one = answer.body.substr(at, answer.body.find("</" + element, at) - at);
        result.emplace_back(parse_u64(elements(one, "Start").at(0)).value_or(0),
                            parse_u64(elements(one, "End").at(0)).value_or(0));
      }
      if (max_results != 0) EXPECT_LE(elements(answer.body, "Start").size(), max_results);
      const auto markers = elements(answer.body, "NextMarker");
      marker = markers.empty() ? "" : markers.front();
    } while (!marker.empty());
    return result;
  }
};

}  // namespace freehold::blob::testing

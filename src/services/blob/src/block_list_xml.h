// XML of block lists: the body of Put Block List, the answer of Get Block List.
#pragma once

#include <string>
#include <vector>

#include "src/block_list_rules.h"

namespace freehold::blob {

inline constexpr std::size_t kBlockListBodyBytes =
    16 * 1024 * 1024;  // 50,000 ids of 88 base64 characters and their tags

// <BlockList> with Committed, Uncommitted and Latest in any order. 400 InvalidXmlDocument: not XML, a document type,
// another element, an id that is no base64; 400 BlockListTooLong: more than 50,000.
[[nodiscard]] ApiResult<std::vector<NamedBlock>> parse_block_list(std::string_view body);

struct ListedBlock {
  Bytes id;
  std::uint64_t length = 0;
};
[[nodiscard]] std::string block_list_xml(const std::vector<ListedBlock>* committed,
                                         const std::vector<ListedBlock>* uncommitted);

}  // namespace freehold::blob

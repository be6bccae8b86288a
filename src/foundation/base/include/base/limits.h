// Every bound that is not a setting: sizes, counts, depths and times. Azure's own limits name their page; the others
// say why that number.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace freehold::limits {

// --- the door ---
inline constexpr std::size_t kRequestLineBytes = 16 * 1024;  // SAS urls with 1,024-character names, percent-encoded
inline constexpr std::size_t kHeaderBytes = 64 * 1024;       // 8 KiB of metadata, tokens and room
inline constexpr std::size_t kHeaderCount = 200;
inline constexpr std::size_t kQueryParameters = 64;  // a SAS with all that it may have, and what any operation takes
inline constexpr std::size_t kSignedHeaders = 100;   // x-ms- headers that a signature may cover: they must be sorted
inline constexpr std::size_t kConnections = 16'384;  // per process
inline constexpr std::chrono::seconds kHeaderTimeout{20};     // from the first byte of a request to the end of its head
inline constexpr std::chrono::seconds kIdleTimeout{120};      // between requests
inline constexpr std::chrono::seconds kBodyStallTimeout{60};  // without one byte of a body, either way
inline constexpr std::chrono::seconds kDrainTimeout{25};      // of the 30 s that `up` has to stop
inline constexpr std::size_t kSmallBodyBytes = 4 * 1024 * 1024;  // XML and JSON bodies read whole

// --- storage contracts (DESIGN section 4) ---
inline constexpr std::size_t kKeyBytes = 8 * 1024;
inline constexpr std::size_t kValueBytes = 68 * 1024;  // 64 KiB of content, its seal and its framing
inline constexpr std::size_t kCommitBytes = 1024 * 1024;
inline constexpr std::size_t kCommitItems = 4'096;
inline constexpr std::uint32_t kScanLimit = 1'000;
inline constexpr std::size_t kChunkBytes = 8 * 1024 * 1024 + 64 * 1024;  // 8 MiB of content and its seals
inline constexpr std::size_t kPartitionIdBytes = 128;

// --- content ---
inline constexpr std::size_t kPageBytes = 64 * 1024;  // plain bytes a sealed page
inline constexpr std::size_t kChunkContentBytes = 8 * 1024 * 1024;
inline constexpr std::size_t kInlineContentBytes = 64 * 1024;

}  // namespace freehold::limits

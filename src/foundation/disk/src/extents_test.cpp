#include "disk/extents.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/encoding.h"
#include "base/random.h"
#include "disk/crc32c.h"
#include "disk/faulty_disk.h"
#include "disk/sim_disk.h"

namespace freehold::disk {
namespace {

constexpr ChunkKey kKey{1, 2, 3};
constexpr ChunkKey kOtherKey{9};

class ExtentsTest : public testing::Test {
 protected:
  ExtentsTest() { reopen(); }
  void reopen() {
    auto opened = ExtentFiles::open(disk_, "/e", {.extent_bytes = 4 << 20});
    ASSERT_TRUE(opened) << opened.error().detail;
    files_ = std::move(*opened);
  }
  // Writes a random payload and keeps it.
  Bytes write(const ChunkKey& key, ExtentAddress address) {
    AlignedBuffer payload(address.length);
    random_.fill(payload.span());
    EXPECT_TRUE(files_->write(key, address, payload, checksum_payload(payload.view())));
    EXPECT_TRUE(files_->sync(address.extent));
    return Bytes(payload.view());
  }
  Result<Bytes> read(const ChunkKey& key, ExtentAddress address, std::uint32_t from, std::uint32_t n) {
    Bytes out(n, '\0');
    FH_CHECK_OK(files_->read(key, address, from, out));
    return out;
  }
  ErrorCode read_error(const ChunkKey& key, ExtentAddress address) {
    auto result = read(key, address, 0, address.length);
    return result ? ErrorCode::kInternal : result.error().code;
  }

  SimDisk disk_;
  SeededRandom random_{1};
  std::unique_ptr<ExtentFiles> files_;
  const std::string path_ = "/e/0000000003.extent";
};

TEST_F(ExtentsTest, AnyRangeReadsBack) {
  ASSERT_TRUE(files_->prepare(3));
  const ExtentAddress address{3, 8192, 300'000};
  const Bytes payload = write(kKey, address);
  const std::vector<std::pair<std::uint32_t, std::uint32_t>> ranges = {
      {0, 300'000},      {0, 1},       {299'999, 1}, {65'536, 65'536}, {65'535, 2}, {1, 299'998}, {65'536, 140'000},
      {262'144, 37'856}, {300'000, 0}, {0, 65'536}};
  for (const auto& [from, n] : ranges) {
    EXPECT_EQ(read(kKey, address, from, n).value(), payload.substr(from, n)) << from << "+" << n;
    Bytes out(n, '\0');
    EXPECT_TRUE(files_->try_read(kKey, address, from, out).value());
    EXPECT_EQ(out, payload.substr(from, n));
  }
  EXPECT_EQ(files_->verify(kKey, address).value().view(), payload);
  EXPECT_EQ(read(kKey, address, 299'999, 2).error().code, ErrorCode::kInvalidArgument);
  reopen();
  EXPECT_EQ(read(kKey, address, 5, 100).value(), payload.substr(5, 100));
}

TEST_F(ExtentsTest, TryReadSaysWhenItWouldWait) {
  ASSERT_TRUE(files_->prepare(3));
  const ExtentAddress address{3, 0, 100};
  write(kKey, address);
  disk_.set_reads_cached(false);
  Bytes out(100, '\0');
  EXPECT_FALSE(files_->try_read(kKey, address, 0, out).value());
  EXPECT_TRUE(files_->read(kKey, address, 0, out));
}

TEST_F(ExtentsTest, EveryFlippedBitIsNoticed) {
  ASSERT_TRUE(files_->prepare(3));
  const ExtentAddress address{3, 4096, 70'000};
  const Bytes payload = write(kKey, address);
  for (const std::uint64_t offset : {4096ul, 4104ul, 4110ul, 4150ul, 8190ul, 8192ul, 75'000ul, 8192ul + 69'999}) {
    ASSERT_TRUE(disk_.flip_bit(path_, offset, 3));
    reopen();
    EXPECT_EQ(read_error(kKey, address), ErrorCode::kCorrupt) << offset;
    EXPECT_EQ(files_->verify(kKey, address).error().code, ErrorCode::kCorrupt) << offset;
    ASSERT_TRUE(disk_.flip_bit(path_, offset, 3));
  }
  reopen();
  // Only the span that is damaged is refused.
  ASSERT_TRUE(disk_.flip_bit(path_, 8192 + 66'000, 0));
  EXPECT_EQ(read(kKey, address, 10, 1'000).value(), payload.substr(10, 1'000));
  EXPECT_EQ(read(kKey, address, 65'536, 10).error().code, ErrorCode::kCorrupt);
}

TEST_F(ExtentsTest, AnotherChunksRecordIsRefused) {
  ASSERT_TRUE(files_->prepare(3));
  const ExtentAddress address{3, 0, 100};
  write(kKey, address);
  EXPECT_EQ(read_error(kOtherKey, address), ErrorCode::kCorrupt);
  EXPECT_EQ(read_error(kKey, {3, 0, 99}), ErrorCode::kCorrupt);
  EXPECT_EQ(read_error(kKey, {3, 4096, 100}), ErrorCode::kCorrupt);
  EXPECT_EQ(read_error(kKey, {4, 0, 100}), ErrorCode::kNotFound);
}

TEST_F(ExtentsTest, ScanFindsRecordsInOrder) {
  ASSERT_TRUE(files_->prepare(3));
  const ExtentAddress a{3, 0, 100};
  const ExtentAddress b{3, a.footprint(), 600'000};
  const ExtentAddress c{3, b.offset + b.footprint() + 65'536, 0};  // behind a gap
  for (const auto& address : {a, b, c}) write(kKey, address);
  auto records = files_->scan(3).value();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].address, a);
  EXPECT_EQ(records[1].address, b);
  EXPECT_EQ(records[2].address, c);
  ASSERT_TRUE(files_->punch(b));
  EXPECT_EQ(read_error(kKey, b), ErrorCode::kCorrupt);
  EXPECT_EQ(files_->scan(3).value().size(), 2u);
}

TEST_F(ExtentsTest, SpaceComesBack) {
  ASSERT_TRUE(files_->prepare(3));
  ASSERT_TRUE(files_->prepare(4));
  EXPECT_EQ(files_->extents().value(), (std::vector<std::uint32_t>{3, 4}));
  const auto full = files_->allocated_bytes().value();
  const ExtentAddress address{3, 0, 1 << 20};
  write(kKey, address);
  ASSERT_TRUE(files_->punch(address));
  EXPECT_EQ(files_->allocated_bytes().value(), full - address.footprint());
  ASSERT_TRUE(files_->remove(4));
  EXPECT_EQ(files_->extents().value(), (std::vector<std::uint32_t>{3}));
}

TEST_F(ExtentsTest, ACopyOfAFilledExtentTakesWhatIsWrittenToIt) {
  ASSERT_TRUE(files_->create(3));
  EXPECT_EQ(files_->allocated_bytes().value(), 0u);
  const ExtentAddress late{3, 2 << 20, 5000};
  write(kKey, late);
  EXPECT_EQ(files_->allocated_bytes().value(), late.footprint());
  ASSERT_TRUE(files_->create(3));
  std::vector<char> back(5000);
  EXPECT_TRUE(files_->read(kKey, late, 0, back));
  ASSERT_TRUE(files_->prepare(3));
  EXPECT_TRUE(files_->read(kKey, late, 0, back));
  EXPECT_GE(files_->allocated_bytes().value(), 4u << 20);
}

TEST_F(ExtentsTest, WhatWasPreallocatedBehindTheLastRecordIsGivenBack) {
  ASSERT_TRUE(files_->prepare(3));
  const ExtentAddress address{3, 0, 1 << 20};
  write(kKey, address);
  ASSERT_TRUE(files_->cut(3, address.footprint()));
  EXPECT_EQ(files_->allocated_bytes().value(), address.footprint());
  ASSERT_TRUE(files_->cut(3, 2 * address.footprint()));
  EXPECT_EQ(files_->scan(3).value().size(), 1u);
  std::vector<char> back(1 << 20);
  EXPECT_TRUE(files_->read(kKey, address, 0, back));
  EXPECT_EQ(files_->cut(4, 0).error().code, ErrorCode::kNotFound);
}

TEST_F(ExtentsTest, FullDiskLeavesNoExtent) {
  disk_.set_capacity(disk_.used_bytes() + (1 << 20));
  EXPECT_EQ(files_->prepare(3).error().code, ErrorCode::kExhausted);
  EXPECT_TRUE(files_->extents().value().empty());
}

TEST_F(ExtentsTest, NewerDirectoryIsRefusedUntouched) {
  ASSERT_TRUE(disk_.write_file_durably("/e/FORMAT", "freehold extents 2\n"));
  const auto ops = disk_.ops();
  EXPECT_EQ(ExtentFiles::open(disk_, "/e", {}).error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(disk_.ops(), ops);
  ASSERT_TRUE(disk_.write_file_durably("/e/FORMAT", "something else\n"));
  EXPECT_EQ(ExtentFiles::open(disk_, "/e", {}).error().code, ErrorCode::kCorrupt);
}

TEST_F(ExtentsTest, NewerRecordIsUnsupported) {
  ASSERT_TRUE(files_->prepare(3));
  const ExtentAddress address{3, 0, 100};
  write(kKey, address);
  auto file = disk_.open(path_, OpenMode::kBuffered).value();
  Bytes block(4096, '\0');
  ASSERT_TRUE(file->read_at(0, block));
  block[11] = 2;  // the version's last byte
  Bytes crc;
  append_u32(crc, crc32c(BytesView(block).substr(0, 4092)));
  block.replace(4092, 4, crc);
  const BytesView piece = block;
  ASSERT_TRUE(file->write_at(0, {&piece, 1}));
  EXPECT_EQ(read_error(kKey, address), ErrorCode::kUnsupported);
  EXPECT_EQ(files_->scan(3).error().code, ErrorCode::kUnsupported);
}

TEST_F(ExtentsTest, WritesTheDocumentedBytes) {  // docs/formats/extent.md
  ASSERT_TRUE(files_->prepare(3));
  ChunkKey key;
  for (std::size_t i = 0; i < key.size(); ++i) key[i] = static_cast<std::uint8_t>(i);
  AlignedBuffer payload(5);
  std::memcpy(payload.data(), "hello", 5);
  std::memset(payload.data() + 5, '?', 10);  // padding is zeroed by write
  ASSERT_TRUE(files_->write(key, {3, 8192, 5}, payload, checksum_payload("hello")));
  const Bytes found = disk_.read_file(path_).value().substr(8192, 8192);
  EXPECT_EQ(to_hex(found.substr(0, 56)),
            "46484348554e4b0000000001000102030405060708090a0b0c0d0e0f"
            "000000030000000000002000000000050000000"
            "19a71bb4c00000000");
  EXPECT_EQ(to_hex(found.substr(4092, 4)), "40ce3b9e");
  EXPECT_EQ(found.substr(4096), Bytes("hello") + Bytes(4091, '\0'));
}

TEST_F(ExtentsTest, FaultsShowAndPass) {
  FaultyDisk faulty(disk_);
  auto files = ExtentFiles::open(faulty, "/e", {.extent_bytes = 4 << 20}).value();
  ASSERT_TRUE(files->prepare(3));
  const ExtentAddress address{3, 0, 100'000};
  AlignedBuffer payload(address.length);
  random_.fill(payload.span());
  ASSERT_TRUE(files->write(kKey, address, payload, checksum_payload(payload.view())));
  Bytes out(address.length, '\0');
  faulty.flip_reads_below("/e", 50'000);
  EXPECT_EQ(files->read(kKey, address, 0, out).error().code, ErrorCode::kCorrupt);
  faulty.break_below("/e");
  EXPECT_EQ(files->read(kKey, address, 0, out).error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(files->sync(3).error().code, ErrorCode::kUnavailable);
  faulty.lose_below("/e");
  EXPECT_FALSE(faulty.exists("/e/FORMAT").value());
  EXPECT_EQ(faulty.make_directories("/e/x").error().code, ErrorCode::kUnavailable);
  faulty.heal_below("/e");
  ASSERT_TRUE(files->read(kKey, address, 0, out));
  EXPECT_EQ(out, payload.view());
  faulty.set_room(1 << 20);
  EXPECT_EQ(files->prepare(4).error().code, ErrorCode::kExhausted);
  EXPECT_FALSE(disk_.exists("/e/0000000004.extent").value());
  faulty.set_room(std::nullopt);
  EXPECT_TRUE(files->prepare(4));
}

}  // namespace
}  // namespace freehold::disk

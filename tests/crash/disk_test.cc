// The model of the disk: what an fsync makes durable, and what a power cut may leave without it.
#include "disk_test_support.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "states_test_support.h"

namespace pond::crash {
namespace {

class DiskTest : public testing::Test {
 protected:
  DiskTest() : disk("/r", {.directories = {"d"}, .files = {}}, stage.blobs) {}

  void create(const std::string& path, std::int64_t handle, const std::string& bytes) {
    disk.apply({.op = Op::Open, .flags = kCreated, .handle = handle, .first = path});
    disk.apply({.op = Op::Write, .handle = handle, .data = bytes});
  }
  void sync(std::int64_t handle) { disk.apply({.op = Op::Sync, .handle = handle}); }
  void sync_directory(const std::string& path) {
    disk.apply({.op = Op::Open, .handle = 99, .first = path});
    sync(99);
  }
  Choice nothing() {
    return {.names = std::vector<bool>(disk.names_in_doubt(), false),
            .data = std::vector(disk.data_in_doubt(), Fate::Absent)};
  }
  std::string bytes(const Image& image, const std::string& path) {
    return image.files.contains(path) ? read_file(stage.blobs.path(image.files.at(path)))
                                      : "(none)";
  }

  Stage stage;
  Disk disk;
};

TEST_F(DiskTest, AnFsyncOfTheFileDoesNotKeepItsName) {
  create("/r/d/f", 1, "bytes");
  sync(1);
  EXPECT_EQ(bytes(disk.image(nothing()), "d/f"), "(none)");
  EXPECT_EQ(bytes(disk.now(), "d/f"), "bytes");
  sync_directory("/r/d");
  EXPECT_EQ(bytes(disk.image(nothing()), "d/f"), "bytes");
}

TEST_F(DiskTest, AnFsyncOfTheDirectoryDoesNotKeepTheBytes) {
  create("/r/d/f", 1, "bytes");
  sync_directory("/r/d");
  EXPECT_EQ(bytes(disk.image(nothing()), "d/f"), "");
  Choice zeros = nothing();
  zeros.data[0] = Fate::Zeros;
  EXPECT_EQ(bytes(disk.image(zeros), "d/f"), std::string(5, '\0'));
}

TEST_F(DiskTest, ATornWriteKeepsWholeSectors) {
  create("/r/d/f", 1, std::string(10'000, 'x'));
  sync_directory("/r/d");
  Choice torn = nothing();
  torn.data[0] = Fate::Torn;
  for (torn.seed = 0; torn.seed < 50; ++torn.seed) {
    const std::string left = bytes(disk.image(torn), "d/f");
    for (std::size_t at = 0; at + 512 <= left.size(); at += 512)
      EXPECT_EQ(left.find_first_not_of(left[at], at) - at >= 512 ||
                    left.find_first_not_of(left[at], at) == std::string::npos,
                true);
  }
}

TEST_F(DiskTest, ARenameInADirectoryIsOldOrNew) {
  create("/r/d/old", 1, "bytes");
  sync(1);
  sync_directory("/r/d");
  disk.apply({.op = Op::Rename, .first = "/r/d/old", .second = "/r/d/new"});
  ASSERT_EQ(disk.names_in_doubt(), 1U);
  EXPECT_EQ(bytes(disk.image(nothing()), "d/old"), "bytes");
  EXPECT_EQ(bytes(disk.now(), "d/new"), "bytes");
  EXPECT_EQ(bytes(disk.now(), "d/old"), "(none)");
}

TEST_F(DiskTest, ARenameBetweenDirectoriesMayLeaveBothNamesAndNeverNone) {
  create("/r/d/f", 1, "bytes");
  sync(1);
  sync_directory("/r/d");
  disk.apply({.op = Op::Rename, .first = "/r/d/f", .second = "/r/f"});
  ASSERT_EQ(disk.names_in_doubt(), 2U);
  for (int subset = 0; subset < 4; ++subset) {
    Choice choice = nothing();
    choice.names = {(subset & 1) != 0, (subset & 2) != 0};
    const Image image = disk.image(choice);
    EXPECT_GE(image.files.count("d/f") + image.files.count("f"), 1U) << subset;
  }
  // The directory it left is synced: it cannot be gone from both.
  sync_directory("/r/d");
  EXPECT_EQ(bytes(disk.image(nothing()), "f"), "bytes");
}

TEST_F(DiskTest, WhatIsInALostDirectoryIsLost) {
  disk.apply({.op = Op::Mkdir, .first = "/r/n"});
  create("/r/n/f", 1, "bytes");
  sync(1);
  sync_directory("/r/n");
  EXPECT_EQ(bytes(disk.image(nothing()), "n/f"), "(none)");
  sync_directory("/r");
  EXPECT_EQ(bytes(disk.image(nothing()), "n/f"), "bytes");
}

}  // namespace
}  // namespace pond::crash

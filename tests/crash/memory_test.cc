// Memory runs out: by allocations that fail one at a time, and by a falling limit on the address
// space. The command says so in one line; the pond is as before or after.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "base/file.h"
#include "content_test_support.h"
#include "states_test_support.h"

namespace pond::crash {
namespace {

constexpr int kSegmentationFault = 128 + 11;
constexpr std::uint64_t kMegabyte = std::uint64_t{1} << 20U;

// The commands that take the most different ways.
const std::vector<Command>& commands() {
  static const std::vector<Command> all = {
      {"mkdir", "/new"},
      {"copy", "host://large", "/new"},
      {"copy", "host+series://large.parquet", "/s/large.series"},
      {"copy", "host+csv+series://rows9.csv", "/s/level.series"},
      {"mknod", "temporal-reduce", "/reduced", "--config-path", "reduce.yaml"},
  };
  return all;
}

Scene scene() {
  for (const auto& one : scenes())
    if (one.name == "flush") return one;
  return {};
}

class Memory : public testing::Test {
 protected:
  Memory() {
    prepare(stage_, scene());
    image_ = stage_.image();
    before_ = read_pond(stage_.pond());
  }

  void expect_clean(const Outcome& outcome, const std::string& moment) {
    EXPECT_FALSE(outcome.timed_out) << moment;
    // Without address space a library may fall over a null pointer of malloc's.
    const bool fell = may_fall_ && outcome.status == kSegmentationFault;
    fallen_ += fell ? 1 : 0;
    EXPECT_TRUE(outcome.status <= 1 || fell) << moment << outcome.status << outcome.errors;
    if (outcome.status == 1) {
      ++failed_;
      std::string errors = outcome.errors;
      // Arrow's allocator has its own line when it cannot start a thread.
      if (errors.starts_with("<jemalloc>")) errors.erase(0, errors.find('\n') + 1);
      EXPECT_TRUE(errors.starts_with("error: ")) << moment << outcome.errors;
      EXPECT_LE(std::count(errors.begin(), errors.end(), '\n'), 2) << moment << outcome.errors;
    }
    try {
      const std::string content = read_pond(stage_.pond());
      if (outcome.status == 0) {
        EXPECT_NE(content, before_) << moment;
      }
      commit_next(stage_.pond(), content, false);
    } catch (const std::exception& error) {
      ADD_FAILURE() << moment << ", afterwards: " << error.what();
    }
  }

  Stage stage_;
  Image image_;
  std::string before_;
  std::size_t failed_ = 0;
  bool may_fall_ = false;
  std::size_t fallen_ = 0;
};

std::size_t count_of(const std::filesystem::path& report, const std::string& kind) {
  const std::string text = read_file(report);
  const std::size_t at = text.find("count " + kind + " ");
  return std::stoul(text.substr(at + 7 + kind.size()));
}

TEST_F(Memory, OneAllocationFails) {
  const std::size_t wanted = wanted_states() > 0 ? 2000 : 40;
  std::size_t tried = 0;
  for (const auto& command : commands()) {
    std::vector<Record> records;
    stage_.restore(image_);
    ASSERT_EQ(stage_.record(command, records).status, 0);
    const std::size_t allocations = count_of(stage_.report(), "alloc");
    const std::size_t stride = std::max<std::size_t>(1, allocations / wanted);
    for (std::size_t n = 1; n <= allocations; n += stride) {
      stage_.restore(image_);
      const Outcome outcome = stage_.record(command, records, {{"ALLOC", std::to_string(n)}});
      expect_clean(outcome, spelled(command) + ": allocation " + std::to_string(n) + " of " +
                                std::to_string(allocations) + " fails: ");
      ++tried;
    }
  }
  std::cout << tried << " failing allocations, " << failed_ << " of them fatal to the command\n";
}

TEST_F(Memory, TheAddressSpaceIsSmall) {
  may_fall_ = true;
  const std::uint64_t step = (wanted_states() > 0 ? 1 : 16) * kMegabyte;
  std::size_t tried = 0;
  for (const auto& command : commands()) {
    // Below some limit not even the program starts: the loader says so with 127.
    for (std::uint64_t limit = 1024 * kMegabyte; limit > step; limit -= step) {
      stage_.restore(image_);
      const Outcome outcome = run({.arguments = command,
                                   .pond = stage_.pond(),
                                   .host = stage_.host(),
                                   .shim = {},
                                   .address_space = limit});
      if (outcome.status == 127) break;
      expect_clean(outcome,
                   spelled(command) + " in " + std::to_string(limit / kMegabyte) + " MB: ");
      ++tried;
    }
  }
  std::cout << tried << " limits, " << failed_ << " of them too low for the command, in " << fallen_
            << " a library fell\n";
}

}  // namespace
}  // namespace pond::crash

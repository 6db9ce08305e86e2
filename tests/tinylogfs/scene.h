// A pond in a temporary directory, and small tables to put in it.
#pragma once

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pond/tinylogfs.h"

namespace pond::tinylogfs {

// A directory of the host that goes with the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory()
      : path_(std::filesystem::temp_directory_path() / ("pond-test-" + Uuid::v7().to_string())) {
    std::filesystem::create_directories(path_);
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// Rows of a series: times in seconds, and a double column of the given name.
inline std::shared_ptr<arrow::Table> readings(const std::vector<std::int64_t>& seconds,
                                              const std::vector<double>& values,
                                              const std::string& column = "level") {
  const auto type = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  arrow::TimestampBuilder times(type, arrow::default_memory_pool());
  arrow::DoubleBuilder doubles;
  for (const auto second : seconds)
    EXPECT_TRUE(times.Append(second * 1'000'000).ok());
  EXPECT_TRUE(doubles.AppendValues(values).ok());
  return arrow::Table::Make(
      arrow::schema({arrow::field("timestamp", type), arrow::field(column, arrow::float64())}),
      {times.Finish().ValueOrDie(), doubles.Finish().ValueOrDie()});
}

// Rows that do not compress to little: `count` readings, one a second from `first`.
inline std::shared_ptr<arrow::Table> many_readings(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> seconds;
  std::vector<double> values;
  for (std::int64_t i = 0; i < count; ++i) {
    seconds.push_back(first + i);
    values.push_back(1.0 / static_cast<double>(first + i + 1));
  }
  return readings(seconds, values);
}

class PondTest : public testing::Test {
 protected:
  PondTest() {
    open(OpLogBackend::create(directory.path() / "pond", {.birthplace = "here"},
                              {.command = "init"}));
  }

  void open(std::shared_ptr<OpLogBackend> opened) {
    backend = std::move(opened);
    fs.emplace(backend);
  }
  void reopen() { open(OpLogBackend::open(directory.path() / "pond")); }
  tinyfs::WD root() { return fs->root(); }

  template <typename Action>
  void commit(const Action& action) {
    auto txn = fs->begin();
    action();
    txn.commit({.command = "test"});
  }

  OpLogFile& file(const std::string& path) { return keep(root().get(path)); }
  OpLogFile& make(const std::string& path, tinyfs::Kind kind) {
    return keep(root().create_file(path, kind));
  }
  // Handles live as long as the scene.
  OpLogFile& keep(const tinyfs::NodePath& path) {
    handles.push_back(path.node());
    return *as_oplog_file(*handles.back());
  }

  TemporaryDirectory directory;
  std::shared_ptr<OpLogBackend> backend;
  std::optional<tinyfs::FS> fs;
  std::vector<tinyfs::NodePtr> handles;
};

}  // namespace pond::tinylogfs

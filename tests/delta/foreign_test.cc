// The two ends of a check against other Delta implementations: scripts set the variables and
// compare.
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>

#include "delta_test_support.h"

namespace pond::delta {
namespace {

// POND_DELTA_READ=<directory>: prints each live file of that table as a line of JSON.
TEST(Foreign, PrintsATable) {
  const char* directory = std::getenv("POND_DELTA_READ");
  if (directory == nullptr) GTEST_SKIP() << "POND_DELTA_READ is not set";
  const Snapshot s = Table::open(open_local_store(directory)).snapshot();
  schema_from_json(s.metadata().schema_string);
  for (const auto& file : s.files()) {
    nlohmann::json values = nlohmann::json::object();
    for (const auto& [column, value] : file.partition_values)
      values[column] = value ? nlohmann::json(*value) : nlohmann::json(nullptr);
    std::cout << "FILE "
              << nlohmann::json{{"path", file.path}, {"size", file.size}, {"values", values}}.dump()
              << "\n";
    EXPECT_TRUE(std::filesystem::exists(std::filesystem::path(directory) / file.path)) << file.path;
  }
  std::cout << "VERSION " << s.version() << " TOMBSTONES " << s.tombstones().size() << "\n";
}

// POND_DELTA_WRITE=<directory>, which holds data files of the columns part (string) and v (long),
// named by lines of POND_DELTA_FILES: "<partition value, empty for NULL>\t<path>\t<size>". One
// commit each, a checkpoint in the middle.
TEST(Foreign, WritesATable) {
  const char* directory = std::getenv("POND_DELTA_WRITE");
  const char* files = std::getenv("POND_DELTA_FILES");
  if (directory == nullptr || files == nullptr) GTEST_SKIP() << "POND_DELTA_WRITE is not set";
  Table table = new_table(open_local_store(directory));
  Snapshot s = table.snapshot();
  std::istringstream lines(files);
  std::string line;
  while (std::getline(lines, line)) {
    const auto tab = line.find('\t');
    const auto tab2 = line.find('\t', tab + 1);
    AddFile add;
    add.path = line.substr(tab + 1, tab2 - tab - 1);
    add.size = std::stoll(line.substr(tab2 + 1));
    add.partition_values["part"] = tab == 0 ? std::nullopt : std::optional(line.substr(0, tab));
    add.modification_time_ms = 1000;
    add.stats = R"({"numRecords":2})";
    s = commit(table, s,
               {commit_info("WRITE", 2000 + s.version()), add, Txn{"app", s.version(), 5}});
    if (s.version() == 4) {
      AddFile gone = add_of("gone", "never-there.parquet");
      s = commit(table, s, {gone});
      s = commit(table, s, {remove_of(gone, 4'000'000'000'000)});
      table.checkpoint(s);
    }
  }
}

}  // namespace
}  // namespace pond::delta

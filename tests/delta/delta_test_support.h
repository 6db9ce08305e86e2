// Scenes shared by the tests of the delta layer.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "pond/delta.h"
#include "pond/error.h"

namespace pond::delta {

// A directory of its own for each test, removed at its end.
class DeltaTest : public testing::Test {
 protected:
  DeltaTest();
  ~DeltaTest() override;

  std::shared_ptr<ObjectStore> store() const { return open_local_store(root); }
  // `text` becomes the file `name` in _delta_log.
  void write_log(const std::string& name, std::string_view text) const;
  void remove_log(const std::string& name) const;
  std::string read_log(const std::string& name) const;
  bool has_log(const std::string& name) const;

  std::filesystem::path root;
};

inline constexpr const char* kSchema =
    R"({"type":"struct","fields":[{"name":"part","type":"string","nullable":true,"metadata":{}},)"
    R"({"name":"v","type":"long","nullable":true,"metadata":{}}]})";

Metadata metadata_partitioned_by_part();

// A file of the partition, named part=<part>/<name>.
AddFile add_of(const std::string& part, const std::string& name, std::int64_t size = 100);
RemoveFile remove_of(const AddFile& file, std::int64_t time_ms);
CommitInfo commit_info(const std::string& operation, std::int64_t time_ms);

// A new table, partitioned by `part`, at version 0.
Table new_table(std::shared_ptr<ObjectStore> store,
                std::map<std::string, std::string> configuration = {});

// Commits `actions` on top of `base`; whatever comes between is all right.
Snapshot commit(Table& table, const Snapshot& base, std::vector<Action> actions);
// `count` commits of one file each, of the partition "p": f<version>.parquet.
Snapshot commit_files(Table& table, Snapshot base, int count);

std::vector<std::string> paths(const Snapshot& snapshot);

// What `call` throws, as "Code: message"; "nothing" when it throws nothing.
template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return std::string(to_string(error.code())) + ": " + error.what();
  }
  return "nothing";
}

}  // namespace pond::delta

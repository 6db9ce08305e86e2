#include "delta_test_support.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "pond/time.h"

namespace pond::delta {
namespace fs = std::filesystem;

DeltaTest::DeltaTest() {
  std::string name = (fs::temp_directory_path() / "delta-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
  root = fs::path(name) / "table";
}

DeltaTest::~DeltaTest() {
  std::error_code ignored;
  fs::remove_all(root.parent_path(), ignored);
}

void DeltaTest::write_log(const std::string& name, std::string_view text) const {
  fs::create_directories(root / "_delta_log");
  std::ofstream(root / "_delta_log" / name, std::ios::binary) << text;
}

void DeltaTest::remove_log(const std::string& name) const {
  ASSERT_TRUE(fs::remove(root / "_delta_log" / name)) << name;
}

std::string DeltaTest::read_log(const std::string& name) const {
  std::ifstream in(root / "_delta_log" / name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

bool DeltaTest::has_log(const std::string& name) const {
  return fs::exists(root / "_delta_log" / name);
}

Metadata metadata_partitioned_by_part() {
  Metadata metadata;
  metadata.id = "01890a5d-ac96-774b-bcce-b302099a8057";
  metadata.schema_string = kSchema;
  metadata.partition_columns = {"part"};
  metadata.created_time_ms = 1000;
  return metadata;
}

AddFile add_of(const std::string& part, const std::string& name, std::int64_t size) {
  AddFile add;
  add.path = partition_directory({"part"}, {{"part", part}}) + name;
  add.partition_values = {{"part", part}};
  add.size = size;
  add.modification_time_ms = 1000;
  return add;
}

RemoveFile remove_of(const AddFile& file, std::int64_t time_ms) {
  return {file.path, time_ms, true, file.partition_values, file.size};
}

CommitInfo commit_info(const std::string& operation, std::int64_t time_ms) {
  return {R"({"timestamp":)" + std::to_string(time_ms) + R"(,"operation":")" + operation + R"("})"};
}

Table new_table(std::shared_ptr<ObjectStore> store,
                std::map<std::string, std::string> configuration) {
  Metadata metadata = metadata_partitioned_by_part();
  metadata.configuration = std::move(configuration);
  return Table::create(std::move(store), Protocol{}, metadata, {commit_info("CREATE", 1000)});
}

Snapshot commit(Table& table, const Snapshot& base, std::vector<Action> actions) {
  return table
      .commit(
          base, [&](std::int64_t, const Snapshot&) { return actions; },
          [](const CommitEntry&) { return true; })
      .snapshot;
}

Snapshot commit_files(Table& table, Snapshot base, int count) {
  for (int i = 0; i < count; ++i) {
    const std::int64_t version = base.version() + 1;
    base = commit(table, base,
                  {commit_info("WRITE", 1000 * (version + 1)),
                   add_of("p", "f" + std::to_string(version) + ".parquet")});
  }
  return base;
}

std::vector<std::string> paths(const Snapshot& snapshot) {
  std::vector<std::string> result;
  for (const auto& file : snapshot.files())
    result.push_back(file.path);
  return result;
}

}  // namespace pond::delta

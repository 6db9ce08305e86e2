#include "oplog/row_files.h"

#include "base/file.h"
#include "base/sha256.h"
#include "oplog/content.h"
#include "oplog/record.h"
#include "oplog/state.h"
#include "pond/error.h"
#include "pond/time.h"

namespace pond::oplog {
namespace {

std::string partition_directory(const Uuid& part_id) {
  return "part_id=" + part_id.to_string() + "/";
}

}  // namespace

delta::AddFile write_rows(ObjectStore& store, const Uuid& part_id,
                          const std::vector<Record>& records, bool data_change) {
  const std::string bytes = encode_records(records);
  delta::AddFile add;
  add.path = partition_directory(part_id) + Uuid::v7().to_string() + ".parquet";
  add.partition_values = {{"part_id", part_id.to_string()}};
  add.size = static_cast<std::int64_t>(bytes.size());
  add.modification_time_ms = now_us() / 1000;
  add.data_change = data_change;
  add.stats = record_stats(records);
  add.tags = {{std::string(kHashTag), Sha256::of(bytes)}};
  store.put_unsynced_name(add.path, bytes);
  return add;
}

delta::RemoveFile removal(const delta::AddFile& file, std::int64_t time_ms) {
  delta::RemoveFile remove;
  remove.path = file.path;
  remove.deletion_timestamp_ms = time_ms;
  remove.data_change = false;
  remove.partition_values = file.partition_values;
  remove.size = file.size;
  return remove;
}

Uuid partition_of(const delta::AddFile& file) {
  const auto value = file.partition_values.find("part_id");
  if (value == file.partition_values.end() || !value->second)
    throw Error(ErrorCode::Corrupt, file.path + ": not a file of a pond (no part_id)");
  return Uuid::parse(*value->second);
}

std::string harm_of(const std::filesystem::path& pond, const delta::AddFile& file, bool quick) {
  const auto path = pond / file.path;
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error == std::errc::no_such_file_or_directory) return "is missing: rows of the pond are lost";
  if (error) throw io_error("cannot read", path, error.value());
  if (size != static_cast<std::uint64_t>(file.size))
    return "has " + std::to_string(size) + " bytes, not " + std::to_string(file.size);
  const auto hash = file.tags.find(std::string(kHashTag));
  if (quick || hash == file.tags.end()) return {};
  return hash_of_file(path) == hash->second ? "" : "is not what was written: its SHA-256 differs";
}

std::vector<std::string> paths_of(const std::vector<delta::Action>& actions) {
  std::vector<std::string> paths;
  for (const auto& action : actions)
    if (const auto* add = std::get_if<delta::AddFile>(&action)) paths.push_back(add->path);
  return paths;
}

}  // namespace pond::oplog

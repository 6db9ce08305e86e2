#include "pond/oplog.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/sha256.h"
#include "oplog/fold.h"
#include "oplog/record.h"
#include "oplog/state.h"
#include "pond/error.h"
#include "pond/time.h"

namespace pond::oplog {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kFormat = "1";
constexpr std::int64_t kCheckpointInterval = 10;

std::string author() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const passwd* user = ::getpwuid(::geteuid());
  return (user != nullptr ? std::string(user->pw_name) : std::to_string(::geteuid())) + "@" +
         host.data();
}

std::string partition_directory(const Uuid& part_id) {
  return "part_id=" + part_id.to_string() + "/";
}

// Writes rows of one partition as a new file; the action that makes it part of the table.
delta::AddFile write_rows(delta::Table& table, const Uuid& part_id,
                          const std::vector<Record>& records, bool data_change) {
  const std::string bytes = encode_records(records);
  delta::AddFile add;
  add.path = partition_directory(part_id) + Uuid::v7().to_string() + ".parquet";
  add.partition_values = {{"part_id", part_id.to_string()}};
  add.size = static_cast<std::int64_t>(bytes.size());
  add.modification_time_ms = now_us() / 1000;
  add.data_change = data_change;
  add.stats = record_stats(records);
  table.store().put_unsynced_name(add.path, bytes);
  return add;
}

// A member of a commitInfo, which is free-form: empty (or 0) when it is absent or of another type.
std::string text_of(const nlohmann::json& object, const char* key) {
  const auto member = object.is_object() ? object.find(key) : object.end();
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}
std::int64_t number_of(const nlohmann::json& object, const char* key) {
  const auto member = object.is_object() ? object.find(key) : object.end();
  return member != object.end() && member->is_number_integer() ? member->get<std::int64_t>() : 0;
}

std::string chain_of(const std::string& commit_info) {
  if (commit_info.empty()) return {};
  const auto info = nlohmann::json::parse(commit_info, nullptr, false);
  const auto pond = info.is_object() ? info.find("pond") : info.end();
  return pond == info.end() ? std::string() : text_of(*pond, "chain");
}

// The commitInfo action. `chain` links each commit to the one before it: SHA-256 over the previous
// link and the paths, sizes and rows this commit adds and removes, so that a commit taken out or
// altered shows.
delta::CommitInfo commit_info(const std::vector<delta::Action>& actions,
                              const std::string& previous_chain, std::int64_t version,
                              const Uuid& pond_id, const CommitOptions& options,
                              std::size_t records) {
  const std::int64_t time_us = now_us();
  std::string linked =
      previous_chain + "\n" + std::to_string(version) + "\n" + options.command + "\n";
  std::int64_t bytes = 0;
  for (const auto& action : actions) {
    if (const auto* add = std::get_if<delta::AddFile>(&action)) {
      linked += "add " + add->path + " " + std::to_string(add->size) + "\n";
      if (add->data_change) bytes += add->size;
    } else if (const auto* remove = std::get_if<delta::RemoveFile>(&action)) {
      linked += "remove " + remove->path + "\n";
    }
  }
  nlohmann::ordered_json info;
  info["timestamp"] = time_us / 1000;
  info["operation"] = "WRITE";
  info["operationParameters"] = nlohmann::json::object();
  info["isBlindAppend"] = false;
  info["engineInfo"] = "DuckPond";
  info["pond"] = {{"id", pond_id.to_string()},  {"time", format_time(time_us)},
                  {"command", options.command}, {"author", author()},
                  {"records", records},         {"bytes", bytes},
                  {"chain", Sha256::of(linked)}};
  return {info.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

CommitSummary summarise(std::int64_t version, std::int64_t entry_time_ms, const std::string& json) {
  CommitSummary summary;
  summary.txn = version;
  summary.time_us = entry_time_ms * 1000;
  const auto info = nlohmann::json::parse(json, nullptr, false);
  if (!info.is_object() || !info.contains("pond") || !info["pond"].is_object()) return summary;
  const auto& pond = info["pond"];
  summary.command = text_of(pond, "command");
  summary.author = text_of(pond, "author");
  summary.chain = text_of(pond, "chain");
  summary.records = number_of(pond, "records");
  summary.bytes = number_of(pond, "bytes");
  if (pond.contains("time")) summary.time_us = parse_time(text_of(pond, "time"));
  return summary;
}

// Rows grouped by the partition they belong to.
std::map<Uuid, std::vector<Record>> by_partition(std::vector<Record> records) {
  std::map<Uuid, std::vector<Record>> groups;
  for (auto& record : records)
    groups[record.part_id].push_back(std::move(record));
  return groups;
}

std::vector<std::string> paths_of(const std::vector<delta::Action>& actions) {
  std::vector<std::string> paths;
  for (const auto& action : actions)
    if (const auto* add = std::get_if<delta::AddFile>(&action)) paths.push_back(add->path);
  return paths;
}

Uuid partition_of(const delta::AddFile& file) {
  const auto value = file.partition_values.find("part_id");
  if (value == file.partition_values.end() || !value->second)
    throw Error(ErrorCode::Corrupt, file.path + ": not a file of a pond (no part_id)");
  return Uuid::parse(*value->second);
}

}  // namespace

OpLog::OpLog(std::shared_ptr<State> state) : state_(std::move(state)) {}

OpLog OpLog::create(const fs::path& directory, const Uuid& pond_id, const std::string& birthplace,
                    std::vector<Record> first, const CommitOptions& options) {
  const fs::path where = fs::absolute(directory).lexically_normal();
  if (fs::exists(where / "_delta_log"))
    throw Error(ErrorCode::AlreadyExists, "a pond exists already: " + where.string());
  if (fs::exists(where) && !fs::is_directory(where))
    throw Error(ErrorCode::InvalidArgument, "not a directory: " + where.string());
  if (fs::exists(where) && !fs::is_empty(where))
    throw Error(ErrorCode::InvalidArgument, "directory is not empty: " + where.string(),
                "a new pond wants a directory of its own");
  create_directories_durably(where);
  auto store = open_local_store(where);

  delta::Metadata metadata;
  metadata.id = pond_id.to_string();
  metadata.name = "pond";
  metadata.description = "DuckPond operation log";
  metadata.schema_string = delta::schema_to_json(*table_schema());
  metadata.partition_columns = {"part_id"};
  metadata.configuration = {{"pond.format", std::string(kFormat)}, {"pond.birthplace", birthplace}};
  metadata.created_time_ms = now_us() / 1000;

  const std::size_t count = first.size();
  std::vector<delta::Action> actions;
  // Rows go to a table that has no log yet; nothing refers to them until create() writes entry 0.
  for (const auto& [part_id, rows] : by_partition(std::move(first))) {
    const std::string bytes = encode_records(rows);
    delta::AddFile add;
    add.path = partition_directory(part_id) + Uuid::v7().to_string() + ".parquet";
    add.partition_values = {{"part_id", part_id.to_string()}};
    add.size = static_cast<std::int64_t>(bytes.size());
    add.modification_time_ms = metadata.created_time_ms;
    add.stats = record_stats(rows);
    store->put_unsynced_name(add.path, bytes);
    actions.emplace_back(std::move(add));
  }
  store->sync_names(paths_of(actions));
  actions.emplace_back(commit_info(actions, "", 0, pond_id, options, count));
  (void)delta::Table::create(store, delta::Protocol{}, metadata, std::move(actions));
  return open(where);
}

OpLog OpLog::open(const fs::path& directory) {
  const fs::path where = fs::absolute(directory).lexically_normal();
  if (!fs::exists(where / "_delta_log"))
    throw Error(ErrorCode::NotFound, "not a pond: " + where.string(),
                "make one with 'pond init', or name one with --pond DIR or $POND");
  auto table = delta::Table::open(open_local_store(where));
  auto snapshot = table.snapshot();
  auto state = std::make_shared<State>(where, std::move(table), std::move(snapshot));
  const auto& configuration = state->snapshot.metadata().configuration;
  const auto format = configuration.find("pond.format");
  if (format == configuration.end())
    throw Error(ErrorCode::InvalidArgument, "a Delta table, but not a pond: " + where.string());
  if (format->second != kFormat)
    throw Error(ErrorCode::Unsupported,
                where.string() + ": pond format " + format->second + " is newer than this program");
  state->pond_id = Uuid::parse(state->snapshot.metadata().id);
  const auto birthplace = configuration.find("pond.birthplace");
  if (birthplace != configuration.end()) state->birthplace = birthplace->second;
  return OpLog(std::move(state));
}

const fs::path& OpLog::directory() const {
  return state_->directory;
}
const Uuid& OpLog::pond_id() const {
  return state_->pond_id;
}
const std::string& OpLog::birthplace() const {
  return state_->birthplace;
}
std::int64_t OpLog::txn() const {
  return state_->snapshot.version();
}
const delta::Snapshot& OpLog::snapshot() const {
  return state_->snapshot;
}

bool OpLog::refresh() {
  const std::int64_t before = state_->snapshot.version();
  state_->snapshot = state_->table.refresh(state_->snapshot);
  return state_->snapshot.version() != before;
}

std::vector<StoredRecord> OpLog::read_partition(const Uuid& part_id) const {
  std::vector<StoredRecord> records;
  for (const auto* file : state_->snapshot.files_of_partition(part_id.to_string())) {
    auto rows =
        decode_records(state_->table.store().read(file->path), part_id, file->path, kEagerBytes);
    std::move(rows.begin(), rows.end(), std::back_inserter(records));
  }
  std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) {
    return std::tie(a.node_id, a.version) < std::tie(b.node_id, b.version);
  });
  return records;
}

void OpLog::load(StoredRecord& record) const {
  if (record.origin) load_record(state_->table.store().read(record.origin->file), record);
}

std::int64_t OpLog::commit(std::vector<Record> records, const std::set<Uuid>& reads,
                           const CommitOptions& options) {
  const std::size_t count = records.size();
  std::set<Uuid> touched = reads;
  for (const auto& record : records)
    touched.insert(record.node_id);
  auto groups = by_partition(std::move(records));
  auto& table = state_->table;

  const auto make = [&](std::int64_t version, const delta::Snapshot& below) {
    std::vector<delta::Action> actions;
    for (auto& [part_id, rows] : groups) {
      for (auto& row : rows)
        row.txn = version;
      actions.emplace_back(write_rows(table, part_id, rows, true));
      const auto due = files_due(below.files_of_partition(part_id.to_string()));
      if (due.empty()) continue;
      std::vector<Record> old;
      for (const auto* file : due) {
        for (auto& row :
             decode_records(table.store().read(file->path), part_id, file->path, SIZE_MAX))
          old.push_back(std::move(row));
        delta::RemoveFile remove;
        remove.path = file->path;
        remove.deletion_timestamp_ms = now_us() / 1000;
        remove.data_change = false;
        remove.partition_values = file->partition_values;
        remove.size = file->size;
        actions.emplace_back(std::move(remove));
      }
      actions.emplace_back(write_rows(table, part_id, fold_records(*this, std::move(old)), false));
    }
    table.store().sync_names(paths_of(actions));
    actions.emplace_back(commit_info(actions, chain_of(below.commit_info()), version,
                                     state_->pond_id, options, count));
    return actions;
  };
  // Another writer's commit leaves ours valid when it wrote no node that we wrote or depend on.
  const auto rebase = [&](const delta::CommitEntry& theirs) {
    for (const auto& action : theirs.actions) {
      const auto* add = std::get_if<delta::AddFile>(&action);
      if (add == nullptr || !add->data_change) continue;
      for (const auto& row : decode_records(table.store().read(add->path), partition_of(*add),
                                            add->path, kEagerBytes))
        if (touched.contains(row.node_id)) return false;
    }
    return true;
  };
  auto result = table.commit(state_->snapshot, make, rebase);
  state_->snapshot = std::move(result.snapshot);
  if (state_->snapshot.commits_since_checkpoint() >= kCheckpointInterval) {
    try {
      table.checkpoint(state_->snapshot);
    } catch (const Error&) {
      // The commit is durable and a checkpoint only saves readers time: a disk that is full by now
      // must not turn an acknowledged change into a failed command. The next commit tries again.
    }
  }
  return result.version;
}

std::vector<CommitSummary> OpLog::log(std::size_t limit) const {
  std::vector<CommitSummary> commits;
  for (std::int64_t version = txn(); version >= 0 && (limit == 0 || commits.size() < limit);
       --version) {
    const auto entry = state_->table.entry(version);
    if (!entry) break;
    std::string json;
    for (const auto& action : entry->actions)
      if (const auto* info = std::get_if<delta::CommitInfo>(&action)) json = info->json;
    commits.push_back(summarise(version, entry->time_ms, json));
  }
  return commits;
}

std::vector<StoredRecord> OpLog::show(std::int64_t txn) const {
  const auto entry = state_->table.entry(txn);
  if (!entry)
    throw Error(ErrorCode::NotFound, "no transaction " + std::to_string(txn) + " in the log of " +
                                         state_->directory.string());
  std::vector<StoredRecord> records;
  for (const auto& action : entry->actions) {
    const auto* add = std::get_if<delta::AddFile>(&action);
    if (add == nullptr || !add->data_change) continue;
    for (auto& row : decode_records(state_->table.store().read(add->path), partition_of(*add),
                                    add->path, kEagerBytes))
      records.push_back(std::move(row));
  }
  return records;
}

}  // namespace pond::oplog

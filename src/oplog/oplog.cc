#include "pond/oplog.h"

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/parallel.h"
#include "base/sha256.h"
#include "delta/actions_json.h"
#include "delta/log_names.h"
#include "oplog/commit_info.h"
#include "oplog/fold.h"
#include "oplog/inner.h"
#include "oplog/record.h"
#include "oplog/replica_store.h"
#include "oplog/row_files.h"
#include "oplog/state.h"
#include "pond/error.h"
#include "pond/time.h"

namespace pond::oplog {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kFormat = "1";
// Files of rows that are worth a thread: reading one takes about half a millisecond.
constexpr std::size_t kFilesAThread = 4;

// Rows grouped by the partition they belong to.
std::map<Uuid, std::vector<Record>> by_partition(std::vector<Record> records) {
  std::map<Uuid, std::vector<Record>> groups;
  for (auto& record : records)
    groups[record.part_id].push_back(std::move(record));
  return groups;
}

// Whether a directory holds just what an interrupted create() leaves: no log entry, and files of
// the first rows that nothing refers to. The next create() goes on there.
bool is_unfinished(const fs::path& where, const std::vector<Record>& first) {
  std::set<std::string> partitions;
  for (const auto& record : first)
    partitions.insert("part_id=" + record.part_id.to_string());
  for (const auto& item : fs::directory_iterator(where)) {
    const std::string name = item.path().filename().string();
    if (name == "_delta_log" && item.is_directory()) {
      for (const auto& entry : fs::directory_iterator(item.path()))
        if (!entry.path().filename().string().starts_with(".tmp-")) return false;
    } else if (!partitions.contains(name)) {
      return false;
    }
  }
  return true;
}

}  // namespace

OpLog::OpLog(std::shared_ptr<State> state) : state_(std::move(state)) {}

OpLog OpLog::create(const fs::path& directory, const Uuid& pond_id, const std::string& birthplace,
                    std::vector<Record> first, const CommitOptions& options) {
  const fs::path where = fs::absolute(directory).lexically_normal();
  if (fs::exists(where) && !fs::is_directory(where))
    throw Error(ErrorCode::InvalidArgument, "not a directory: " + where.string());
  const bool unfinished = fs::exists(where) && is_unfinished(where, first);
  if (!unfinished && fs::exists(where / "_delta_log"))
    throw Error(ErrorCode::AlreadyExists, "a pond exists already: " + where.string());
  if (!unfinished && fs::exists(where) && !fs::is_empty(where))
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
  for (const auto& [part_id, rows] : by_partition(std::move(first)))
    actions.emplace_back(write_rows(*store, part_id, rows, true));
  store->sync_names(paths_of(actions));
  // As Table::create puts the entry together.
  std::vector<delta::Action> entry{delta::Protocol{}, metadata};
  entry.insert(entry.end(), actions.begin(), actions.end());
  actions.emplace_back(make_commit_info(entry, {.version = 0,
                                                .time_ms = next_time_ms({}),
                                                .previous_info = {},
                                                .pond_id = pond_id,
                                                .options = options,
                                                .records = count,
                                                .retired = {}}));
  (void)delta::Table::create(store, delta::Protocol{}, metadata, std::move(actions));
  return open(where);
}

OpLog OpLog::open(const fs::path& directory, std::shared_ptr<ObjectStore> beyond) {
  const fs::path where = fs::absolute(directory).lexically_normal();
  const fs::path log = where / "_delta_log";
  std::error_code unreadable;
  if (!fs::exists(log) || (fs::is_empty(log, unreadable) && !unreadable))
    throw Error(ErrorCode::NotFound, "not a pond: " + where.string(),
                "make one with 'pond init', or name one with --pond DIR or $POND");
  PondLock lock(where);
  const bool partial = beyond != nullptr;
  auto table = delta::Table::open(partial ? open_replica_store(where, std::move(beyond))
                                          : open_local_store(where));
  auto snapshot = table.snapshot();
  auto state =
      std::make_shared<State>(where, std::move(table), std::move(snapshot), std::move(lock));
  state->partial = partial;
  state->lock.hold(state->snapshot.version());
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
  advance(state_->table.refresh(state_->snapshot));
  state_->lock.done();  // a transaction that begins has written nothing yet
  return state_->snapshot.version() != before;
}

std::vector<StoredRecord> OpLog::read_partition(const Uuid& part_id) const {
  const auto& files = state_->snapshot.files_of_partition(part_id.to_string());
  std::vector<std::vector<StoredRecord>> rows_of(files.size());
  in_parallel(files.size(), kFilesAThread, [&](std::size_t i) {
    rows_of[i] = read_records(state_->table.store(), part_id, files[i]->path, files[i]->size);
  });
  std::vector<StoredRecord> records;
  for (auto& rows : rows_of)
    std::move(rows.begin(), rows.end(), std::back_inserter(records));
  std::sort(records.begin(), records.end(), by_node_and_version);
  return records;
}

void OpLog::load(StoredRecord& record) const {
  load_record(state_->table.store(), record);
}

std::int64_t OpLog::commit(std::vector<Record> records, const std::set<Uuid>& reads,
                           const CommitOptions& options) {
  if (state_->partial)
    throw Error(ErrorCode::ReadOnly, "read-only: " + state_->table.store().describe(),
                "restore it to a directory, and change that");
  state_->lock.write();
  const std::size_t count = records.size();
  std::set<Uuid> touched = reads;
  for (const auto& record : records)
    touched.insert(record.node_id);
  auto groups = by_partition(std::move(records));
  auto& table = state_->table;

  const auto make = [&](std::int64_t version, const delta::Snapshot& below) {
    CommitDraft draft = draft_of(version, below, options, count);
    std::vector<delta::Action> actions;
    for (auto& [part_id, rows] : groups) {
      for (auto& row : rows)
        row.txn = version;
      actions.emplace_back(write_rows(table.store(), part_id, rows, true));
      const auto due = files_due(below.files_of_partition(part_id.to_string()));
      if (due.empty()) continue;
      Folded folded = fold(part_id, due, Effort::Amortised, std::nullopt);
      for (const auto* file : due)
        actions.emplace_back(removal(*file, draft.time_ms));
      actions.emplace_back(write_rows(table.store(), part_id, folded.rows, false));
      std::move(folded.retired.begin(), folded.retired.end(), std::back_inserter(draft.retired));
    }
    table.store().sync_names(paths_of(actions));
    actions.emplace_back(make_commit_info(actions, draft));
    return actions;
  };
  // Another writer's commit leaves ours valid when it wrote no node that we wrote or depend on.
  const auto rebase = [&](const delta::CommitEntry& theirs) {
    for (const auto& action : theirs.actions) {
      const auto* add = std::get_if<delta::AddFile>(&action);
      if (add == nullptr || !add->data_change) continue;
      for (const auto& row : read_records(table.store(), partition_of(*add), add->path, add->size))
        if (touched.contains(row.node_id)) return false;
    }
    return true;
  };
  auto result = table.commit(state_->snapshot, make, rebase);
  advance(std::move(result.snapshot));
  state_->lock.done();
  try {
    keep_house_if_due();
  } catch (const std::exception&) {
    // The commit is durable and housekeeping only saves readers time and room: a disk that is full
    // by now must not turn an acknowledged change into a failed command. The next commit tries
    // again.
  }
  return result.version;
}

void OpLog::advance(delta::Snapshot snapshot) {
  state_->snapshot = std::move(snapshot);
  state_->lock.hold(state_->snapshot.version());
}

CommitDraft OpLog::draft_of(std::int64_t version, const delta::Snapshot& below,
                            const CommitOptions& options, std::size_t records) const {
  return {.version = version,
          .time_ms = next_time_ms(below.commit_info()),
          .previous_info = below.commit_info(),
          .pond_id = state_->pond_id,
          .options = options,
          .records = records,
          .retired = {}};
}

OpLog::Folded OpLog::fold(const Uuid& part_id, const std::vector<const delta::AddFile*>& files,
                          Effort effort, std::optional<std::int64_t> keep_versions) {
  Folded folded;
  std::set<std::string> before;
  for (const auto* file : files) {
    for (auto& row :
         decode_records(state_->table.store().read(file->path), part_id, file->path, SIZE_MAX)) {
      if (is_run_content(row.location)) before.insert(row.location);
      folded.rows.push_back(std::move(row));
    }
  }
  folded.rows_before = folded.rows.size();
  if (keep_versions) folded.versions = collapse_versions(folded.rows, *keep_versions);
  folded.rows = fold_records(*this, std::move(folded.rows), effort);
  for (const auto& row : folded.rows)
    before.erase(row.location);
  folded.retired.assign(before.begin(), before.end());
  return folded;
}

std::optional<delta::CommitEntry> OpLog::entry(std::int64_t txn) const {
  const auto text = entry_text(txn);
  if (!text) return std::nullopt;
  delta::CommitEntry entry;
  entry.version = txn;
  entry.actions = delta::from_json_lines(*text, "transaction " + std::to_string(txn));
  entry.time_ms = delta::commit_time_ms(entry.actions).value_or(0);
  return entry;
}

std::optional<std::string> OpLog::entry_text(std::int64_t txn) const {
  if (txn < 0 || txn > this->txn()) return std::nullopt;
  try {
    return state_->table.store().read(delta::entry_key(txn));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFound) throw;
  }
  if (!state_->history) state_->history.emplace(state_->table.store());
  return state_->history->entry(txn);
}

ObjectStore& OpLog::store() const {
  return state_->table.store();
}

bool OpLog::is_partial() const {
  return state_->partial;
}

void OpLog::sync() const {
  state_->table.store().sync_names({delta::entry_key(txn())});
}

std::vector<CommitSummary> OpLog::log(std::size_t limit) const {
  std::vector<CommitSummary> commits;
  for (std::int64_t version = txn(); version >= 0 && (limit == 0 || commits.size() < limit);
       --version) {
    const auto found = entry(version);
    if (!found) break;
    commits.push_back(
        read_commit_info(version, found->time_ms, commit_info_of(found->actions)).summary);
  }
  return commits;
}

std::vector<StoredRecord> OpLog::rows_of_txn(StoredRecord& row, std::int64_t txn) const {
  if (row.first_version == row.version)
    return row.txn == txn ? std::vector{row} : std::vector<StoredRecord>();
  std::vector<StoredRecord> found;
  if (row.kind != RowKind::Series || row.txn < txn) return found;
  load(row);
  for (const auto& entry : history_of(row)) {
    if (entry.txn != txn) continue;
    StoredRecord version = row;
    version.version = version.first_version = entry.version;
    version.time_us = entry.time_us;
    version.txn = entry.txn;
    version.size = entry.size;
    version.rows = entry.rows;
    version.min_time_us = entry.min_time_us;
    version.max_time_us = entry.max_time_us;
    version.hash = entry.hash;
    version.attributes = entry.attributes;
    version.content.clear();
    version.history.clear();
    found.push_back(std::move(version));
  }
  return found;
}

std::vector<StoredRecord> OpLog::show(std::int64_t txn) const {
  const auto found = entry(txn);
  if (!found)
    throw Error(ErrorCode::NotFound, "no transaction " + std::to_string(txn) + " in the log of " +
                                         state_->directory.string());
  std::vector<StoredRecord> records;
  for (const auto& action : found->actions) {
    const auto* add = std::get_if<delta::AddFile>(&action);
    if (add == nullptr || !add->data_change) continue;
    try {
      for (auto& row :
           read_records(state_->table.store(), partition_of(*add), add->path, add->size))
        records.push_back(std::move(row));
    } catch (const Error& error) {
      // Folded with others since, and removed. Its versions of files are elsewhere; of directories,
      // only their present entries.
      if (error.code() != ErrorCode::NotFound) throw;
      for (auto& row : read_partition(partition_of(*add)))
        for (auto& version : rows_of_txn(row, txn))
          records.push_back(std::move(version));
    }
  }
  return records;
}

void OpLog::renew_identity(const CommitOptions& options) {
  const Uuid id = Uuid::v7();
  const auto make = [&](std::int64_t version, const delta::Snapshot& below) {
    delta::Metadata metadata = below.metadata();
    metadata.configuration["pond.restored_from"] = metadata.id;
    metadata.id = id.to_string();
    std::vector<delta::Action> actions{metadata};
    actions.emplace_back(make_commit_info(actions, draft_of(version, below, options, 0)));
    return actions;
  };
  auto result =
      state_->table.commit(state_->snapshot, make, [](const delta::CommitEntry&) { return false; });
  state_->pond_id = id;
  advance(std::move(result.snapshot));
}

void OpLog::configure(const std::string& key, const std::string& value,
                      const CommitOptions& options) {
  const auto make = [&](std::int64_t version, const delta::Snapshot& below) {
    delta::Metadata metadata = below.metadata();
    metadata.configuration[std::string(kMaintenancePrefix) + key] = value;
    (void)Retention::of(metadata);  // throws for what makes no sense
    std::vector<delta::Action> actions{metadata};
    actions.emplace_back(make_commit_info(actions, draft_of(version, below, options, 0)));
    return actions;
  };
  auto result =
      state_->table.commit(state_->snapshot, make, [](const delta::CommitEntry&) { return true; });
  advance(std::move(result.snapshot));
}

}  // namespace pond::oplog

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "delta/actions_json.h"
#include "delta/checkpoint.h"
#include "delta/features.h"
#include "delta/log.h"
#include "delta/log_names.h"
#include "delta/path_escapes.h"
#include "delta/snapshot.h"
#include "pond/delta.h"
#include "pond/error.h"
#include "pond/time.h"

namespace pond::delta {
namespace {

void refuse_actions(const std::string& why) {
  throw Error(ErrorCode::InvalidArgument, why);
}

void check_add(const AddFile& add, const Metadata& metadata) {
  check_data_path(uri_encode(add.path), add.path, "add");
  bool fits = add.partition_values.size() == metadata.partition_columns.size();
  for (const auto& column : metadata.partition_columns)
    fits = fits && add.partition_values.contains(column);
  if (!fits) refuse_actions("the partition values of " + add.path + " are not those of the table");
}

void check_domain(const DomainMetadata& domain, const Protocol& protocol) {
  // PROTOCOL.md#domain-metadata
  if (!has_writer_feature(protocol, "domainMetadata"))
    refuse_actions("the table's protocol lacks the writer feature 'domainMetadata'");
  if (domain.domain.starts_with("delta."))
    refuse_actions("the domain '" + domain.domain + "' belongs to the protocol");
}

// Whether `actions` fit a table that has (after them) this protocol and metadata.
void check_actions(const std::vector<Action>& actions, const Protocol& protocol,
                   const Metadata& metadata) {
  if (actions.empty()) refuse_actions("a commit needs at least one action");
  const auto append_only = metadata.configuration.find("delta.appendOnly");
  const bool only_appends = append_only != metadata.configuration.end() &&
                            append_only->second == "true" &&
                            has_writer_feature(protocol, "appendOnly");
  std::set<std::string> added;
  std::set<std::string> removed;
  int commit_infos = 0;
  for (const auto& action : actions) {
    if (const auto* add = std::get_if<AddFile>(&action)) {
      check_add(*add, metadata);
      if (add->deletion_vector) refuse_actions("a new deletion vector for the file " + add->path);
      if (!added.insert(add->path).second) refuse_actions("two actions for the file " + add->path);
    } else if (const auto* remove = std::get_if<RemoveFile>(&action)) {
      // PROTOCOL.md#append-only-tables
      if (only_appends && remove->data_change)
        refuse_actions("the table is append-only: " + remove->path + " cannot be removed");
      if (!removed.insert(remove->path).second)
        refuse_actions("two actions for the file " + remove->path);
    } else if (const auto* domain = std::get_if<DomainMetadata>(&action)) {
      check_domain(*domain, protocol);
    } else if (std::holds_alternative<CommitInfo>(action) && ++commit_infos > 1) {
      refuse_actions("a commit has one commitInfo");
    }
  }
  for (const auto& path : removed) {
    if (added.contains(path)) refuse_actions("two actions for the file " + path);
  }
}

// PROTOCOL.md#deletion-vectors: a removal names the vector of the file that it takes back.
void check_vectors(const std::vector<Action>& actions, const Snapshot::State& below) {
  for (const auto& action : actions) {
    const auto* remove = std::get_if<RemoveFile>(&action);
    if (remove == nullptr) continue;
    const AddFile* live = below.files.find(remove->path);
    if (live != nullptr && map_key(live->path, live->deletion_vector) != map_key(*remove))
      refuse_actions("the removal of " + remove->path + " does not name its deletion vector");
  }
}

template <class T>
const T* find_action(const std::vector<Action>& actions) {
  for (const auto& action : actions) {
    if (const auto* found = std::get_if<T>(&action)) return found;
  }
  return nullptr;
}

std::optional<std::int64_t> in_commit_timestamp(const std::string& commit_info) {
  const auto json = nlohmann::json::parse(commit_info, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto it = json.find("inCommitTimestamp");
  if (it == json.end() || !it->is_number_integer()) return std::nullopt;
  return it->get<std::int64_t>();
}

// PROTOCOL.md#in-commit-timestamps: the time of a commit is kept in it, after that of the one
// before.
void add_commit_time(std::vector<Action>& actions, std::optional<std::int64_t> previous) {
  std::int64_t time = now_us() / 1000;
  if (previous) time = std::max(time, *previous + 1);
  CommitInfo* info = nullptr;
  for (auto& action : actions) {
    if (auto* found = std::get_if<CommitInfo>(&action)) info = found;
  }
  if (info == nullptr) info = &std::get<CommitInfo>(actions.emplace_back(CommitInfo{"{}"}));
  const auto json = nlohmann::json::parse(info->json, nullptr, false);
  if (!json.is_object()) return;  // to_json_lines() refuses it
  if (json.contains("inCommitTimestamp"))
    refuse_actions("the commitInfo has an inCommitTimestamp, which is the table's to give");
  const std::size_t brace = info->json.find('{') + 1;
  info->json.insert(brace,
                    "\"inCommitTimestamp\":" + std::to_string(time) + (json.empty() ? "" : ","));
}

std::string operation_of(const CommitEntry& entry) {
  if (const auto* info = find_action<CommitInfo>(entry.actions)) {
    const auto json = nlohmann::json::parse(info->json, nullptr, false);
    if (json.is_object() && json.contains("operation") && json["operation"].is_string())
      return json["operation"].get<std::string>();
  }
  return {};
}

[[noreturn]] void throw_conflict(const std::string& table, std::int64_t version,
                                 const std::string& operation, const std::string& what) {
  throw Error(ErrorCode::Conflict,
              "another writer committed version " + std::to_string(version) + " of " + table +
                  (operation.empty() ? "" : " (" + operation + ")") + ", which " + what,
              "nothing was changed; try again");
}

// What `theirs` did, for the message about a rebase that the caller refused.
std::string what_changed(const CommitEntry& theirs) {
  std::size_t added = 0;
  std::size_t removed = 0;
  std::string example;
  for (const auto& action : theirs.actions) {
    if (const auto* add = std::get_if<AddFile>(&action)) {
      ++added;
      if (example.empty()) example = add->path;
    } else if (const auto* remove = std::get_if<RemoveFile>(&action)) {
      ++removed;
      if (removed == 1) example = remove->path;
    }
  }
  std::string what =
      "added " + std::to_string(added) + " and removed " + std::to_string(removed) + " files";
  if (!example.empty()) what += " (" + example + (added + removed > 1 ? ", …)" : ")");
  return what + " that this change depends on";
}

// Ours, made again on top of theirs, may still not undo what they did.
void check_not_overtaken(const std::vector<Action>& actions, const Snapshot& below,
                         const Snapshot& base, const Snapshot::State& state,
                         const std::string& table) {
  for (const auto& action : actions) {
    if (const auto* remove = std::get_if<RemoveFile>(&action)) {
      if (state.files.find(remove->path) == nullptr)
        throw_conflict(table, below.version(), {}, "removed " + remove->path + " already");
    } else if (const auto* txn = std::get_if<Txn>(&action)) {
      const auto theirs = below.txns().find(txn->app_id);
      if (theirs == below.txns().end()) continue;
      const auto before = base.txns().find(txn->app_id);
      const bool is_new =
          before == base.txns().end() || before->second.version != theirs->second.version;
      if (is_new && theirs->second.version >= txn->version) {
        throw_conflict(table, below.version(), {},
                       "has txn " + std::to_string(theirs->second.version) + " of " + txn->app_id);
      }
    }
  }
}

// The in-commit timestamp of a snapshot's own commit.
std::optional<std::int64_t> time_of(const Log& log, const Snapshot& snapshot) {
  if (!snapshot.commit_info().empty()) return in_commit_timestamp(snapshot.commit_info());
  const auto entry = log.entry(snapshot.version());
  return entry ? std::optional(entry->time_ms) : std::nullopt;
}

}  // namespace

struct Table::Latest {
  std::mutex mutex;
  StatePtr state;
};

Table::Table(std::shared_ptr<ObjectStore> store)
    : store_(std::move(store)), latest_(std::make_shared<Latest>()) {}

Snapshot Table::remember(Snapshot snapshot) const {
  const std::lock_guard lock(latest_->mutex);
  if (!latest_->state || latest_->state->version < snapshot.version())
    latest_->state = snapshot.state_;
  return snapshot;
}

Table Table::create(std::shared_ptr<ObjectStore> store, const Protocol& protocol,
                    const Metadata& metadata, std::vector<Action> more) {
  check_writable(protocol, metadata, store->describe());
  schema_from_json(metadata.schema_string);  // throws InvalidArgument, Unsupported
  std::vector<Action> actions{protocol, metadata};
  actions.insert(actions.end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
  check_actions(actions, protocol, metadata);
  if (has_in_commit_timestamps(metadata)) add_commit_time(actions, std::nullopt);
  const auto already = [&] {
    return Error(ErrorCode::AlreadyExists, "there is a Delta table in " + store->describe());
  };
  // Entry 0 of a table that is there may have expired.
  if (!list_log(*store).empty()) throw already();
  if (!store->put_if_absent(entry_key(0), to_json_lines(actions))) throw already();
  Table table(std::move(store));
  Replay replay;
  replay.apply({0, 0, std::move(actions)});
  table.remember(Snapshot(replay.finish(table.store_->describe())));
  return table;
}

Table Table::open(std::shared_ptr<ObjectStore> store) {
  Table table(std::move(store));
  table.remember(Snapshot(Log(*table.store_).latest()));
  return table;
}

Snapshot Table::snapshot() const {
  StatePtr known;
  {
    const std::lock_guard lock(latest_->mutex);
    known = latest_->state;
  }
  return remember(Snapshot(Log(*store_).advance(std::move(known))));
}

Snapshot Table::refresh(const Snapshot& base) const {
  return remember(Snapshot(Log(*store_).advance(base.state_)));
}

Snapshot Table::snapshot_at(std::int64_t version) const {
  return Snapshot(Log(*store_).at(version));
}

Snapshot Table::snapshot_at_time(std::int64_t time_us) const {
  const std::int64_t time_ms = time_us / 1000 - (time_us % 1000 < 0 ? 1 : 0);
  return snapshot_at(Log(*store_).version_at(time_ms));
}

std::optional<CommitEntry> Table::entry(std::int64_t version) const {
  if (version < 0) return std::nullopt;
  return Log(*store_).entry(version);
}

std::int64_t Table::oldest_entry() const {
  const LogListing listing = list_log(*store_);
  if (listing.entries.empty())
    throw Error(ErrorCode::NotFound, "the log of " + store_->describe() + " has no entries");
  return listing.entries.front();
}

// Where the entries after an old base have expired, its next version looks free and is not.
void Table::check_base_is_current(const Snapshot& base) const {
  if (store_->head(entry_key(base.version()))) return;
  const std::int64_t latest = list_log(*store_).latest();
  if (latest <= base.version()) return;
  if (store_->head(entry_key(base.version() + 1))) return;
  throw Error(ErrorCode::Conflict,
              "the log entries after version " + std::to_string(base.version()) + " of " +
                  store_->describe() + " have expired; the latest is " + std::to_string(latest),
              "start again from the latest version");
}

CommitResult Table::commit(
    const Snapshot& base,
    const std::function<std::vector<Action>(std::int64_t version, const Snapshot& below)>& make,
    const Rebase& rebase) {
  const Log log(*store_);
  const std::string table = store_->describe();
  check_base_is_current(base);
  Snapshot below = base;
  for (;;) {
    check_writable(below.protocol(), below.metadata(), table);
    const std::int64_t version = below.version() + 1;
    std::vector<Action> actions = make(version, below);
    const auto* new_protocol = find_action<Protocol>(actions);
    const auto* new_metadata = find_action<Metadata>(actions);
    const Protocol& protocol = new_protocol != nullptr ? *new_protocol : below.protocol();
    const Metadata& metadata = new_metadata != nullptr ? *new_metadata : below.metadata();
    if (new_protocol != nullptr || new_metadata != nullptr)
      check_writable(protocol, metadata, table);
    if (new_metadata != nullptr) schema_from_json(metadata.schema_string);
    check_actions(actions, protocol, metadata);
    check_vectors(actions, *below.state_);
    if (has_in_commit_timestamps(metadata)) {
      if (!has_in_commit_timestamps(below.metadata())) {
        throw Error(ErrorCode::Unsupported,
                    "table " + table + ": in-commit timestamps cannot be turned on later",
                    "make a new table with delta.enableInCommitTimestamps, or use another writer");
      }
      add_commit_time(actions, time_of(log, below));
    }
    if (below.version() != base.version())
      check_not_overtaken(actions, below, base, *below.state_, table);

    if (store_->put_if_absent(entry_key(version), to_json_lines(actions))) {
      Replay replay(below.state_);
      replay.apply({version, 0, std::move(actions)});
      Snapshot snapshot = remember(Snapshot(replay.finish(table)));
      return {version, std::move(snapshot)};
    }

    Replay replay(below.state_);
    while (auto theirs = log.entry(replay.version() + 1)) {
      const std::string operation = operation_of(*theirs);
      if (find_action<Metadata>(theirs->actions) != nullptr)
        throw_conflict(table, theirs->version, operation, "changed the table's metadata");
      if (find_action<Protocol>(theirs->actions) != nullptr)
        throw_conflict(table, theirs->version, operation, "changed the table's protocol");
      if (!rebase || !rebase(*theirs))
        throw_conflict(table, theirs->version, operation, what_changed(*theirs));
      replay.apply(std::move(*theirs));
    }
    if (replay.version() < version) {
      throw Error(ErrorCode::Corrupt,
                  log.file(entry_key(version)) + " exists and cannot be read at the same time");
    }
    below = Snapshot(replay.finish(table));
  }
}

void Table::put_checkpoint(ObjectStore& store, const Snapshot& snapshot) {
  check_checkpointable(snapshot.protocol(), snapshot.metadata(), store.describe());
  const CheckpointBytes checkpoint = write_checkpoint(snapshot);
  // Replaces one that is there, which says the same or is damaged (PROTOCOL.md#checkpoints).
  store.put(checkpoint_key(snapshot.version()), checkpoint.bytes);
  // Never point back, behind entries that may have expired since.
  const auto last = Log(store).last_checkpoint();
  const bool newer_there =
      last && last->version > snapshot.version() && store.head(last->keys.front()).has_value();
  if (!newer_there) {
    nlohmann::ordered_json json = {{"version", snapshot.version()},
                                   {"size", checkpoint.actions},
                                   {"sizeInBytes", checkpoint.bytes.size()},
                                   {"numOfAddFiles", snapshot.files().size()}};
    store.put(std::string(kLastCheckpointKey), json.dump());
  }
}

void Table::checkpoint(const Snapshot& snapshot) {
  put_checkpoint(*store_, snapshot);
  auto& known = *snapshot.state_->checkpoint_version;
  std::int64_t newest = known.load();
  while (newest < snapshot.version() && !known.compare_exchange_weak(newest, snapshot.version())) {
  }
}

}  // namespace pond::delta

// The operation log: one Delta table (outer layer) whose rows carry contents (inner layer: Arrow
// IPC for directories, tables and series; bytes for data). A row is one version of one node.
// docs/storage-format.md describes the files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "pond/delta.h"
#include "pond/uuid.h"

namespace pond::oplog {

// What a row is, as the column `kind` spells it.
enum class RowKind : std::uint8_t { Directory, Data, Table, Series, Symlink, Dynamic };
std::string_view to_string(RowKind kind);
RowKind parse_row_kind(std::string_view text);  // Corrupt

// One row of the oplog: one version of a node, or a *run* of consecutive versions folded into one
// row (a directory's changes merged; a series' appended rows concatenated).
struct Record {
  Uuid part_id;  // the partition: a directory's own id; a file's or symlink's parent
  Uuid node_id;
  std::int64_t version = 0;        // 1, 2, ...; 0 for a file made and never written
  std::int64_t first_version = 0;  // less than `version` for a run
  RowKind kind = RowKind::Data;
  std::int64_t time_us = 0;
  std::int64_t txn = 0;   // the Delta version that wrote it first
  std::int64_t size = 0;  // bytes of the content
  std::string hash;       // SHA-256 of the content, lower-case hex
  std::string location;   // "inline", or the content file's key: "content/<aa>/<sha256>.parquet"
  std::string content;    // when inline
  std::string history;    // of a series' run: what each version in it was (encode_history)
  std::string schema;     // of a table or series: its Arrow schema as an IPC schema message
  std::int64_t rows = 0;  // of a table or series version
  std::optional<std::int64_t> min_time_us;  // of a series' time column
  std::optional<std::int64_t> max_time_us;
  std::string attributes;  // JSON object, or empty

  bool is_inline() const { return location == "inline"; }
};

// Where in the oplog a row's `content` and `history` are, when reading left them behind.
struct Origin {
  std::string file;  // key of the Parquet file
  std::int64_t row = 0;
};

// A row as read: the contents of large oplog files are left behind and loaded when asked for
// (OpLog::load).
struct StoredRecord : Record {
  std::optional<Origin> origin;  // set when content and history are not loaded
};

// One commit, for `pond log`.
struct CommitSummary {
  std::int64_t txn = 0;
  std::int64_t time_us = 0;
  std::string command;
  std::string author;  // user@host
  std::string chain;   // hash chained over all commits up to this one
  std::int64_t records = 0;
  std::int64_t bytes = 0;  // written by it
};

struct CommitOptions {
  std::string command;
};

// How much of the past readers other than this program (which locks what it reads) can count on:
// the Delta log keeps its entries, and the files of the versions they lead to, until they are among
// neither the newest `keep_commits` nor those of the last `keep_minutes`; but never more than
// `most_commits`. Where the table has delta.logRetentionDuration or .deletedFileRetentionDuration,
// which other programs set, both last at least so long. Contents and what was committed by whom are
// kept for ever.
struct Retention {
  std::int64_t keep_commits = 100;
  std::int64_t keep_minutes = 60;
  std::int64_t most_commits = 200;

  // As the table's configuration says ("pond.maintenance.keep_commits" and so on); InvalidArgument.
  static Retention of(const delta::Metadata& metadata);
};
struct CompactOptions {
  // Keep only so many versions (1 or more) of each table, file of bytes and configuration; absent:
  // all of them. A series always keeps all of its rows and versions.
  std::optional<std::int64_t> keep_versions;
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  // partitions
};

struct CompactReport {
  std::uint64_t partitions = 0;  // looked at
  std::int64_t commits = 0;      // made: one for each partition that could be more compact
  std::int64_t files = 0;        // of rows, fewer than before
  std::int64_t versions = 0;     // retired
};

struct VacuumReport {
  std::vector<std::string> removed;  // files below the pond's directory, sorted
  std::int64_t bytes = 0;            // in them
};

struct CommitDraft;
enum class Effort : std::uint8_t;

class OpLog {
 public:
  // Makes a new pond in `directory` (which may exist when empty): the Delta table with a first
  // commit that holds `first` rows. AlreadyExists names the pond that is there.
  static OpLog create(const std::filesystem::path& directory, const Uuid& pond_id,
                      const std::string& birthplace, std::vector<Record> first,
                      const CommitOptions& options);
  // NotFound: "not a pond". With `beyond`, the directory holds the pond's log and perhaps some of
  // its other files, and those that lack are fetched from there when they are needed; changes are
  // refused (ReadOnly).
  static OpLog open(const std::filesystem::path& directory,
                    std::shared_ptr<ObjectStore> beyond = nullptr);

  const std::filesystem::path& directory() const;
  const Uuid& pond_id() const;
  const std::string& birthplace() const;
  std::int64_t txn() const;  // of the snapshot in use

  // Brings the snapshot up to the newest commit. False when there was nothing newer.
  bool refresh();

  // The rows of a partition in the snapshot, ordered by node and version. Reads only that
  // partition's files. Contents of directories are always loaded, others when their file is small.
  std::vector<StoredRecord> read_partition(const Uuid& part_id) const;
  // Loads what read_partition left behind.
  void load(StoredRecord& record) const;

  // Writes `records` as one atomic commit, durably, and checkpoints and folds small
  // files when due. `reads` are nodes whose state the change depends on. Conflict when another
  // writer committed rows of a node that is among the written or read ones. Returns the transaction
  // number.
  std::int64_t commit(std::vector<Record> records, const std::set<Uuid>& reads,
                      const CommitOptions& options);

  // Makes the snapshot's commit durable. commit() does that with its own; another's may be visible
  // and not be durable yet, when that process was killed just then.
  void sync() const;

  // Content files: `path` below the pond for a new staging file; adopt() hashes, syncs and names
  // it.
  std::filesystem::path staging_path(const std::string& extension) const;
  struct Content {
    std::string hash;
    std::string location;  // the key
    std::int64_t size = 0;
  };
  // Moves a fully written staging file to its content name (or drops it when that content is there
  // already) and makes both durable.
  Content adopt_staged(const std::filesystem::path& staged, const std::string& extension);
  // Copies a host file in: read, hashed and written in one pass, and synced.
  Content adopt_copy(const std::filesystem::path& source, const std::string& extension);
  std::filesystem::path content_path(const std::string& location) const;
  // The same, with the file there: fetched from beyond where the pond is not all here.
  std::filesystem::path content_file(const std::string& location) const;
  bool is_partial() const;  // opened with `beyond`

  // Writes a checkpoint, and lets go of what the retention does not keep: moves the oldest log
  // entries into POND/history and deletes the files that only they led to. Every tenth commit does
  // this.
  void keep_house(const Retention& retention);
  // Puts the rows of each partition into one file, and the short runs of a series into long ones.
  CompactReport compact(const CompactOptions& compaction, const CommitOptions& options);
  // Removes files that nothing refers to: leftovers of commands that were killed, contents of
  // retired versions. Conflict while another process writes.
  VacuumReport vacuum(bool dry_run);
  // Sets maintenance.KEY, by a commit of its own. InvalidArgument names the nearest key.
  void configure(const std::string& key, const std::string& value, const CommitOptions& options);

  // Gives the pond a new identity, by a commit of its own; where it was restored from stays in
  // the table's configuration.
  void renew_identity(const CommitOptions& options);

  // One commit's log entry, from the history when it has expired; nullopt when there is none.
  std::optional<delta::CommitEntry> entry(std::int64_t txn) const;
  // Commits from the newest back, at most `limit` (0: all).
  std::vector<CommitSummary> log(std::size_t limit) const;
  // The rows one commit added. Of an old one, those that have not been folded with others.
  std::vector<StoredRecord> show(std::int64_t txn) const;
  const delta::Snapshot& snapshot() const;
  // The bytes of one commit's log entry, from the history when it has expired; nullopt when there
  // is none.
  std::optional<std::string> entry_text(std::int64_t txn) const;
  ObjectStore& store() const;

 private:
  struct State;
  struct Folded {
    std::vector<Record> rows;
    std::vector<std::string> retired;  // content files that none of the rows uses any more
    std::size_t rows_before = 0;
    std::int64_t versions = 0;  // that went
  };
  CommitDraft draft_of(std::int64_t version, const delta::Snapshot& below,
                       const CommitOptions& options, std::size_t records) const;
  void advance(delta::Snapshot snapshot);
  void keep_house_if_due();
  void compact_partition(const Uuid& part_id, const CompactOptions& compaction,
                         const CommitOptions& options, CompactReport& report);
  // The versions in a row that one transaction wrote.
  std::vector<StoredRecord> rows_of_txn(StoredRecord& row, std::int64_t txn) const;
  Folded fold(const Uuid& part_id, const std::vector<const delta::AddFile*>& files, Effort effort,
              std::optional<std::int64_t> keep_versions);
  std::optional<std::int64_t> horizon(const Retention& retention) const;
  explicit OpLog(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace pond::oplog

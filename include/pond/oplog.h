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

class OpLog {
 public:
  // Makes a new pond in `directory` (which may exist when empty): the Delta table with a first
  // commit that holds `first` rows. AlreadyExists names the pond that is there.
  static OpLog create(const std::filesystem::path& directory, const Uuid& pond_id,
                      const std::string& birthplace, std::vector<Record> first,
                      const CommitOptions& options);
  static OpLog open(const std::filesystem::path& directory);  // NotFound: "not a pond"

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

  // Commits from the newest back, at most `limit` (0: all that are kept).
  std::vector<CommitSummary> log(std::size_t limit) const;
  // The rows one commit added; NotFound when its log entry is not kept any more.
  std::vector<StoredRecord> show(std::int64_t txn) const;
  const delta::Snapshot& snapshot() const;

 private:
  struct State;
  explicit OpLog(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace pond::oplog

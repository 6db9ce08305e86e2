// The Delta Lake table protocol, read and written natively over an ObjectStore. The words are those
// of the protocol specification (PROTOCOL.md of the Delta project): snapshot, action, checkpoint,
// tombstone.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "pond/error.h"
#include "pond/object_store.h"

namespace arrow {
class Field;
class Schema;
}  // namespace arrow

namespace pond::delta {

// A partition value: nullopt is SQL NULL. The text form is the protocol's serialisation.
using PartitionValues = std::map<std::string, std::optional<std::string>>;

// Which rows of a data file are gone (PROTOCOL.md#deletion-vectors).
struct DeletionVector {
  std::string storage_type;              // "u": a file named by a UUID, "i": inline, "p": a path
  std::string path_or_inline;            // as in the log
  std::optional<std::int64_t> offset{};  // bytes into the file
  std::int64_t size = 0;                 // bytes
  std::int64_t cardinality = 0;          // rows removed

  // Tells the vectors of one data file apart.
  std::string unique_id() const;
  bool operator==(const DeletionVector&) const = default;
};

struct AddFile {
  std::string path;  // relative to the table root, already URL-decoded; never starts with '/'
  PartitionValues partition_values;
  std::int64_t size = 0;                  // bytes
  std::int64_t modification_time_ms = 0;  // Unix milliseconds
  bool data_change = true;
  std::string stats;  // JSON text as in the log, or empty
  std::map<std::string, std::string> tags{};
  std::optional<DeletionVector> deletion_vector{};
  std::optional<std::int64_t> base_row_id{};                 // PROTOCOL.md#row-tracking
  std::optional<std::int64_t> default_row_commit_version{};  // PROTOCOL.md#row-tracking
  std::string clustering_provider{};                         // PROTOCOL.md#clustered-table
};

struct RemoveFile {
  std::string path;
  std::int64_t deletion_timestamp_ms = 0;
  bool data_change = true;
  PartitionValues partition_values;
  std::int64_t size = 0;
  std::optional<DeletionVector> deletion_vector{};  // of the add that it takes back
  std::optional<std::int64_t> base_row_id{};
  std::optional<std::int64_t> default_row_commit_version{};
};

struct Metadata {
  std::string id;  // a UUID
  std::string name;
  std::string description;
  std::string schema_string;  // the JSON schema of the protocol
  std::vector<std::string> partition_columns;
  std::map<std::string, std::string> configuration;
  std::int64_t created_time_ms = 0;
};

// A retention that the configuration tells in Spark's words ("interval 1 week"), in milliseconds;
// nullopt when it tells none, or none that makes sense.
std::optional<std::int64_t> retention_ms(const Metadata& metadata, const std::string& property);

struct Protocol {
  int min_reader_version = 1;
  int min_writer_version = 2;
  std::vector<std::string> reader_features;  // with reader version 3
  std::vector<std::string> writer_features;  // with writer version 7
};

// The application-specific transaction id: makes a writer's commits idempotent.
struct Txn {
  std::string app_id;
  std::int64_t version = 0;
  std::optional<std::int64_t> last_updated_ms;
};

struct DomainMetadata {
  std::string domain;
  std::string configuration;
  bool removed = false;
};

// Free-form provenance, one per commit: the JSON object's text.
struct CommitInfo {
  std::string json;
};

using Action =
    std::variant<AddFile, RemoveFile, Metadata, Protocol, Txn, DomainMetadata, CommitInfo>;

// The state of a table at one version: what replaying the log gives. Immutable and cheap to copy
// (shared).
class Snapshot {
 public:
  std::int64_t version() const;
  const Protocol& protocol() const;
  const Metadata& metadata() const;
  // The live files, sorted by path.
  const std::vector<AddFile>& files() const;
  // The live files of one value of the partition column, sorted by path; none for a value that is
  // not there. Constant time. InvalidArgument unless the table has exactly one partition column.
  // Files where it is NULL are found only in files().
  const std::vector<const AddFile*>& files_of_partition(const std::string& value) const;
  const std::vector<RemoveFile>& tombstones() const;  // not yet expired
  const std::unordered_map<std::string, Txn>& txns() const;
  const std::unordered_map<std::string, DomainMetadata>& domains() const;
  // The commitInfo of this very version; empty when its log entry has expired.
  const std::string& commit_info() const;
  // The log entries to be read on top of the newest checkpoint known to this snapshot and its
  // relatives (those it was refreshed or committed from); without a checkpoint, all of them:
  // version() + 1.
  std::int64_t commits_since_checkpoint() const;

  struct State;
  explicit Snapshot(std::shared_ptr<const State> state) : state_(std::move(state)) {}

 private:
  friend class Table;
  std::shared_ptr<const State> state_;
};

struct CommitEntry {
  std::int64_t version = 0;
  std::int64_t time_ms = 0;  // of the log entry
  std::vector<Action> actions;
};

// Called when another writer got the version a commit wanted, with each entry that came in between,
// oldest first. Returns true when the pending actions stay valid on top of it; false makes the
// commit a Conflict.
using Rebase = std::function<bool(const CommitEntry& theirs)>;

struct CommitResult {
  std::int64_t version = 0;
  Snapshot snapshot;  // after it
};

class Table {
 public:
  // Makes the log's entry 0 with protocol and metadata (and further actions). AlreadyExists; the
  // errors of commit().
  static Table create(std::shared_ptr<ObjectStore> store, const Protocol& protocol,
                      const Metadata& metadata, std::vector<Action> more);
  // NotFound when there is no log; Unsupported (naming them) for unknown reader versions and
  // features.
  static Table open(std::shared_ptr<ObjectStore> store);

  // The latest version. Costs one checkpoint read and at most some ten small log entries, whatever
  // the number of commits: entries are opened by name, the log directory is not listed.
  Snapshot snapshot() const;
  // Cheaper: `base` brought up to date by the entries after it; `base` itself when there are none.
  Snapshot refresh(const Snapshot& base) const;
  // Time travel. NotFound says which versions are still there.
  Snapshot snapshot_at(std::int64_t version) const;
  Snapshot snapshot_at_time(std::int64_t time_us) const;

  // Writes the log entry base.version()+1 (or later, after rebasing) by put-if-absent, durably.
  // `make` is called with the version about to be tried and the snapshot below it and gives the
  // entry's actions, so that a commitInfo can name its predecessor. Refuses (Unsupported) tables
  // whose writer features we lack. Where the table has in-commit timestamps, the commitInfo gets
  // one (PROTOCOL.md#in-commit-timestamps). Conflict names the version and what it did; whatever
  // `rebase` says, so does another writer's change of metadata or protocol, and a removal or txn of
  // ours that theirs has overtaken. InvalidArgument for actions that do not fit the table. Data
  // files must be durable before. Copies the list of files, which is all that grows with it.
  CommitResult commit(
      const Snapshot& base,
      const std::function<std::vector<Action>(std::int64_t version, const Snapshot& below)>& make,
      const Rebase& rebase);

  // Writes the classic checkpoint of `snapshot` and _last_checkpoint, on any table whose features
  // we know. Whatever goes wrong, the log stays as good as it was: readers ignore a checkpoint that
  // they cannot read.
  void checkpoint(const Snapshot& snapshot);
  // The same into another store, which has the same table at that version.
  static void put_checkpoint(ObjectStore& store, const Snapshot& snapshot);

  // Housekeeping (PROTOCOL.md#metadata-cleanup), in the order in which it is safe: files, a
  // checkpoint of the snapshot that this gives, entries. Nobody may read versions before the
  // horizon any more.
  //
  // Deletes the files of tombstones older than `before_ms` (Unix milliseconds); the snapshot
  // without them.
  Snapshot remove_expired_files(const Snapshot& snapshot, std::int64_t before_ms) const;
  // Deletes the entries and checkpoints before `horizon`, which has a checkpoint (else
  // InvalidArgument).
  void remove_expired_entries(std::int64_t horizon);
  std::vector<std::int64_t> checkpoints() const;           // versions of complete ones, ascending
  std::int64_t entry_time_ms(std::int64_t version) const;  // NotFound

  // One log entry, or nullopt when it is not there (yet, or expired).
  std::optional<CommitEntry> entry(std::int64_t version) const;
  std::int64_t oldest_entry() const;  // the lowest version whose JSON entry still exists

  ObjectStore& store() const { return *store_; }

 private:
  struct Latest;  // the newest state seen, where snapshot() starts from; shared by copies of the
                  // Table
  explicit Table(std::shared_ptr<ObjectStore> store);
  Snapshot remember(Snapshot snapshot) const;
  void check_base_is_current(const Snapshot& base) const;

  std::shared_ptr<ObjectStore> store_;
  std::shared_ptr<Latest> latest_;
};

// The directory of a partition's data files, "a=1/b=x%2Fy/": Hive's escapes, NULL as
// __HIVE_DEFAULT_PARTITION__. An AddFile::path starts with it as it is. The protocol takes
// partition values from the log alone, but Polars takes them from these names.
std::string partition_directory(const std::vector<std::string>& columns,
                                const PartitionValues& values);

// The rows that `vector` removes from its data file: counted from 0, ascending. Corrupt when the
// bytes are not what the descriptor and their checksum say, naming the file; NotFound, Unsupported.
std::vector<std::int64_t> deleted_rows(const ObjectStore& store, const DeletionVector& vector);

// How data files name the columns of the schema (PROTOCOL.md#column-mapping).
enum class ColumnMapping {
  None,  // as the schema does
  Name,  // by the physical name of each column
  Id,    // by Parquet's field id
};
ColumnMapping column_mapping(const Protocol& protocol, const Metadata& metadata);
// The name of a column of schema_from_json() in data files, partition values and statistics: its
// own without column mapping. Corrupt when the schema lacks it.
std::string physical_name(const arrow::Field& field, ColumnMapping mapping);
// Its Parquet field id; Corrupt when the schema lacks it.
std::int64_t column_id(const arrow::Field& field);

// Schemas: the protocol's JSON from Arrow and back. Arrow timestamp[us, UTC] is "timestamp",
// timestamp[us] is "timestamp_ntz", int64 "long", float64 "double", utf8 "string", binary "binary",
// structs, lists and maps by the protocol's rules. Unsupported for types Delta lacks (unsigned
// integers, times, ...).
std::string schema_to_json(const arrow::Schema& schema);
std::shared_ptr<arrow::Schema> schema_from_json(const std::string& json);

}  // namespace pond::delta

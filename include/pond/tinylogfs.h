// TinyLogFS: the tinyfs Backend kept in an oplog. A pond on disk.
//
//   auto backend = OpLogBackend::open("/var/pond");
//   tinyfs::FS fs(backend);
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pond/oplog.h"
#include "pond/tinyfs.h"

namespace arrow {
class Buffer;
class RecordBatchReader;
class Schema;
class Table;
}  // namespace arrow

namespace pond::tinylogfs {

// A run of rows of a table or series, in version order. Exactly one of `parquet` and `ipc` is set.
struct Segment {
  std::uint64_t first_version = 0;
  std::uint64_t last_version = 0;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::optional<std::int64_t> min_time_us;  // of the series' time column
  std::optional<std::int64_t> max_time_us;
  std::filesystem::path parquet;  // absolute path of an immutable file
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<arrow::Buffer> ipc;  // an Arrow IPC stream (small, inline or pending)
  // Which of the run's rows count, as a range of row numbers in it: all of them unless an older
  // version is asked for that ends inside a flushed run.
  std::uint64_t first_row = 0;
  std::uint64_t last_row = 0;  // one past
  // To be called before `parquet` is read, when it is not empty: the file may be elsewhere yet.
  std::function<void()> fetch{};
};

// One version of a file, with what the oplog knows of it.
struct VersionDetail {
  std::uint64_t version = 0;
  std::int64_t time_us = 0;
  std::int64_t txn = 0;
  std::uint64_t size = 0;
  std::uint64_t rows = 0;
  std::optional<std::int64_t> min_time_us, max_time_us;
  std::string hash;
  std::string attributes;  // JSON object or empty: what the writer left there
};

class OpLogBackend;

// A stored file. Data is bytes; tables and series are Arrow: for them open() gives the Parquet (or
// Arrow IPC) bytes of exactly one version, and segments() what a query reads.
class OpLogFile : public tinyfs::File {
 public:
  using tinyfs::File::File;

  // The runs that together are the table, or the series up to and with `version` (default: the
  // latest). NotFound for versions that never were or are retired.
  virtual std::vector<Segment> segments(std::optional<std::uint64_t> version = {}) const = 0;
  // Only the rows of versions after `version`: what is new for someone who has seen that one.
  virtual std::vector<Segment> segments_after(std::uint64_t version) const = 0;
  // The columns a reader sees: the union by name over versions, in order of first appearance, all
  // nullable. Null before the first version. With the key-value metadata of the latest version.
  virtual std::shared_ptr<arrow::Schema> schema() const = 0;
  virtual std::vector<VersionDetail> details() const = 0;
  // The version that was latest at a time; NotFound when the file is younger.
  virtual std::uint64_t version_at(std::int64_t time_us) const = 0;
  virtual std::string time_column() const = 0;  // of a series ("timestamp" unless set)

  // New versions. A series appends the rows; a table is replaced by them. Small ones stay inline,
  // larger ones become a Parquet content file. The schema may add columns or change their order; a
  // column whose type differs from the stored one's in a way that cannot be read together is
  // InvalidArgument. A series needs its time column (timestamp, any unit) without nulls.
  virtual void append(const arrow::Table& rows, const std::string& attributes = {}) = 0;
  virtual void append(arrow::RecordBatchReader& rows, const std::string& attributes = {}) = 0;
  // Takes a Parquet file of the host as it is: checked (magic, footer, time column), hashed,
  // copied. With `move` the file is a staging file of this pond (OpLog::staging_path) and is
  // renamed instead.
  virtual void adopt_parquet(const std::filesystem::path& file, bool move = false,
                             const std::string& attributes = {}) = 0;
  // Data: takes a host file's bytes in one pass, without holding them.
  virtual void adopt_bytes(const std::filesystem::path& file) = 0;
};

struct PondOptions {
  std::string birthplace;  // a name for where the pond was made; default: the host's name
};

class OpLogBackend : public tinyfs::Backend {
 public:
  static std::shared_ptr<OpLogBackend> create(const std::filesystem::path& directory,
                                              const PondOptions& options,
                                              const tinyfs::CommitNote& note);
  static std::shared_ptr<OpLogBackend> open(const std::filesystem::path& directory,
                                            std::shared_ptr<ObjectStore> beyond = nullptr);

  virtual oplog::OpLog& oplog() = 0;
  virtual const oplog::OpLog& oplog() const = 0;
};

// The node as a stored file, or null (dynamic, memory, directory).
OpLogFile* as_oplog_file(const tinyfs::Node& node);

}  // namespace pond::tinylogfs

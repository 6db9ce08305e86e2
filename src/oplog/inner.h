// The inner layer: what the column `content` of an oplog row holds, as Arrow IPC streams.
// docs/storage-format.md#contents
#pragma once

#include <arrow/io/type_fwd.h>
#include <arrow/result.h>
#include <arrow/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pond/oplog.h"

namespace parquet::arrow {
class FileReader;
}

namespace pond::oplog {

// A change of one name in a directory.
struct DirectoryOp {
  std::string name;
  Uuid node_id;
  Uuid part_id;  // where the node's rows are: a moved file keeps its partition
  RowKind kind = RowKind::Data;
  bool insert = true;  // false: the name is removed
};

std::string encode_directory(const std::vector<DirectoryOp>& ops);
std::vector<DirectoryOp> decode_directory(std::string_view ipc, const std::string& context);

// One version inside a series' run: the rows [first_row, first_row + rows) of its table.
struct HistoryEntry {
  std::int64_t version = 0;
  std::int64_t time_us = 0;
  std::int64_t txn = 0;
  std::int64_t size = 0;
  std::int64_t rows = 0;
  std::optional<std::int64_t> min_time_us, max_time_us;
  std::string hash;
  std::string attributes;
};

std::string encode_history(const std::vector<HistoryEntry>& entries);
// The versions in a row: its history, or the row itself when it holds one version.
std::vector<HistoryEntry> history_of(const Record& record);

// Tables and schemas. An inline table is an Arrow IPC stream, or the bytes of a small Parquet file
// that was copied in (they begin with PAR1): decode_table reads either.
std::string encode_table(const arrow::Table& table);
std::shared_ptr<arrow::Table> decode_table(std::string_view bytes, const std::string& context);
std::string encode_parquet(const arrow::Table& table);
std::string encode_schema(const arrow::Schema& schema);
std::shared_ptr<arrow::Schema> decode_schema(std::string_view ipc, const std::string& context);

// A reader that verifies the pages' checksums.
arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> open_parquet(
    std::shared_ptr<arrow::io::RandomAccessFile> source);

// Writes a table as a new Parquet file (zstd, row groups of 122,880 rows: a multiple of DuckDB's
// vectors); not synced.
void write_parquet(const arrow::Table& table, const std::filesystem::path& file);
std::shared_ptr<arrow::Table> read_parquet(const std::filesystem::path& file);

// Writes batches as they come.
class ParquetSink {
 public:
  ParquetSink(const std::filesystem::path& file, const std::shared_ptr<arrow::Schema>& schema);
  ~ParquetSink();
  void write(const arrow::Table& rows);
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pond::oplog

// Rows of the oplog to and from Parquet: the outer layer's schema. docs/storage-format.md#rows
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "pond/oplog.h"

namespace arrow {
class Schema;
}

namespace pond::oplog {

// The order of rows within a partition.
inline bool by_node_and_version(const Record& a, const Record& b) {
  return std::tie(a.node_id, a.version) < std::tie(b.node_id, b.version);
}

// The columns of the Delta table, the partition column `part_id` among them.
std::shared_ptr<arrow::Schema> table_schema();

// A Parquet file of rows of one partition. Directory rows come first, in a row group of their own,
// so that a reader can load them without the contents of files.
std::string encode_records(const std::vector<Record>& records);

// The protocol's statistics (JSON) of the same rows.
std::string record_stats(const std::vector<Record>& records);

// Reads them back. Above `eager_bytes` the contents of files are left behind (Origin). Corrupt
// names `key`.
std::vector<StoredRecord> decode_records(std::string parquet, const Uuid& part_id,
                                         const std::string& key, std::size_t eager_bytes);
// The same from a store, where files of `size` bytes and more that leave contents behind are not
// read whole. The store's errors as they are.
std::vector<StoredRecord> read_records(const ObjectStore& store, const Uuid& part_id,
                                       const std::string& key, std::int64_t size);

// Loads the `content` and `history` that were left behind.
void load_record(const ObjectStore& store, StoredRecord& record);
void load_record(std::string parquet, StoredRecord& record);

}  // namespace pond::oplog

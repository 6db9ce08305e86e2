// The Parquet files of rows, as actions of the Delta table.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "pond/oplog.h"

namespace pond::oplog {

// Writes rows of one partition as a new file, whose name is not durable yet; the action that makes
// it part of the table.
delta::AddFile write_rows(ObjectStore& store, const Uuid& part_id,
                          const std::vector<Record>& records, bool data_change);

// The action that takes a file out again because its rows are in another one.
delta::RemoveFile removal(const delta::AddFile& file, std::int64_t time_ms);

// The partition of a file's rows. Corrupt when it names none.
Uuid partition_of(const delta::AddFile& file);

// What is wrong with a rows' file below `pond`: missing, of another size, or (unless `quick`) of
// another hash than the log says; empty when nothing is. Io when it cannot be read.
std::string harm_of(const std::filesystem::path& pond, const delta::AddFile& file, bool quick);

// Of the files that the actions add.
std::vector<std::string> paths_of(const std::vector<delta::Action>& actions);

}  // namespace pond::oplog

// A version of a Delta table as a relation: which data files DuckDB reads, and what it makes of
// their columns.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "pond/delta.h"
#include "query/row_store.h"

namespace pond::query {

// What stands after FROM. Columns are those of the table's schema, in its order, whatever the files
// have: by column mapping, NULL where a file lacks one, partition values from the log, and without
// the rows that deletion vectors remove (their numbers go to `rows`). `grant` is told each file to
// be read. NotFound names a data file that is missing; Corrupt, Unsupported.
std::string delta_relation(const delta::Table& table, const delta::Snapshot& snapshot,
                           RowStore& rows,
                           const std::function<void(const std::filesystem::path&)>& grant);

}  // namespace pond::query

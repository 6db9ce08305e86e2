// Rows held in memory as Arrow (a series' inline and pending rows, Arrow files) that DuckDB reads
// by the table function pond_rows(id).
#pragma once

#include <arrow/type_fwd.h>
#include <duckdb.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "query/duckdb_handles.h"

namespace pond::query {

// The Arrow side: lives as long as the session, whatever DuckDB instances come and go.
class RowStore {
 public:
  // Keeps `rows`; the text of a table function call that reads them.
  std::string add(std::shared_ptr<arrow::Table> rows);
  std::shared_ptr<arrow::Table> find(std::int64_t id) const;  // null when there is none

 private:
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<arrow::Table>> tables_;
};

// The DuckDB side: the rows converted (without copying what can be shared) for one instance, once.
class RowFunction {
 public:
  // Registers pond_rows with `connection`'s database; this object must outlive that database.
  RowFunction(duckdb_database database, std::shared_ptr<const RowStore> store);

  struct Rows {
    std::vector<std::string> names;
    std::vector<Type> types;
    std::vector<Chunk> chunks;
    std::uint64_t count = 0;
  };
  // Throws what goes wrong.
  std::shared_ptr<const Rows> rows(std::int64_t id);

 private:
  std::shared_ptr<const Rows> convert(const arrow::Table& table) const;

  std::shared_ptr<const RowStore> store_;
  Connection connection_;  // for conversions: a query's own connection is busy while it binds
  std::mutex mutex_;
  std::map<std::int64_t, std::shared_ptr<const Rows>> rows_;
};

}  // namespace pond::query

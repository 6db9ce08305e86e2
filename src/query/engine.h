// One in-memory DuckDB instance with the project's settings.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "query/duckdb_error.h"
#include "query/duckdb_handles.h"
#include "query/row_store.h"

namespace pond::query {

struct EngineOptions {
  std::uint64_t memory_limit = 0;  // bytes; 0: $POND_MEMORY_LIMIT, else half of RAM
  int threads = 0;
  std::filesystem::path spill_directory;  // made by DuckDB when it spills first
};

// "2GB", "512 MiB", "1500000000"; 0 when empty. InvalidArgument.
std::uint64_t parse_memory_limit(std::string_view text);

Result run_on(duckdb_connection connection, const std::string& sql, const ShownNames& names = {});
// The text in the first row of a result, in one of its columns; empty without rows.
std::string first_text(Result& result, idx_t column = 0);

class Engine {
 public:
  Engine(const EngineOptions& options, std::shared_ptr<const RowStore> store);

  duckdb_connection connection() const { return connection_.get(); }
  // A further connection, with temporary views of its own.
  Connection connect() const;
  // Runs one statement; its result is in memory. Throws duckdb_error.
  Result run(const std::string& sql, const ShownNames& names = {}) const;
  // From now on no file but `files` is read and none is written, for good.
  void confine(const std::set<std::string>& files);
  // From now on no setting changes either.
  void lock();
  bool locked() const { return confined_; }
  std::uint64_t id() const { return id_; }  // no two engines of a process have the same

 private:
  // In the order of destruction, from the last: the function's rows outlive the database that may
  // hold them.
  std::unique_ptr<RowFunction> rows_;
  Database database_;
  Connection connection_;
  bool confined_ = false;
  std::uint64_t id_ = 0;
};

}  // namespace pond::query

// duck SQL…: runs statements in a DuckDB of the version that pond has, in memory, and drains the
// last one's rows. The reference process of bench/queries.py.
#include <duckdb.h>

#include <cstdio>

int main(int argc, char** argv) {
  duckdb_database database = nullptr;
  duckdb_connection connection = nullptr;
  if (duckdb_open(nullptr, &database) != DuckDBSuccess ||
      duckdb_connect(database, &connection) != DuckDBSuccess)
    return 1;
  duckdb_query(connection, "SET TimeZone = 'UTC'", nullptr);
  for (int i = 1; i < argc; ++i) {
    duckdb_result result;
    if (duckdb_query(connection, argv[i], &result) != DuckDBSuccess) {
      std::fprintf(stderr, "error: %s\n", duckdb_result_error(&result));
      return 1;
    }
    unsigned long long rows = 0;
    for (duckdb_data_chunk chunk = duckdb_fetch_chunk(result); chunk != nullptr;
         chunk = duckdb_fetch_chunk(result)) {
      rows += duckdb_data_chunk_get_size(chunk);
      duckdb_destroy_data_chunk(&chunk);
    }
    std::printf("%llu rows\n", rows);
    duckdb_destroy_result(&result);
  }
  duckdb_disconnect(&connection);
  duckdb_close(&database);
}

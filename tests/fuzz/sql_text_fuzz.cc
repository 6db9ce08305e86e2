// Where statements end and which quoted words name tables, against DuckDB's own reading.
#include <duckdb.h>

#include <cctype>

#include "fuzz/fuzz.h"
#include "pond/query.h"
#include "query/duckdb_handles.h"
#include "query/sql_text.h"

using namespace pond;

namespace {

// How many statements DuckDB sees; -1 when it sees none that parse.
int statements_of(const std::string& sql) {
  static query::Database database;
  static query::Connection connection;
  if (!connection) {
    duckdb_open(nullptr, database.out());
    duckdb_connect(database.get(), connection.out());
  }
  query::Extracted statements;
  const auto count = duckdb_extract_statements(connection.get(), sql.c_str(), statements.out());
  return count == 0 ? -1 : static_cast<int>(count);
}

bool mentions_pivot(std::string sql) {  // one PIVOT is several statements to DuckDB
  for (char& c : sql)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return sql.find("pivot") != sql.npos;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string sql(reinterpret_cast<const char*>(data), size);
  query::is_relation(sql);
  for (const auto& name : query::path_names(sql))
    fuzz::expect(name.starts_with('/') || name.find("://") != name.npos, "a path", name);
  fuzz::answers([&] {
    const std::string one = query::single_statement(sql);
    fuzz::expect(query::single_statement(one) == one, "a statement ends once", one);
    if (one.find('\0') == one.npos && !mentions_pivot(one))
      fuzz::expect(statements_of(one) <= 1, "DuckDB sees no second statement", one);
  });
  if (sql.find('\0') != sql.npos) return 0;
  const std::string path = "/" + sql;
  const std::string quoted = "SELECT * FROM " + query::quote_literal(path);
  fuzz::expect(query::path_names(quoted) == std::vector{path}, "a quoted path is found", quoted);
  fuzz::expect(query::single_statement(quoted) == quoted, "quoted text ends nothing", quoted);
  fuzz::expect(query::path_names(query::quote_identifier(path)) == std::vector{path},
               "a quoted path is found", quoted);
  return 0;
}

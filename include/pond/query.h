// Queries by DuckDB over pond paths and URLs.
//
//   query::Session session(&fs, {});
//   auto rows = session.query("SELECT avg(temp) FROM '/sensors/*.series'");
//   query::write_result(*rows, query::Output::Table, std::cout);
//
// A Session belongs to one thread; DuckDB's own threads work below it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pond/tinyfs.h"
#include "pond/tinylogfs.h"
#include "pond/url.h"

namespace arrow {
class RecordBatch;
class RecordBatchReader;
class Schema;
}  // namespace arrow

namespace pond::query {

class Session;

// A file that is a table by computation: a dynamic node whose content is a query.
class TableProvider {
 public:
  virtual ~TableProvider() = default;
  // A DuckDB expression usable after FROM: a parenthesised SELECT or a table function call. Inner
  // nodes are obtained through `session.relation(...)`, so a chain of derived nodes is one plan.
  virtual std::string relation(Session& session) const = 0;
};

struct SessionOptions {
  std::filesystem::path host_directory = ".";  // root of relative host+ URLs (-d DIR)
  // Nothing outside the files that the query's own paths and URLs name can be read, and nothing
  // written: for SQL that comes from a user. Off for the library's own statements.
  bool restricted = true;
  std::uint64_t memory_limit = 0;  // bytes; 0: $POND_MEMORY_LIMIT, else half of RAM
  int threads = 0;                 // 0: DuckDB's choice
  // Further ponds by name, not owned: with "west" here, 'west:///level.series' and
  // 'west+csv:///drops/*.csv' are that pond's.
  std::map<std::string, tinyfs::FS*, std::less<>> attached = {};
};

// Which version of the nodes a relation reads.
struct AsOf {
  std::optional<std::uint64_t> version;
  std::optional<std::int64_t> time_us;
};

class Session {
 public:
  // `fs` may be null: host URLs only. DuckDB starts at the first use.
  Session(tinyfs::FS* fs, SessionOptions options);
  ~Session();
  Session(Session&&) noexcept;

  tinyfs::FS* fs() const;

  // A FROM-able expression over one node: its Parquet files by read_parquet (union_by_name), its
  // inline and pending rows, or a provider's relation. InvalidArgument for directories and for data
  // that is not tabular; a cycle among derived nodes is InvalidArgument that names it.
  std::string relation(const tinyfs::NodePath& node, const AsOf& as_of = {});
  // The same for a pond path, glob or URL; several files are one table by column name (missing:
  // NULL). NotFound when nothing matches. Of the host's files only Delta tables have versions.
  std::string relation(std::string_view url, const AsOf& as_of = {});
  // Of given runs of rows (say, only those after a version).
  std::string relation(const std::vector<tinylogfs::Segment>& segments);

  // Runs `sql`. Every table name in it that is a pond path, glob or URL (starts with '/' or has
  // "://") becomes a view; `tables` gives further names ("source") to URLs or to relations (text
  // that starts with '(' or is a function call). The reader streams; it must be drained or dropped
  // before the next call. Errors are InvalidArgument with DuckDB's message, trimmed to what helps.
  std::shared_ptr<arrow::RecordBatchReader> query(
      std::string_view sql, const std::map<std::string, std::string>& tables = {});
  // EXPLAIN's text.
  std::string explain(std::string_view sql, const std::map<std::string, std::string>& tables = {});

  // For the library's own use (not restricted): runs a statement; runs COPY (sql) TO a Parquet file
  // with the project's settings (zstd, row groups of 122,880 rows), which it creates. `kv` goes to
  // the file's key-value metadata. Returns the rows written. The file is not synced.
  void execute(std::string_view sql);
  std::uint64_t copy_to_parquet(std::string_view sql, const std::filesystem::path& file,
                                const std::map<std::string, std::string>& tables = {},
                                const std::map<std::string, std::string>& kv = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The quoted words ('…' and "…") of a statement that look like a pond path or a URL: they start
// with '/' or contain "://". A word in another place than a table's is among them too. Each once,
// in order.
//
// duckdb_get_table_names would say exactly which of them are tables, but it binds the statement's
// table functions and so opens files that a restricted query may not open.
std::vector<std::string> path_names(std::string_view sql);

// SQL quoting.
std::string quote_identifier(std::string_view name);
std::string quote_literal(std::string_view text);

// Calls `use` with every batch of a result; a query that fails on the way throws its Error.
void for_each_batch(arrow::RecordBatchReader& result,
                    const std::function<void(const std::shared_ptr<arrow::RecordBatch>&)>& use);

enum class Output { Table, Csv, Json, Parquet, Arrow };
Output parse_output(std::string_view name);  // InvalidArgument with the list

// Prints a result: `Table` is the ASCII table of the command line (+---+, names, types, rows,
// "Summary: N total rows", "No data found"); `Json` is one object a line. Returns the rows written.
std::uint64_t write_result(arrow::RecordBatchReader& result, Output format, std::ostream& out);

}  // namespace pond::query

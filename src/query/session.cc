// Statements: their tables become views, and their rows an Arrow stream.
#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cctype>

#include "query/cell_text.h"
#include "query/session_state.h"
#include "query/sql_text.h"

namespace pond::query {
namespace {

namespace stdfs = std::filesystem;

bool writable(const stdfs::path& directory) {
  return ::access(directory.c_str(), W_OK) == 0;
}

// Beside the pond's own staging files, where there is as much room as the pond has.
stdfs::path temporary_base(tinyfs::FS* fs) {
  const std::string name = ".tmp-query-" + Uuid::v7().to_string();
  if (const auto* backend = fs ? dynamic_cast<tinylogfs::OpLogBackend*>(&fs->backend()) : nullptr) {
    const stdfs::path pond = stdfs::absolute(backend->oplog().directory());
    for (const auto& directory : {pond / "content", pond})
      if (writable(directory)) return directory / name;
  }
  std::error_code error;
  const stdfs::path directory = stdfs::temp_directory_path(error);
  return (error ? stdfs::path("/tmp") : directory) / name;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_query(duckdb_statement_type type) {
  return type == DUCKDB_STATEMENT_TYPE_SELECT || type == DUCKDB_STATEMENT_TYPE_EXPLAIN;
}

std::string first_word(std::string_view sql) {
  const auto is_letter = [](char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; };
  const auto start = std::find_if(sql.begin(), sql.end(), is_letter);
  std::string word(start, std::find_if_not(start, sql.end(), is_letter));
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return word;
}

// Is `name` a table of the statement, and not a text in it?
bool names_table(duckdb_connection connection, const std::string& sql, const std::string& name) {
  const Value list(duckdb_get_table_names(connection, sql.c_str(), false));
  if (!list) return false;
  for (idx_t i = 0; i < duckdb_get_list_size(list.get()); ++i) {
    const Value item(duckdb_get_list_child(list.get(), i));
    const Text text(duckdb_get_varchar(item.get()));
    if (name == text.get()) return true;
  }
  return false;
}

std::string drained_text(arrow::RecordBatchReader& reader, int column) {
  std::string text;
  for_each_batch(reader, [&](const std::shared_ptr<arrow::RecordBatch>& batch) {
    for (std::int64_t row = 0; row < batch->num_rows(); ++row)
      append_cell(text, *batch->column(column), row, TextStyle::Plain);
  });
  return text;
}

}  // namespace

Session::State::State(tinyfs::FS* fs_in, SessionOptions options_in)
    : fs(fs_in), options(std::move(options_in)), temporary(temporary_base(fs)), spool(temporary) {}

Engine& Session::State::open_engine() {
  if (!engine || engine->locked()) {
    stdfs::path spill = temporary;
    spill += "-spill";
    engine = std::make_shared<Engine>(EngineOptions{.memory_limit = options.memory_limit,
                                                    .threads = options.threads,
                                                    .spill_directory = spill},
                                      rows);
    views.clear();
  }
  return *engine;
}

void Session::State::add_view(Statement& statement, const std::string& name,
                              const std::string& relation) {
  for (const std::string& other : statement.views) {
    if (other != name && lower(other) == lower(name))
      throw Error(
          ErrorCode::Unsupported,
          "two tables of one query whose names differ only in case: " + other + " and " + name,
          "read one of them by a pattern, such as " + name.substr(0, name.size() - 1) + "?");
  }
  run_on(statement.connection,
         "CREATE OR REPLACE TEMP VIEW " + quote_identifier(name) + " AS SELECT * FROM " + relation,
         names);
  statement.views.push_back(name);
}

void Session::State::bind_tables(Statement& statement, Session& session, const std::string& sql,
                                 const std::map<std::string, std::string>& tables) {
  for (const auto& [name, source] : tables)
    add_view(statement, name, is_relation(source) ? source : session.relation(source));
  for (const std::string& name : path_names(sql)) {
    if (tables.contains(name)) continue;
    try {
      add_view(statement, name, session.relation(name));
    } catch (const Error& error) {
      statement.unresolved.emplace(name, error);
    }
  }
  if (options.restricted) return;
  // DuckDB would try such a name as a file of the host.
  for (const auto& [name, error] : statement.unresolved)
    if (names_table(statement.connection, sql, name)) throw error;
}

// What DuckDB says of a table that the pond does not have is less than what the pond says.
void Session::State::fail(const Statement& statement, const std::string& sql,
                          const std::string& message) {
  for (const auto& [name, error] : statement.unresolved) {
    if (message.find(name) != std::string::npos && names_table(statement.connection, sql, name))
      throw error;
  }
  throw duckdb_error(message, names);
}

Result Session::State::start(const Statement& statement, const std::string& sql,
                             bool queries_only) {
  duckdb_connection connection = statement.connection;
  Extracted statements;
  const idx_t count = duckdb_extract_statements(connection, sql.c_str(), statements.out());
  if (count == 0) {
    const char* message = duckdb_extract_statements_error(statements.get());
    if (message && *message) fail(statement, sql, message);
    throw Error(ErrorCode::InvalidArgument, "an empty query",
                "write for instance SELECT * FROM source");
  }
  for (idx_t i = 0; i < count; ++i) {
    Prepared prepared;
    const bool last = i + 1 == count;
    if (duckdb_prepare_extracted_statement(connection, statements.get(), i, prepared.out()) !=
        DuckDBSuccess) {
      const char* message = prepared ? duckdb_prepare_error(prepared.get()) : nullptr;
      fail(statement, sql, message ? message : "the query cannot be prepared");
    }
    const auto type = duckdb_prepared_statement_type(prepared.get());
    // One PIVOT is several statements to DuckDB: types of the columns' names first, then the query.
    const bool allowed = last ? is_query(type) : type == DUCKDB_STATEMENT_TYPE_CREATE;
    if (queries_only && !allowed)
      throw Error(ErrorCode::InvalidArgument, "only queries: " + first_word(sql) + " is not one",
                  "start with SELECT, FROM, WITH, DESCRIBE or SUMMARIZE; changes are made by "
                  "pond's own commands");
    if (duckdb_nparams(prepared.get()) > 0)
      throw Error(ErrorCode::InvalidArgument,
                  "the query has parameters (? or $1), which have no values here");
    Result result;
    const auto state = last ? duckdb_execute_prepared_streaming(prepared.get(), result.get())
                            : duckdb_execute_prepared(prepared.get(), result.get());
    if (state != DuckDBSuccess) {
      const char* message = duckdb_result_error(result.get());
      fail(statement, sql, message ? message : "the query failed");
    }
    if (last) return result;
  }
  return {};
}

Running Session::State::run(Session& session, const std::string& sql,
                            const std::map<std::string, std::string>& tables, bool restricted) {
  struct Preparing {
    State& state;
    explicit Preparing(State& of) : state(of) {
      if (state.preparing++ > 0) return;
      state.known_nodes.clear();
      state.files.clear();
    }
    ~Preparing() { --state.preparing; }
  } const preparing_now(*this);

  Statement statement;
  open_engine();
  if (preparing > 1) {
    statement.own = std::make_shared<Connection>(engine->connect());
    statement.connection = statement.own->get();
  } else {
    statement.connection = engine->connection();
    for (const std::string& view : views)
      engine->run("DROP VIEW IF EXISTS " + quote_identifier(view));
    views.clear();
  }
  if (statement.own) {
    timed_files.open_all(*engine);
  } else {
    timed_files.begin(*engine);
  }
  try {
    bind_tables(statement, session, sql, tables);
    if (restricted) {
      files.insert(granted.begin(), granted.end());
      engine->confine(files);
    }
    if (!statement.own) timed_files.decide(*engine, sql);
    if (restricted) engine->lock();
    Result result = start(statement, sql, restricted);
    if (!statement.own) views = statement.views;
    return {engine, statement.own, std::move(result)};
  } catch (...) {
    if (!statement.own) views = statement.views;
    throw;
  }
}

Session::Session(tinyfs::FS* fs, SessionOptions options)
    : state_(std::make_unique<State>(fs, std::move(options))) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;

tinyfs::FS* Session::fs() const {
  return state_->fs;
}

std::shared_ptr<arrow::RecordBatchReader> Session::query(
    std::string_view sql, const std::map<std::string, std::string>& tables) {
  // What a provider asks while the user's query is prepared is the library's own.
  const bool restricted = state_->options.restricted && state_->preparing == 0;
  const std::string text = restricted ? single_statement(sql) : std::string(sql);
  return result_reader(state_->run(*this, text, tables, restricted), state_->names);
}

std::string Session::explain(std::string_view sql,
                             const std::map<std::string, std::string>& tables) {
  const auto reader = query("EXPLAIN " + single_statement(sql), tables);
  std::string text;
  for (const std::string& decision : state_->timed_files.decisions())
    text += decision + "\n";
  return text + drained_text(*reader, reader->schema()->num_fields() - 1);
}

void Session::execute(std::string_view sql) {
  state_->run(*this, std::string(sql), {}, false);
}

std::uint64_t Session::copy_to_parquet(std::string_view sql, const stdfs::path& file,
                                       const std::map<std::string, std::string>& tables,
                                       const std::map<std::string, std::string>& kv) {
  std::string copy = "COPY (" + single_statement(sql) + "\n) TO " +
                     quote_literal(stdfs::absolute(file).string()) +
                     " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880";
  std::string metadata;
  for (const auto& [key, value] : kv)
    metadata += (metadata.empty() ? "" : ", ") + quote_literal(key) + ": " + quote_literal(value);
  if (!metadata.empty()) copy += ", KV_METADATA {" + metadata + "}";
  const auto reader = result_reader(state_->run(*this, copy + ")", tables, false), state_->names);
  const std::string count = drained_text(*reader, 0);
  return count.empty() ? 0 : std::stoull(count);
}

}  // namespace pond::query

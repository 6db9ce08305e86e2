#include "query/engine.h"

#include <unistd.h>

#include <atomic>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <thread>

#include "pond/query.h"

namespace pond::query {
namespace {

// RAM of the machine; DuckDB itself heeds a smaller limit of a control group only in its own
// default.
std::uint64_t half_of_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  const long page = ::sysconf(_SC_PAGE_SIZE);
  if (pages <= 0 || page <= 0) return std::uint64_t{1} << 30;
  return static_cast<std::uint64_t>(pages) * static_cast<std::uint64_t>(page) / 2;
}

std::uint64_t memory_limit(std::uint64_t asked) {
  if (asked > 0) return asked;
  if (const char* text = std::getenv("POND_MEMORY_LIMIT")) asked = parse_memory_limit(text);
  return asked > 0 ? asked : half_of_memory();
}

void set(duckdb_config config, const char* name, const std::string& value) {
  if (duckdb_set_config(config, name, value.c_str()) != DuckDBSuccess)
    throw Error(ErrorCode::InvalidArgument,
                std::string("DuckDB refuses the setting ") + name + " = " + value);
}

}  // namespace

std::uint64_t parse_memory_limit(std::string_view text) {
  const std::string original(text);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string unit;
  for (const char* c = end; c != text.data() + text.size(); ++c)
    if (std::isspace(static_cast<unsigned char>(*c)) == 0)
      unit += static_cast<char>(std::tolower(static_cast<unsigned char>(*c)));
  if (text.empty()) return 0;
  const bool binary = unit.size() == 3 && unit[1] == 'i';
  const double base = binary ? 1024 : 1000;
  double factor = 0;
  if (unit.empty() || unit == "b") factor = 1;
  if (unit == "k" || unit == "kb" || unit == "kib") factor = base;
  if (unit == "m" || unit == "mb" || unit == "mib") factor = base * base;
  if (unit == "g" || unit == "gb" || unit == "gib") factor = base * base * base;
  if (unit == "t" || unit == "tb" || unit == "tib") factor = base * base * base * base;
  if (error != std::errc{} || factor == 0 || number <= 0)
    throw Error(ErrorCode::InvalidArgument,
                "POND_MEMORY_LIMIT: not an amount of memory: " + original,
                "write for instance POND_MEMORY_LIMIT=1GB");
  return static_cast<std::uint64_t>(number * factor);
}

Engine::Engine(const EngineOptions& options, std::shared_ptr<const RowStore> store) {
  static std::atomic<std::uint64_t> engines{0};
  id_ = ++engines;
  Config config;
  if (duckdb_create_config(config.out()) != DuckDBSuccess)
    throw Error(ErrorCode::Io, "DuckDB cannot start: no configuration");
  set(config.get(), "autoinstall_known_extensions", "false");
  set(config.get(), "autoload_known_extensions", "false");
  set(config.get(), "memory_limit", std::to_string(memory_limit(options.memory_limit)) + "B");
  if (!options.spill_directory.empty())
    set(config.get(), "temp_directory", options.spill_directory.string());
  if (options.threads > 0) set(config.get(), "threads", std::to_string(options.threads));

  char* message = nullptr;
  if (duckdb_open_ext(nullptr, database_.out(), config.get(), &message) != DuckDBSuccess) {
    const Text text(message);
    throw Error(ErrorCode::Io, std::string("DuckDB cannot start: ") + text.get());
  }
  connection_ = connect();
  run("SET GLOBAL TimeZone = 'UTC'");
  rows_ = std::make_unique<RowFunction>(database_.get(), std::move(store));
}

Result run_on(duckdb_connection connection, const std::string& sql, const ShownNames& names) {
  Result result;
  if (duckdb_query(connection, sql.c_str(), result.get()) != DuckDBSuccess) {
    const char* message = duckdb_result_error(result.get());
    throw duckdb_error(message ? message : "the query failed", names);
  }
  return result;
}

Result Engine::run(const std::string& sql, const ShownNames& names) const {
  return run_on(connection_.get(), sql, names);
}

Connection Engine::connect() const {
  Connection connection;
  if (duckdb_connect(database_.get(), connection.out()) != DuckDBSuccess)
    throw Error(ErrorCode::Io, "DuckDB: no connection");
  return connection;
}

std::string first_text(Result& result, idx_t column) {
  const Chunk chunk(duckdb_fetch_chunk(result.value()));
  if (!chunk || duckdb_data_chunk_get_size(chunk.get()) == 0) return {};
  auto* text = static_cast<duckdb_string_t*>(
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), column)));
  return {duckdb_string_t_data(text), duckdb_string_t_length(*text)};
}

void Engine::confine(const std::set<std::string>& files) {
  if (confined_) return;
  std::string list;
  for (const std::string& file : files)
    list += (list.empty() ? "" : ", ") + quote_literal(file);
  if (!list.empty()) run("SET allowed_paths = [" + list + "]");
  run("SET enable_external_access = false");
  confined_ = true;
}

void Engine::lock() {
  run("SET lock_configuration = true");
}

}  // namespace pond::query

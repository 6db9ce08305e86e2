// DuckDB's handles, each owned once. `get()` gives the handle, `out()` where a call is to put a new
// one.
#pragma once

#include <duckdb.h>

#include <utility>

namespace pond::query {

template <typename Handle, auto Destroy>
class DuckHandle {
 public:
  DuckHandle() = default;
  explicit DuckHandle(Handle handle) : handle_(handle) {}
  ~DuckHandle() { reset(); }
  DuckHandle(DuckHandle&& other) noexcept : handle_(std::exchange(other.handle_, Handle{})) {}
  DuckHandle& operator=(DuckHandle&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, Handle{});
    }
    return *this;
  }

  Handle get() const { return handle_; }
  Handle* out() {
    reset();
    return &handle_;
  }
  explicit operator bool() const { return handle_ != Handle{}; }
  void reset() {
    if (handle_ != Handle{}) Destroy(&handle_);
    handle_ = Handle{};
  }

 private:
  Handle handle_{};
};

using Config = DuckHandle<duckdb_config, duckdb_destroy_config>;
using Database = DuckHandle<duckdb_database, duckdb_close>;
using Connection = DuckHandle<duckdb_connection, duckdb_disconnect>;
using Prepared = DuckHandle<duckdb_prepared_statement, duckdb_destroy_prepare>;
using Extracted = DuckHandle<duckdb_extracted_statements, duckdb_destroy_extracted>;
using Chunk = DuckHandle<duckdb_data_chunk, duckdb_destroy_data_chunk>;
using Type = DuckHandle<duckdb_logical_type, duckdb_destroy_logical_type>;
using Value = DuckHandle<duckdb_value, duckdb_destroy_value>;
using ErrorData = DuckHandle<duckdb_error_data, duckdb_destroy_error_data>;
using ArrowOptions = DuckHandle<duckdb_arrow_options, duckdb_destroy_arrow_options>;
using ArrowSchemaOf =
    DuckHandle<duckdb_arrow_converted_schema, duckdb_destroy_arrow_converted_schema>;
using TableFunction = DuckHandle<duckdb_table_function, duckdb_destroy_table_function>;

// A result is a struct, not a pointer.
class Result {
 public:
  Result() = default;
  ~Result() { duckdb_destroy_result(&result_); }
  Result(Result&& other) noexcept : result_(std::exchange(other.result_, {})) {}
  Result& operator=(Result&& other) noexcept {
    std::swap(result_, other.result_);
    return *this;
  }

  duckdb_result* get() { return &result_; }
  duckdb_result value() const { return result_; }

 private:
  duckdb_result result_{};
};

// A string that DuckDB allocated.
class Text {
 public:
  explicit Text(char* text) : text_(text) {}
  ~Text() { duckdb_free(text_); }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  const char* get() const { return text_ ? text_ : ""; }

 private:
  char* text_;
};

}  // namespace pond::query

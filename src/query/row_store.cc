#include "query/row_store.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>

#include <atomic>

#include "base/arrow_result.h"
#include "query/duckdb_error.h"

namespace pond::query {
namespace {

void check(ErrorData error) {
  if (error && duckdb_error_data_has_error(error.get()))
    throw duckdb_error(duckdb_error_data_message(error.get()));
}

using RowsPtr = std::shared_ptr<const RowFunction::Rows>;

struct Scan {
  std::vector<idx_t> columns;  // of the rows, in the order DuckDB wants them
  std::atomic<std::size_t> next{0};
};

template <typename T>
void destroy(void* object) {
  delete static_cast<T*>(object);
}

void bind(duckdb_bind_info info) {
  try {
    auto* function = static_cast<RowFunction*>(duckdb_bind_get_extra_info(info));
    Value id(duckdb_bind_get_parameter(info, 0));
    auto rows = std::make_unique<RowsPtr>(function->rows(duckdb_get_int64(id.get())));
    for (std::size_t i = 0; i < (*rows)->names.size(); ++i)
      duckdb_bind_add_result_column(info, (*rows)->names[i].c_str(), (*rows)->types[i].get());
    duckdb_bind_set_cardinality(info, (*rows)->count, true);
    duckdb_bind_set_bind_data(info, rows.release(), destroy<RowsPtr>);
  } catch (const std::exception& error) {
    duckdb_bind_set_error(info, error.what());
  }
}

void init(duckdb_init_info info) {
  auto scan = std::make_unique<Scan>();
  for (idx_t i = 0; i < duckdb_init_get_column_count(info); ++i)
    scan->columns.push_back(duckdb_init_get_column_index(info, i));
  duckdb_init_set_max_threads(info, 1);  // keeps the rows in order
  duckdb_init_set_init_data(info, scan.release(), destroy<Scan>);
}

void scan_rows(duckdb_function_info info, duckdb_data_chunk output) {
  const auto& rows = *static_cast<RowsPtr*>(duckdb_function_get_bind_data(info));
  auto& scan = *static_cast<Scan*>(duckdb_function_get_init_data(info));
  const std::size_t at = scan.next++;
  if (at >= rows->chunks.size()) {
    duckdb_data_chunk_set_size(output, 0);
    return;
  }
  duckdb_data_chunk chunk = rows->chunks[at].get();
  for (idx_t i = 0; i < scan.columns.size(); ++i) {
    const idx_t column = scan.columns[i];
    if (column >= rows->names.size()) continue;  // a virtual column: count(*) wants none
    duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(output, i),
                                   duckdb_data_chunk_get_vector(chunk, column));
  }
  duckdb_data_chunk_set_size(output, duckdb_data_chunk_get_size(chunk));
}

// A column of type null (all its rows are) as int32, which is what a Parquet file of it would give.
std::shared_ptr<arrow::Table> without_null_types(std::shared_ptr<arrow::Table> table) {
  for (int i = 0; i < table->num_columns(); ++i) {
    if (table->field(i)->type()->id() != arrow::Type::NA) continue;
    const auto nulls = unwrap(arrow::MakeArrayOfNull(arrow::int32(), table->num_rows()), "rows");
    table = unwrap(table->SetColumn(i, table->field(i)->WithType(arrow::int32()),
                                    std::make_shared<arrow::ChunkedArray>(nulls)),
                   "rows");
  }
  return table;
}

}  // namespace

std::string RowStore::add(std::shared_ptr<arrow::Table> rows) {
  const std::lock_guard lock(mutex_);
  tables_.push_back(without_null_types(std::move(rows)));
  return "pond_rows(" + std::to_string(tables_.size() - 1) + ")";
}

std::shared_ptr<arrow::Table> RowStore::find(std::int64_t id) const {
  const std::lock_guard lock(mutex_);
  if (id < 0 || static_cast<std::size_t>(id) >= tables_.size()) return nullptr;
  return tables_[static_cast<std::size_t>(id)];
}

RowFunction::RowFunction(duckdb_database database, std::shared_ptr<const RowStore> store)
    : store_(std::move(store)) {
  if (duckdb_connect(database, connection_.out()) != DuckDBSuccess)
    throw Error(ErrorCode::Io, "DuckDB: no connection");
  TableFunction function(duckdb_create_table_function());
  duckdb_table_function_set_name(function.get(), "pond_rows");
  const Type id(duckdb_create_logical_type(DUCKDB_TYPE_BIGINT));
  duckdb_table_function_add_parameter(function.get(), id.get());
  duckdb_table_function_set_extra_info(function.get(), this, nullptr);
  duckdb_table_function_set_bind(function.get(), bind);
  duckdb_table_function_set_init(function.get(), init);
  duckdb_table_function_set_function(function.get(), scan_rows);
  duckdb_table_function_supports_projection_pushdown(function.get(), true);
  if (duckdb_register_table_function(connection_.get(), function.get()) != DuckDBSuccess)
    throw Error(ErrorCode::Io, "DuckDB: pond_rows cannot be registered");
}

std::shared_ptr<const RowFunction::Rows> RowFunction::rows(std::int64_t id) {
  const std::lock_guard lock(mutex_);
  if (const auto known = rows_.find(id); known != rows_.end()) return known->second;
  const auto table = store_->find(id);
  if (!table)
    throw Error(ErrorCode::NotFound, "no rows " + std::to_string(id) + " in this session");
  return rows_[id] = convert(*table);
}

std::shared_ptr<const RowFunction::Rows> RowFunction::convert(const arrow::Table& table) const {
  auto rows = std::make_shared<Rows>();
  for (const auto& field : table.schema()->fields())
    rows->names.push_back(field->name());

  ArrowSchema schema{};
  pond::check(arrow::ExportSchema(*table.schema(), &schema), "rows");
  ArrowSchemaOf converted;
  ErrorData error(duckdb_schema_from_arrow(connection_.get(), &schema, converted.out()));
  if (schema.release) schema.release(&schema);
  check(std::move(error));

  const auto add = [&](const arrow::RecordBatch& batch) {
    ArrowArray array{};
    pond::check(arrow::ExportRecordBatch(batch, &array), "rows");
    Chunk chunk;
    ErrorData failed(
        duckdb_data_chunk_from_arrow(connection_.get(), &array, converted.get(), chunk.out()));
    if (array.release) array.release(&array);
    check(std::move(failed));
    if (rows->types.empty()) {
      for (idx_t i = 0; i < rows->names.size(); ++i)
        rows->types.emplace_back(
            duckdb_vector_get_column_type(duckdb_data_chunk_get_vector(chunk.get(), i)));
    }
    return chunk;
  };

  // The types come from a first chunk, so that a table without rows has columns too.
  const auto empty = unwrap(arrow::RecordBatch::MakeEmpty(table.schema()), "rows");
  add(*empty);
  const auto vector_size = static_cast<std::int64_t>(duckdb_vector_size());
  const auto whole = unwrap(table.CombineChunksToBatch(), "rows");
  for (std::int64_t at = 0; at < whole->num_rows(); at += vector_size)
    rows->chunks.push_back(add(*whole->Slice(at, vector_size)));
  rows->count = static_cast<std::uint64_t>(whole->num_rows());
  return rows;
}

}  // namespace pond::query

#include "query/result_reader.h"

#include <arrow/c/bridge.h>
#include <arrow/type.h>

#include <vector>

#include "base/arrow_result.h"

namespace pond::query {
namespace {

class QueryFailure : public arrow::StatusDetail {
 public:
  explicit QueryFailure(Error error) : error_(std::move(error)) {}
  const char* type_id() const override { return "pond::query::QueryFailure"; }
  std::string ToString() const override { return error_.hint(); }
  const Error& error() const { return error_; }

 private:
  Error error_;
};

arrow::Status failed(Error error) {
  const std::string message = error.what();
  return {arrow::StatusCode::Invalid, message, std::make_shared<QueryFailure>(std::move(error))};
}

std::shared_ptr<arrow::Schema> schema_of(Result& result, const ArrowOptions& options) {
  std::vector<Type> types;
  std::vector<duckdb_logical_type> type_handles;
  std::vector<const char*> names;
  for (idx_t i = 0; i < duckdb_column_count(result.get()); ++i) {
    types.emplace_back(duckdb_column_logical_type(result.get(), i));
    type_handles.push_back(types.back().get());
    names.push_back(duckdb_column_name(result.get(), i));
  }
  ArrowSchema schema{};
  ErrorData error(duckdb_to_arrow_schema(options.get(), type_handles.data(), names.data(),
                                         names.size(), &schema));
  if (error && duckdb_error_data_has_error(error.get()))
    throw duckdb_error(duckdb_error_data_message(error.get()));
  return unwrap(arrow::ImportSchema(&schema), "the query's columns", ErrorCode::Unsupported);
}

class ResultReader : public arrow::RecordBatchReader {
 public:
  ResultReader(Running running, ShownNames names)
      : running_(std::move(running)),
        names_(std::move(names)),
        options_(duckdb_result_get_arrow_options(running_.result.get())),
        schema_(schema_of(running_.result, options_)) {}

  std::shared_ptr<arrow::Schema> schema() const override { return schema_; }

  arrow::Status ReadNext(std::shared_ptr<arrow::RecordBatch>* batch) override {
    *batch = nullptr;
    while (!done_) {
      const Chunk chunk(duckdb_fetch_chunk(running_.result.value()));
      if (!chunk) {
        done_ = true;
        const char* message = duckdb_result_error(running_.result.get());
        if (message && *message) return failed(duckdb_error(message, names_));
        break;
      }
      if (duckdb_data_chunk_get_size(chunk.get()) == 0) continue;
      ArrowArray array{};
      ErrorData error(duckdb_data_chunk_to_arrow(options_.get(), chunk.get(), &array));
      if (error && duckdb_error_data_has_error(error.get()))
        return failed(duckdb_error(duckdb_error_data_message(error.get()), names_));
      ARROW_ASSIGN_OR_RAISE(*batch, arrow::ImportRecordBatch(&array, schema_));
      break;
    }
    return arrow::Status::OK();
  }

 private:
  Running running_;
  ShownNames names_;
  ArrowOptions options_;
  std::shared_ptr<arrow::Schema> schema_;
  bool done_ = false;
};

}  // namespace

std::shared_ptr<arrow::RecordBatchReader> result_reader(Running running, ShownNames names) {
  return std::make_shared<ResultReader>(std::move(running), std::move(names));
}

void for_each_batch(arrow::RecordBatchReader& result,
                    const std::function<void(const std::shared_ptr<arrow::RecordBatch>&)>& use) {
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    if (const auto status = result.ReadNext(&batch); !status.ok()) {
      if (const auto detail = std::dynamic_pointer_cast<QueryFailure>(status.detail()))
        throw detail->error();
      throw Error(ErrorCode::InvalidArgument, status.message());
    }
    if (!batch) return;
    use(batch);
  }
}

}  // namespace pond::query

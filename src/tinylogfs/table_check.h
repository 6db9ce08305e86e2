// What a table or series must be before it is stored.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace arrow {
class Schema;
class Table;
}  // namespace arrow

namespace pond::tinylogfs {

struct TimeRange {
  std::optional<std::int64_t> min_us, max_us;  // none when there are no rows
  void include(const TimeRange& other);
};

// Range of a series' time column. InvalidArgument when the column is missing, not a timestamp, or
// has nulls; `what` names the input.
TimeRange time_range(const arrow::Table& rows, const std::string& time_column,
                     const std::string& what);

struct ParquetFacts {
  std::shared_ptr<arrow::Schema> schema;
  std::int64_t rows = 0;
  TimeRange range;  // when a time column was asked for
};

// Reads the footer of a Parquet file of the host, and of a series the time column's statistics (the
// column itself where they are missing). InvalidArgument "not a valid parquet file".
ParquetFacts inspect_parquet(const std::filesystem::path& file,
                             const std::optional<std::string>& time_column);

// InvalidArgument when a column of both schemas has types that cannot be read as one column.
void check_compatible(const arrow::Schema& stored, const arrow::Schema& added,
                      const std::string& what);

// `stored` with the columns of `added` that it lacks, all nullable.
std::shared_ptr<arrow::Schema> merge_columns(const std::shared_ptr<arrow::Schema>& stored,
                                             const std::shared_ptr<arrow::Schema>& added);

}  // namespace pond::tinylogfs

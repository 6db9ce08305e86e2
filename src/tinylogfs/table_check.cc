#include "tinylogfs/table_check.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/file_reader.h>
#include <parquet/statistics.h>

#include <algorithm>

#include "base/arrow_result.h"

namespace pond::tinylogfs {
namespace {

// Rounds towards the past: min stays a lower bound; a nanosecond more of max does not matter to
// pruning, which compares whole microseconds.
std::int64_t to_us(std::int64_t value, arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return value * 1'000'000;
    case arrow::TimeUnit::MILLI:
      return value * 1'000;
    case arrow::TimeUnit::MICRO:
      return value;
    case arrow::TimeUnit::NANO:
      return value >= 0 ? value / 1'000 : -((-value + 999) / 1'000);
  }
  return value;
}

Error no_time_column(const arrow::Schema& schema, const std::string& name,
                     const std::string& what) {
  std::string others;
  for (const auto& field : schema.fields())
    if (field->type()->id() == arrow::Type::TIMESTAMP)
      others += (others.empty() ? "" : ", ") + field->name();
  return Error(ErrorCode::InvalidArgument, what + ": a series needs the time column '" + name + "'",
               others.empty() ? "store it as a table instead (host+table://)"
                              : "columns that hold times here: " + others);
}

Error nulls_in_time(const std::string& name, const std::string& what) {
  return Error(ErrorCode::InvalidArgument, what + ": the time column '" + name + "' has nulls",
               "remove those rows, or store it as a table instead (host+table://)");
}

const arrow::TimestampType& time_type(const arrow::Schema& schema, const std::string& name,
                                      const std::string& what) {
  const auto field = schema.GetFieldByName(name);
  if (field == nullptr || field->type()->id() != arrow::Type::TIMESTAMP)
    throw no_time_column(schema, name, what);
  return static_cast<const arrow::TimestampType&>(*field->type());
}

// The range from the row groups' statistics; nullopt when one of them lacks any.
std::optional<TimeRange> range_from_statistics(const parquet::FileMetaData& metadata, int column,
                                               arrow::TimeUnit::type unit, const std::string& name,
                                               const std::string& what) {
  TimeRange range;
  for (int group = 0; group < metadata.num_row_groups(); ++group) {
    const auto chunk = metadata.RowGroup(group)->ColumnChunk(column);
    if (metadata.RowGroup(group)->num_rows() == 0) continue;
    const auto statistics = chunk->statistics();
    if (statistics == nullptr || !statistics->HasMinMax() || !statistics->HasNullCount() ||
        statistics->physical_type() != parquet::Type::INT64)
      return std::nullopt;
    if (statistics->null_count() > 0) throw nulls_in_time(name, what);
    const auto& typed = static_cast<const parquet::Int64Statistics&>(*statistics);
    range.include({.min_us = to_us(typed.min(), unit), .max_us = to_us(typed.max(), unit)});
  }
  return range;
}

bool has_magic(arrow::io::RandomAccessFile& file, const std::string& what) {
  const std::int64_t size = unwrap(file.GetSize(), what, ErrorCode::Io);
  if (size < 8) return false;
  for (const std::int64_t at : {std::int64_t{0}, size - 4})
    if (unwrap(file.ReadAt(at, 4), what, ErrorCode::Io)->ToString() != "PAR1") return false;
  return true;
}

// A file that cannot be read says nothing of its format.
std::string refusal(const arrow::Status& status, const std::string& what) {
  return (status.detail() ? "cannot read " : "not a valid parquet file: ") + what;
}

bool is_number(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || arrow::is_floating(type.id());
}

bool can_stand_together(const arrow::DataType& a, const arrow::DataType& b) {
  if (a.Equals(b) || (is_number(a) && is_number(b))) return true;
  if (a.id() == arrow::Type::NA || b.id() == arrow::Type::NA) return true;
  if (a.id() == arrow::Type::TIMESTAMP && b.id() == arrow::Type::TIMESTAMP)
    return static_cast<const arrow::TimestampType&>(a).timezone().empty() ==
           static_cast<const arrow::TimestampType&>(b).timezone().empty();
  return arrow::is_base_binary_like(a.id()) && arrow::is_base_binary_like(b.id()) &&
         arrow::is_string(a.id()) == arrow::is_string(b.id());
}

}  // namespace

void TimeRange::include(const TimeRange& other) {
  if (other.min_us) min_us = min_us ? std::min(*min_us, *other.min_us) : other.min_us;
  if (other.max_us) max_us = max_us ? std::max(*max_us, *other.max_us) : other.max_us;
}

TimeRange time_range(const arrow::Table& rows, const std::string& time_column,
                     const std::string& what) {
  const auto unit = time_type(*rows.schema(), time_column, what).unit();
  TimeRange range;
  for (const auto& chunk : rows.GetColumnByName(time_column)->chunks()) {
    const auto& times = static_cast<const arrow::TimestampArray&>(*chunk);
    if (times.null_count() > 0) throw nulls_in_time(time_column, what);
    if (times.length() == 0) continue;
    const auto [least, greatest] =
        std::minmax_element(times.raw_values(), times.raw_values() + times.length());
    range.include({.min_us = to_us(*least, unit), .max_us = to_us(*greatest, unit)});
  }
  return range;
}

ParquetFacts inspect_parquet(const std::filesystem::path& file,
                             const std::optional<std::string>& time_column) {
  const std::string what = file.string();
  const auto source = unwrap(arrow::io::ReadableFile::Open(what), what, ErrorCode::Io);
  if (!has_magic(*source, what))
    throw Error(ErrorCode::InvalidArgument,
                "not a valid parquet file (no PAR1 magic bytes): " + what,
                "to store it as data, copy host://" + std::filesystem::absolute(file).string());
  try {
    auto opened = parquet::arrow::OpenFile(source, arrow::default_memory_pool());
    const std::string refused = refusal(opened.status(), what);
    const auto reader = unwrap(std::move(opened), refused, ErrorCode::InvalidArgument);
    ParquetFacts facts;
    check(reader->GetSchema(&facts.schema), "not a valid parquet file: " + what,
          ErrorCode::InvalidArgument);
    const auto metadata = reader->parquet_reader()->metadata();
    facts.rows = metadata->num_rows();
    if (!time_column) return facts;
    const auto unit = time_type(*facts.schema, *time_column, what).unit();
    const int column = metadata->schema()->ColumnIndex(*time_column);
    const auto range = range_from_statistics(*metadata, column, unit, *time_column, what);
    facts.range =
        range ? *range : time_range(*unwrap(reader->ReadTable({column}), what), *time_column, what);
    return facts;
  } catch (const parquet::ParquetException& error) {
    throw Error(ErrorCode::InvalidArgument,
                "not a valid parquet file: " + what + ": " + error.what());
  }
}

void check_compatible(const arrow::Schema& stored, const arrow::Schema& added,
                      const std::string& what) {
  for (const auto& field : added.fields()) {
    const auto before = stored.GetFieldByName(field->name());
    if (before != nullptr && !can_stand_together(*before->type(), *field->type()))
      throw Error(ErrorCode::InvalidArgument,
                  what + ": column '" + field->name() + "' is " + field->type()->ToString() +
                      " here, but " + before->type()->ToString() + " in the versions before");
  }
}

std::shared_ptr<arrow::Schema> merge_columns(const std::shared_ptr<arrow::Schema>& stored,
                                             const std::shared_ptr<arrow::Schema>& added) {
  arrow::FieldVector fields;
  if (stored != nullptr) fields = stored->fields();
  for (const auto& field : added->fields())
    if (stored == nullptr || stored->GetFieldByName(field->name()) == nullptr)
      fields.push_back(field->WithNullable(true));
  return arrow::schema(fields, added->metadata());
}

}  // namespace pond::tinylogfs

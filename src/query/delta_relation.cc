#include "query/delta_relation.h"

#include <arrow/array/builder_primitive.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include <algorithm>
#include <cctype>

#include "base/arrow_result.h"
#include "pond/error.h"
#include "pond/query.h"
#include "query/delta_types.h"
#include "query/union_relation.h"

namespace pond::query {
namespace {

using delta::AddFile;
using delta::ColumnMapping;

// A column of the table.
struct Column {
  std::string name;
  std::string physical;  // in data files and partition values
  std::string scanned;   // in the scan
  std::shared_ptr<arrow::DataType> type;
  std::int64_t id = 0;  // Parquet's field id, where files are read by it
  bool partition = false;
};

// DuckDB's own columns of a scan, which would hide behind one of the same name.
bool is_virtual(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name == "file_index" || name == "file_row_number" || name == "filename";
}

std::vector<Column> columns_of(const delta::Snapshot& snapshot, ColumnMapping mapping) {
  const auto& metadata = snapshot.metadata();
  const auto schema = delta::schema_from_json(metadata.schema_string);
  std::vector<Column> columns;
  for (const auto& field : schema->fields()) {
    const auto& partitions = metadata.partition_columns;
    Column column{.name = field->name(),
                  .physical = delta::physical_name(*field, mapping),
                  .scanned = field->name(),
                  .type = field->type(),
                  .partition = std::find(partitions.begin(), partitions.end(), field->name()) !=
                               partitions.end()};
    if (is_virtual(column.name)) column.scanned = "column " + std::to_string(columns.size());
    if (mapping == ColumnMapping::Id) column.id = delta::column_id(*field);
    columns.push_back(std::move(column));
  }
  return columns;
}

std::string comma_separated(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items)
    text += (text.empty() ? "" : ", ") + item;
  return text;
}

// The text of a partition value as SQL (PROTOCOL.md#partition-value-serialization).
std::string partition_literal(const AddFile& file, const Column& column) {
  const auto it = file.partition_values.find(column.physical);
  if (it == file.partition_values.end() || !it->second) return "NULL";
  const std::string text = quote_literal(*it->second);
  return column.type->id() == arrow::Type::BINARY ? "encode(" + text + ")" : text;
}

class DeltaRelation {
 public:
  DeltaRelation(const delta::Table& table, const delta::Snapshot& snapshot, RowStore& rows)
      : table_(table),
        mapping_(delta::column_mapping(snapshot.protocol(), snapshot.metadata())),
        columns_(columns_of(snapshot, mapping_)),
        rows_(rows) {}

  std::string sql(const std::vector<AddFile>& files) const {
    // Whole files are read apart from those that lack rows, and pay nothing for them.
    std::vector<const AddFile*> whole;
    std::vector<const AddFile*> thinned;
    for (const AddFile& file : files)
      (file.deletion_vector ? thinned : whole).push_back(&file);
    std::string text = whole.empty() && thinned.empty() ? nothing() : std::string();
    if (!whole.empty()) text += scan(whole);
    if (!whole.empty() && !thinned.empty()) text += " UNION ALL ";
    if (!thinned.empty()) text += scan(thinned) + without_deleted_rows(thinned);
    return "(" + text + ")";
  }

 private:
  std::string nothing() const {
    std::vector<std::string> items;
    for (const Column& column : columns_) {
      items.push_back(
          with_schema_names("NULL::" + sql_type(*column.type, mapping_), *column.type, mapping_) +
          " AS " + quote_identifier(column.name));
    }
    return "SELECT " + comma_separated(items) + " WHERE false";
  }

  std::string scan(const std::vector<const AddFile*>& files) const {
    std::vector<std::string> items;
    for (const Column& column : columns_) {
      const std::string value = column.partition
                                    ? partition_value(files, column)
                                    : with_schema_names("data." + quote_identifier(column.scanned),
                                                        *column.type, mapping_);
      items.push_back(value + " AS " + quote_identifier(column.name));
    }
    std::vector<std::string> paths;
    for (const AddFile* file : files)
      paths.push_back(literal_path(table_.store().local_path(file->path)->string()));
    return "SELECT " + comma_separated(items) + " FROM read_parquet([" + comma_separated(paths) +
           "], hive_partitioning=false" + schema() + ") AS data";
  }

  // The columns to look for in files. Given so, a file may lack any of them, and has more.
  std::string schema() const {
    std::vector<std::string> items;
    for (const Column& column : columns_) {
      if (column.partition) continue;
      items.push_back((mapping_ == ColumnMapping::Id ? std::to_string(column.id)
                                                     : quote_literal(column.physical)) +
                      ": {name: " + quote_literal(column.scanned) + ", type: " +
                      quote_literal(sql_type(*column.type, mapping_)) + ", default_value: NULL}");
    }
    if (items.empty()) return ", union_by_name=true";
    return ", schema=MAP {" + comma_separated(items) + "}";
  }

  // One value for all files, or the file's own from a list of all: DuckDB passes over the files
  // whose value a filter rejects.
  std::string partition_value(const std::vector<const AddFile*>& files,
                              const Column& column) const {
    const std::string type = sql_type(*column.type, mapping_);
    std::vector<std::string> values;
    bool same = true;
    for (const AddFile* file : files) {
      values.push_back(partition_literal(*file, column));
      same = same && values.back() == values.front();
    }
    if (same) return "CAST(" + values.front() + " AS " + type + ")";
    return "(CAST([" + comma_separated(values) + "] AS " + type +
           "[]))[CAST(data.file_index AS BIGINT) + 1]";
  }

  std::string without_deleted_rows(const std::vector<const AddFile*>& files) const {
    arrow::UInt64Builder indexes;
    arrow::Int64Builder numbers;
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto gone = delta::deleted_rows(table_.store(), *files[i]->deletion_vector);
      check(numbers.AppendValues(gone), "deleted rows");
      check(indexes.AppendValues(std::vector<std::uint64_t>(gone.size(), i)), "deleted rows");
    }
    const auto schema = arrow::schema(
        {arrow::field("file", arrow::uint64()), arrow::field("row_number", arrow::int64())});
    const std::string gone =
        rows_.add(arrow::Table::Make(schema, {unwrap(indexes.Finish(), "deleted rows"),
                                              unwrap(numbers.Finish(), "deleted rows")}));
    return " ANTI JOIN " + gone +
           " AS gone ON data.file_index = gone.file AND data.file_row_number = gone.row_number";
  }

  const delta::Table& table_;
  ColumnMapping mapping_;
  std::vector<Column> columns_;
  RowStore& rows_;
};

}  // namespace

std::string delta_relation(const delta::Table& table, const delta::Snapshot& snapshot,
                           RowStore& rows,
                           const std::function<void(const std::filesystem::path&)>& grant) {
  const auto& store = table.store();
  for (const AddFile& file : snapshot.files()) {
    const auto path = store.local_path(file.path);
    if (!path)
      throw Error(ErrorCode::Unsupported, "no files of the host: " + store.describe(),
                  "copy the table to a directory first");
    if (!std::filesystem::exists(*path))
      throw Error(ErrorCode::NotFound,
                  "version " + std::to_string(snapshot.version()) + " of the Delta table " +
                      store.describe() + " lacks a data file: " + file.path,
                  "it may have been vacuumed: read a newer version, or restore the file");
    grant(*path);
  }
  return DeltaRelation(table, snapshot, rows).sql(snapshot.files());
}

}  // namespace pond::query

#include "site/rows.h"

#include <arrow/api.h>

#include "base/arrow_result.h"

namespace pond::site {
namespace {

Cell cell(const arrow::Array& array, std::int64_t row) {
  if (array.IsNull(row)) return {};
  switch (array.type_id()) {
    case arrow::Type::INT64:
      return static_cast<const arrow::Int64Array&>(array).Value(row);
    case arrow::Type::DOUBLE:
      return static_cast<const arrow::DoubleArray&>(array).Value(row);
    case arrow::Type::STRING:
      return static_cast<const arrow::StringArray&>(array).GetString(row);
    default:
      throw Error(ErrorCode::Unsupported, "a result of type " + array.type()->ToString());
  }
}

}  // namespace

std::vector<Row> fetch(query::Session& session, const std::string& sql) {
  const auto reader = session.query(sql);
  std::vector<Row> rows;
  std::shared_ptr<arrow::RecordBatch> batch;
  while (true) {
    check(reader->ReadNext(&batch), "reading a result", ErrorCode::InvalidArgument);
    if (batch == nullptr) return rows;
    for (std::int64_t r = 0; r < batch->num_rows(); ++r) {
      Row& row = rows.emplace_back();
      for (const auto& column : batch->columns())
        row.push_back(cell(*column, r));
    }
  }
}

bool RelationColumn::numeric() const {
  return type == "DOUBLE" || type == "FLOAT" || type.ends_with("INT") ||
         type.ends_with("INTEGER") || type.starts_with("DECIMAL");
}

bool RelationColumn::temporal() const {
  return type.starts_with("TIMESTAMP") || type == "DATE";
}

std::vector<RelationColumn> describe(query::Session& session, const std::string& relation) {
  std::vector<RelationColumn> columns;
  for (const Row& row :
       fetch(session,
             "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM " + relation + ")")) {
    columns.push_back({text(row[0]), text(row[1])});
  }
  return columns;
}

}  // namespace pond::site

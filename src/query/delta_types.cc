#include "query/delta_types.h"

#include <arrow/type.h>

#include <algorithm>

#include "pond/error.h"
#include "pond/query.h"

namespace pond::query {
namespace {

using delta::ColumnMapping;

bool is_renamed(const arrow::DataType& type, ColumnMapping mapping) {
  if (type.id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(type);
    return is_renamed(*map.key_type(), mapping) || is_renamed(*map.item_type(), mapping);
  }
  return std::any_of(type.fields().begin(), type.fields().end(), [&](const auto& field) {
    const bool named = type.id() == arrow::Type::STRUCT;  // an item of a list has no name
    return (named && delta::physical_name(*field, mapping) != field->name()) ||
           is_renamed(*field->type(), mapping);
  });
}

// `depth` keeps the parameters of nested lambdas apart.
std::string renamed(const std::string& value, const arrow::DataType& type, ColumnMapping mapping,
                    int depth) {
  if (!is_renamed(type, mapping)) return value;
  const std::string item = "item" + std::to_string(depth);
  switch (type.id()) {
    case arrow::Type::STRUCT: {
      std::string fields;
      for (const auto& field : type.fields()) {
        fields += (fields.empty() ? "" : ", ") + quote_identifier(field->name()) + " := ";
        fields +=
            renamed("(" + value + ")." + quote_identifier(delta::physical_name(*field, mapping)),
                    *field->type(), mapping, depth + 1);
      }
      return "CASE WHEN " + value + " IS NULL THEN NULL ELSE struct_pack(" + fields + ") END";
    }
    case arrow::Type::LIST:
      return "list_transform(" + value + ", lambda " + item + ": " +
             renamed(item, *type.field(0)->type(), mapping, depth + 1) + ")";
    default: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return "map_from_entries(list_transform(map_entries(" + value + "), lambda " + item +
             ": struct_pack(key := " + renamed(item + ".key", *map.key_type(), mapping, depth + 1) +
             ", value := " + renamed(item + ".value", *map.item_type(), mapping, depth + 1) + ")))";
    }
  }
}

}  // namespace

std::string sql_type(const arrow::DataType& type, ColumnMapping mapping) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return "BOOLEAN";
    case arrow::Type::INT8:
      return "TINYINT";
    case arrow::Type::INT16:
      return "SMALLINT";
    case arrow::Type::INT32:
      return "INTEGER";
    case arrow::Type::INT64:
      return "BIGINT";
    case arrow::Type::FLOAT:
      return "FLOAT";
    case arrow::Type::DOUBLE:
      return "DOUBLE";
    case arrow::Type::STRING:
      return "VARCHAR";
    case arrow::Type::BINARY:
      return "BLOB";
    case arrow::Type::DATE32:
      return "DATE";
    case arrow::Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).timezone().empty()
                 ? "TIMESTAMP"
                 : "TIMESTAMP WITH TIME ZONE";
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      return "DECIMAL(" + std::to_string(decimal.precision()) + ", " +
             std::to_string(decimal.scale()) + ")";
    }
    case arrow::Type::STRUCT: {
      std::string fields;
      for (const auto& field : type.fields()) {
        fields += (fields.empty() ? "" : ", ") +
                  quote_identifier(delta::physical_name(*field, mapping)) + " " +
                  sql_type(*field->type(), mapping);
      }
      return "STRUCT(" + fields + ")";
    }
    case arrow::Type::LIST:
      return sql_type(*type.field(0)->type(), mapping) + "[]";
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return "MAP(" + sql_type(*map.key_type(), mapping) + ", " +
             sql_type(*map.item_type(), mapping) + ")";
    }
    default:
      throw Error(ErrorCode::Unsupported, "a column of type " + type.ToString());
  }
}

std::string with_schema_names(const std::string& value, const arrow::DataType& type,
                              ColumnMapping mapping) {
  return renamed(value, type, mapping, 0);
}

}  // namespace pond::query

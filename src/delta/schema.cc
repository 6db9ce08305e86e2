// Schemas between Arrow and the protocol's JSON (PROTOCOL.md#schema-serialization-format).
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <nlohmann/json.hpp>

#include "delta/json_text.h"
#include "pond/delta.h"
#include "pond/error.h"

namespace pond::delta {
namespace {

using Json = nlohmann::ordered_json;

// ---- Arrow to JSON
// -------------------------------------------------------------------------------------

Json field_to_json(const arrow::Field& field, const std::string& where);

[[noreturn]] void unsupported(const std::string& where, const std::string& type) {
  throw Error(ErrorCode::Unsupported, "column " + where + ": Delta tables have no type " + type);
}

Json timestamp_to_json(const arrow::TimestampType& type, const std::string& where) {
  if (type.unit() != arrow::TimeUnit::MICRO) unsupported(where, type.ToString());
  return type.timezone().empty() ? "timestamp_ntz" : "timestamp";
}

Json type_to_json(const arrow::DataType& type, const std::string& where) {
  switch (type.id()) {
    case arrow::Type::BOOL:
      return "boolean";
    case arrow::Type::INT8:
      return "byte";
    case arrow::Type::INT16:
      return "short";
    case arrow::Type::INT32:
      return "integer";
    case arrow::Type::INT64:
      return "long";
    case arrow::Type::FLOAT:
      return "float";
    case arrow::Type::DOUBLE:
      return "double";
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
      return "string";
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY:
      return "binary";
    case arrow::Type::DATE32:
      return "date";
    case arrow::Type::TIMESTAMP:
      return timestamp_to_json(static_cast<const arrow::TimestampType&>(type), where);
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      if (decimal.scale() < 0 || decimal.scale() > decimal.precision())
        unsupported(where, type.ToString());
      return "decimal(" + std::to_string(decimal.precision()) + "," +
             std::to_string(decimal.scale()) + ")";
    }
    case arrow::Type::STRUCT: {
      Json fields = Json::array();
      for (const auto& field : type.fields())
        fields.push_back(field_to_json(*field, where + "." + field->name()));
      return {{"type", "struct"}, {"fields", std::move(fields)}};
    }
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST: {
      const auto& item = *type.field(0);
      return {{"type", "array"},
              {"elementType", type_to_json(*item.type(), where + ".element")},
              {"containsNull", item.nullable()}};
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return {{"type", "map"},
              {"keyType", type_to_json(*map.key_type(), where + ".key")},
              {"valueType", type_to_json(*map.item_type(), where + ".value")},
              {"valueContainsNull", map.item_field()->nullable()}};
    }
    case arrow::Type::DICTIONARY:
      return type_to_json(*static_cast<const arrow::DictionaryType&>(type).value_type(), where);
    default:
      unsupported(where, type.ToString());
  }
}

Json field_to_json(const arrow::Field& field, const std::string& where) {
  Json metadata = Json::object();
  if (field.HasMetadata()) {
    for (const auto& [key, value] : field.metadata()->sorted_pairs()) {
      // The Parquet reader's own annotations say something of a file, not of the table.
      if (!key.starts_with("PARQUET:")) metadata[key] = value;
    }
  }
  return {{"name", field.name()},
          {"type", type_to_json(*field.type(), where)},
          {"nullable", field.nullable()},
          {"metadata", std::move(metadata)}};
}

// ---- JSON to Arrow
// -------------------------------------------------------------------------------------

std::shared_ptr<arrow::Field> field_from_json(const Json& json, const std::string& outer);

[[noreturn]] void malformed(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::InvalidArgument,
              "malformed schema" + (where.empty() ? "" : " of column " + where) + ": " + what);
}

const Json& member(const Json& json, const char* name, const std::string& where) {
  const auto it = json.find(name);
  if (it == json.end()) malformed(where, std::string("no '") + name + "'");
  return *it;
}

bool flag(const Json& json, const char* name, const std::string& where) {
  const Json& value = member(json, name, where);
  if (!value.is_boolean()) malformed(where, std::string("'") + name + "' is not a boolean");
  return value.get<bool>();
}

std::shared_ptr<arrow::DataType> decimal_from(const std::string& name, const std::string& where) {
  int precision = 0;
  int scale = 0;
  char end = 0;
  if (std::sscanf(name.c_str(), "decimal(%d,%d%c", &precision, &scale, &end) != 3 || end != ')' ||
      precision < 1 || precision > 38 || scale < 0 || scale > precision)
    malformed(where, "'" + name + "' is no decimal type");
  return arrow::decimal128(precision, scale);
}

std::shared_ptr<arrow::DataType> primitive_from(const std::string& name, const std::string& where) {
  if (name == "boolean") return arrow::boolean();
  if (name == "byte") return arrow::int8();
  if (name == "short") return arrow::int16();
  if (name == "integer") return arrow::int32();
  if (name == "long") return arrow::int64();
  if (name == "float") return arrow::float32();
  if (name == "double") return arrow::float64();
  if (name == "string") return arrow::utf8();
  if (name == "binary") return arrow::binary();
  if (name == "date") return arrow::date32();
  if (name == "timestamp") return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  if (name == "timestamp_ntz") return arrow::timestamp(arrow::TimeUnit::MICRO);
  if (name == "decimal") return arrow::decimal128(10, 0);
  if (name.starts_with("decimal(")) return decimal_from(name, where);
  throw Error(ErrorCode::Unsupported, "column " + where + ": type '" + name + "' is not supported");
}

std::vector<std::shared_ptr<arrow::Field>> fields_from_json(const Json& json,
                                                            const std::string& where) {
  const Json& list = member(json, "fields", where);
  if (!list.is_array()) malformed(where, "'fields' is not a list");
  std::vector<std::shared_ptr<arrow::Field>> fields;
  for (const auto& item : list)
    fields.push_back(field_from_json(item, where));
  return fields;
}

std::shared_ptr<arrow::DataType> type_from_json(const Json& json, const std::string& where) {
  if (json.is_string()) return primitive_from(json.get<std::string>(), where);
  if (!json.is_object()) malformed(where, "a type is a name or an object");
  const Json& kind = member(json, "type", where);
  if (kind == "struct") return arrow::struct_(fields_from_json(json, where));
  if (kind == "array") {
    return arrow::list(arrow::field(
        "element", type_from_json(member(json, "elementType", where), where + ".element"),
        flag(json, "containsNull", where)));
  }
  if (kind == "map") {
    return std::make_shared<arrow::MapType>(
        type_from_json(member(json, "keyType", where), where + ".key"),
        arrow::field("value", type_from_json(member(json, "valueType", where), where + ".value"),
                     flag(json, "valueContainsNull", where)));
  }
  malformed(where, "unknown type " + kind.dump());
}

std::shared_ptr<arrow::Field> field_from_json(const Json& json, const std::string& outer) {
  if (!json.is_object()) malformed(outer, "a field is not an object");
  const Json& name = member(json, "name", outer);
  if (!name.is_string()) malformed(outer, "a field's name is not a string");
  const auto text = name.get<std::string>();
  const std::string where = outer.empty() ? text : outer + "." + text;
  auto field = arrow::field(text, type_from_json(member(json, "type", where), where),
                            flag(json, "nullable", where));
  const auto metadata = json.find("metadata");
  if (metadata == json.end() || metadata->is_null() || metadata->empty()) return field;
  if (!metadata->is_object()) malformed(where, "'metadata' is not an object");
  std::vector<std::string> keys;
  std::vector<std::string> values;
  for (const auto& [key, value] : metadata->items()) {
    keys.push_back(key);
    values.push_back(value.is_string() ? value.get<std::string>() : value.dump());
  }
  return field->WithMetadata(arrow::key_value_metadata(std::move(keys), std::move(values)));
}

}  // namespace

std::string schema_to_json(const arrow::Schema& schema) {
  Json fields = Json::array();
  for (const auto& field : schema.fields())
    fields.push_back(field_to_json(*field, field->name()));
  const Json json = {{"type", "struct"}, {"fields", std::move(fields)}};
  try {
    return json.dump();
  } catch (const Json::exception&) {
    throw Error(ErrorCode::InvalidArgument, "a column's name is not UTF-8");
  }
}

std::shared_ptr<arrow::Schema> schema_from_json(const std::string& text) {
  if (nests_too_deep(text)) malformed("", "it nests too deep");
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) malformed("", "not a JSON object");
  if (member(json, "type", "") != "struct") malformed("", "the outermost type is not 'struct'");
  return arrow::schema(fields_from_json(json, ""));
}

}  // namespace pond::delta

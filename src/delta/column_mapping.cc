// The names of columns in data files (PROTOCOL.md#column-mapping).
#include <arrow/type.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <charconv>

#include "pond/delta.h"
#include "pond/error.h"

namespace pond::delta {
namespace {

std::string mapped(const arrow::Field& field, const char* key) {
  const auto& metadata = field.metadata();
  const int index = metadata ? metadata->FindKey(key) : -1;
  if (index >= 0) return metadata->value(index);
  throw Error(ErrorCode::Corrupt,
              "column " + field.name() + " of a table with column mapping has no " + key);
}

}  // namespace

ColumnMapping column_mapping(const Protocol& protocol, const Metadata& metadata) {
  const auto& features = protocol.reader_features;
  const bool supported =
      protocol.min_reader_version == 2 ||
      (protocol.min_reader_version == 3 &&
       std::find(features.begin(), features.end(), "columnMapping") != features.end());
  const auto it = metadata.configuration.find("delta.columnMapping.mode");
  if (!supported || it == metadata.configuration.end() || it->second == "none")
    return ColumnMapping::None;
  if (it->second == "name") return ColumnMapping::Name;
  if (it->second == "id") return ColumnMapping::Id;
  throw Error(ErrorCode::Unsupported, "column mapping mode '" + it->second + "' is not supported");
}

std::string physical_name(const arrow::Field& field, ColumnMapping mapping) {
  return mapping == ColumnMapping::None ? field.name()
                                        : mapped(field, "delta.columnMapping.physicalName");
}

std::int64_t column_id(const arrow::Field& field) {
  const std::string text = mapped(field, "delta.columnMapping.id");
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size() || id < 0)
    throw Error(ErrorCode::Corrupt, "column " + field.name() + " has the id '" + text + "'");
  return id;
}

}  // namespace pond::delta

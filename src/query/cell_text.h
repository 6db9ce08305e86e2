// Values of Arrow arrays as text.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace pond::query {

enum class TextStyle {
  Plain,  // for tables and CSV: 20.0, 2024-01-01T00:00:00Z, NULL is left to the caller; nested
          // values as JSON
  Json,   // a JSON value: strings and times quoted, null, NaN and infinities null
};

// Appends the value in `row`; `null` for a null in either style.
void append_cell(std::string& to, const arrow::Array& array, std::int64_t row, TextStyle style);

// The SQL name of a column's type: "double", "timestamptz", "varchar".
std::string type_name(const arrow::DataType& type);

void append_json_string(std::string& to, std::string_view text);

}  // namespace pond::query

#include "query/cell_text.h"

#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

namespace pond::query {
namespace {

template <typename T>
void append_integer(std::string& to, T value) {
  std::array<char, 24> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  to.append(buffer.data(), result.ptr);
}

// The fewest digits that read back as the same value; whole numbers keep ".0".
template <typename T>
void append_float(std::string& to, T value, TextStyle style) {
  if (!std::isfinite(value)) {
    if (style == TextStyle::Json) {
      to += "null";
    } else {
      to += std::isnan(value) ? "NaN" : value > 0 ? "inf" : "-inf";
    }
    return;
  }
  const T size = std::fabs(value);
  const bool fixed = size == 0 || (size >= T(1e-5) && size < T(1e16));
  std::array<char, 64> buffer;
  const auto result =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                    fixed ? std::chars_format::fixed : std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data()));
  to += text;
  if (fixed && text.find('.') == std::string_view::npos) to += ".0";
}

struct Day {
  std::int64_t year;
  unsigned month;
  unsigned day;
};

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days.
Day day_of(std::int64_t days) {
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted = (5 * of_year + 2) / 153;
  const unsigned month = shifted < 10 ? shifted + 3 : shifted - 9;
  return {static_cast<std::int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month,
          of_year - (153 * shifted + 2) / 5 + 1};
}

void append_padded(std::string& to, std::uint64_t value, std::size_t width) {
  std::array<char, 24> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  const auto length = static_cast<std::size_t>(result.ptr - buffer.data());
  if (length < width) to.append(width - length, '0');
  to.append(buffer.data(), length);
}

void append_date(std::string& to, std::int64_t days) {
  const Day date = day_of(days);
  if (date.year < 0) to += '-';
  append_padded(to, static_cast<std::uint64_t>(std::llabs(date.year)), 4);
  to += '-';
  append_padded(to, date.month, 2);
  to += '-';
  append_padded(to, date.day, 2);
}

// `value` units since midnight, `per_second` of them a second; fractions in groups of three digits.
void append_clock(std::string& to, std::uint64_t value, std::uint64_t per_second) {
  const std::uint64_t seconds = value / per_second;
  append_padded(to, seconds / 3600, 2);
  to += ':';
  append_padded(to, seconds / 60 % 60, 2);
  to += ':';
  append_padded(to, seconds % 60, 2);
  std::uint64_t fraction = value % per_second;
  if (fraction == 0) return;
  std::size_t digits = per_second == 1000 ? 3 : per_second == 1000000 ? 6 : 9;
  while (digits > 3 && fraction % 1000 == 0) {
    fraction /= 1000;
    digits -= 3;
  }
  to += '.';
  append_padded(to, fraction, digits);
}

std::int64_t units_per_second(arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1000;
    case arrow::TimeUnit::MICRO:
      return 1000000;
    case arrow::TimeUnit::NANO:
      return 1000000000;
  }
  return 1;
}

void append_timestamp(std::string& to, std::int64_t value, const arrow::TimestampType& type) {
  const std::int64_t per_second = units_per_second(type.unit());
  const std::int64_t per_day = per_second * 86400;
  std::int64_t days = value / per_day;
  std::int64_t rest = value % per_day;
  if (rest < 0) {
    rest += per_day;
    --days;
  }
  append_date(to, days);
  to += 'T';
  append_clock(to, static_cast<std::uint64_t>(rest), static_cast<std::uint64_t>(per_second));
  if (!type.timezone().empty()) to += 'Z';
}

void append_text(std::string& to, std::string_view text, TextStyle style) {
  if (style == TextStyle::Json) {
    append_json_string(to, text);
  } else {
    to += text;
  }
}

void append_hex(std::string& to, std::string_view bytes, TextStyle style) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    text += kDigits[static_cast<unsigned char>(byte) >> 4U];
    text += kDigits[static_cast<unsigned char>(byte) & 15U];
  }
  append_text(to, text, style);
}

void append_list(std::string& to, const arrow::Array& values, std::int64_t first,
                 std::int64_t count) {
  to += '[';
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0) to += ", ";
    append_cell(to, values, first + i, TextStyle::Json);
  }
  to += ']';
}

void append_struct(std::string& to, const arrow::StructArray& array, std::int64_t row) {
  to += '{';
  for (int i = 0; i < array.num_fields(); ++i) {
    if (i > 0) to += ", ";
    append_json_string(to, array.struct_type()->field(i)->name());
    to += ": ";
    append_cell(to, *array.field(i), row, TextStyle::Json);
  }
  to += '}';
}

void append_map(std::string& to, const arrow::MapArray& array, std::int64_t row) {
  to += '{';
  const std::int64_t first = array.value_offset(row);
  for (std::int64_t i = 0; i < array.value_length(row); ++i) {
    if (i > 0) to += ", ";
    std::string key;
    append_cell(key, *array.keys(), first + i, TextStyle::Plain);
    append_json_string(to, key);
    to += ": ";
    append_cell(to, *array.items(), first + i, TextStyle::Json);
  }
  to += '}';
}

template <typename T>
const T& as(const arrow::Array& array) {
  return static_cast<const T&>(array);
}

}  // namespace

void append_json_string(std::string& to, std::string_view text) {
  to += '"';
  for (const char c : text) {
    switch (c) {
      case '"':
        to += "\\\"";
        break;
      case '\\':
        to += "\\\\";
        break;
      case '\n':
        to += "\\n";
        break;
      case '\r':
        to += "\\r";
        break;
      case '\t':
        to += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          std::array<char, 8> escape;
          std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
          to += escape.data();
        } else {
          to += c;
        }
    }
  }
  to += '"';
}

void append_cell(std::string& to, const arrow::Array& array, std::int64_t row, TextStyle style) {
  if (array.IsNull(row)) {
    to += "null";
    return;
  }
  using arrow::Type;
  switch (array.type_id()) {
    case Type::BOOL:
      to += as<arrow::BooleanArray>(array).Value(row) ? "true" : "false";
      return;
    case Type::INT8:
      return append_integer(to, as<arrow::Int8Array>(array).Value(row));
    case Type::INT16:
      return append_integer(to, as<arrow::Int16Array>(array).Value(row));
    case Type::INT32:
      return append_integer(to, as<arrow::Int32Array>(array).Value(row));
    case Type::INT64:
      return append_integer(to, as<arrow::Int64Array>(array).Value(row));
    case Type::UINT8:
      return append_integer(to, as<arrow::UInt8Array>(array).Value(row));
    case Type::UINT16:
      return append_integer(to, as<arrow::UInt16Array>(array).Value(row));
    case Type::UINT32:
      return append_integer(to, as<arrow::UInt32Array>(array).Value(row));
    case Type::UINT64:
      return append_integer(to, as<arrow::UInt64Array>(array).Value(row));
    case Type::FLOAT:
      return append_float(to, as<arrow::FloatArray>(array).Value(row), style);
    case Type::DOUBLE:
      return append_float(to, as<arrow::DoubleArray>(array).Value(row), style);
    case Type::DECIMAL128:
      to += as<arrow::Decimal128Array>(array).FormatValue(row);
      return;
    case Type::DECIMAL256:
      to += as<arrow::Decimal256Array>(array).FormatValue(row);
      return;
    case Type::STRING:
      return append_text(to, as<arrow::StringArray>(array).GetView(row), style);
    case Type::LARGE_STRING:
      return append_text(to, as<arrow::LargeStringArray>(array).GetView(row), style);
    case Type::STRING_VIEW:
      return append_text(to, as<arrow::StringViewArray>(array).GetView(row), style);
    case Type::BINARY:
      return append_hex(to, as<arrow::BinaryArray>(array).GetView(row), style);
    case Type::LARGE_BINARY:
      return append_hex(to, as<arrow::LargeBinaryArray>(array).GetView(row), style);
    case Type::FIXED_SIZE_BINARY:
      return append_hex(to, as<arrow::FixedSizeBinaryArray>(array).GetView(row), style);
    case Type::TIMESTAMP:
    case Type::DATE32:
    case Type::TIME64: {
      if (style == TextStyle::Json) to += '"';
      if (array.type_id() == Type::TIMESTAMP) {
        append_timestamp(to, as<arrow::TimestampArray>(array).Value(row),
                         static_cast<const arrow::TimestampType&>(*array.type()));
      } else if (array.type_id() == Type::DATE32) {
        append_date(to, as<arrow::Date32Array>(array).Value(row));
      } else {
        const auto& type = static_cast<const arrow::Time64Type&>(*array.type());
        append_clock(to, static_cast<std::uint64_t>(as<arrow::Time64Array>(array).Value(row)),
                     static_cast<std::uint64_t>(units_per_second(type.unit())));
      }
      if (style == TextStyle::Json) to += '"';
      return;
    }
    case Type::DICTIONARY: {
      const auto& dictionary = as<arrow::DictionaryArray>(array);
      return append_cell(to, *dictionary.dictionary(), dictionary.GetValueIndex(row), style);
    }
    case Type::MAP:
      return append_map(to, as<arrow::MapArray>(array), row);
    case Type::LIST: {
      const auto& list = as<arrow::ListArray>(array);
      return append_list(to, *list.values(), list.value_offset(row), list.value_length(row));
    }
    case Type::LARGE_LIST: {
      const auto& list = as<arrow::LargeListArray>(array);
      return append_list(to, *list.values(), list.value_offset(row), list.value_length(row));
    }
    case Type::FIXED_SIZE_LIST: {
      const auto& list = as<arrow::FixedSizeListArray>(array);
      return append_list(to, *list.values(), list.value_offset(row), list.value_length(row));
    }
    case Type::STRUCT:
      return append_struct(to, as<arrow::StructArray>(array), row);
    case Type::EXTENSION:
      return append_cell(to, *as<arrow::ExtensionArray>(array).storage(), row, style);
    default: {
      const auto scalar = array.GetScalar(row);
      return append_text(to, scalar.ok() ? (*scalar)->ToString() : "?", style);
    }
  }
}

std::string type_name(const arrow::DataType& type) {
  using arrow::Type;
  switch (type.id()) {
    case Type::BOOL:
      return "boolean";
    case Type::INT8:
      return "tinyint";
    case Type::INT16:
      return "smallint";
    case Type::INT32:
      return "integer";
    case Type::INT64:
      return "bigint";
    case Type::UINT8:
      return "utinyint";
    case Type::UINT16:
      return "usmallint";
    case Type::UINT32:
      return "uinteger";
    case Type::UINT64:
      return "ubigint";
    case Type::FLOAT:
      return "float";
    case Type::DOUBLE:
      return "double";
    case Type::STRING:
    case Type::LARGE_STRING:
    case Type::STRING_VIEW:
      return "varchar";
    case Type::BINARY:
    case Type::LARGE_BINARY:
    case Type::FIXED_SIZE_BINARY:
      return "blob";
    case Type::DATE32:
      return "date";
    case Type::TIME64:
      return "time";
    case Type::TIMESTAMP:
      return static_cast<const arrow::TimestampType&>(type).timezone().empty() ? "timestamp"
                                                                               : "timestamptz";
    case Type::INTERVAL_MONTH_DAY_NANO:
      return "interval";
    case Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      if (decimal.precision() == 38 && decimal.scale() == 0) return "hugeint";
      return "decimal(" + std::to_string(decimal.precision()) + "," +
             std::to_string(decimal.scale()) + ")";
    }
    case Type::DICTIONARY:
      return type_name(*static_cast<const arrow::DictionaryType&>(type).value_type());
    case Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return "map(" + type_name(*map.key_type()) + ", " + type_name(*map.item_type()) + ")";
    }
    case Type::LIST:
    case Type::LARGE_LIST:
    case Type::FIXED_SIZE_LIST:
      return type_name(*type.field(0)->type()) + "[]";
    case Type::STRUCT:
      return "struct";
    case Type::EXTENSION:
      return type_name(*static_cast<const arrow::ExtensionType&>(type).storage_type());
    default:
      return type.ToString();
  }
}

}  // namespace pond::query

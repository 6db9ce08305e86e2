// Results as text: any bytes in names and cells must leave the frame of the output whole.
#include <arrow/api.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "base/arrow_result.h"
#include "fuzz/fuzz.h"
#include "pond/query.h"
#include "tinyfs/path.h"

using namespace pond;

namespace {

std::string written(const std::shared_ptr<arrow::Table>& table, query::Output format) {
  arrow::TableBatchReader reader(table);
  std::ostringstream out;
  query::write_result(reader, format, out);
  return out.str();
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto c = tinyfs::first_code_point(text);
    if (!c.valid) return false;
    text.remove_prefix(c.size);
  }
  return true;
}

// The fields of RFC 4180, one row a vector.
std::vector<std::vector<std::string>> csv_rows(std::string_view text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string field;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (text.substr(i + 1).starts_with('"')) {
        field += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',' || c == '\n') {
      row.push_back(std::exchange(field, {}));
      if (c == '\n') rows.push_back(std::exchange(row, {}));
    } else {
      field += c;
    }
  }
  return rows;
}

}  // namespace

// The input: a name and cells, each ended by a NUL; numbers and times are made of the cells' bytes.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::string name = input.text('\0');
  std::vector<std::string> cells;
  while (!input.empty())
    cells.push_back(input.text('\0'));

  arrow::StringBuilder texts;
  arrow::BinaryBuilder bytes;
  arrow::DoubleBuilder numbers;
  arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                arrow::default_memory_pool());
  arrow::TimestampBuilder seconds(arrow::timestamp(arrow::TimeUnit::SECOND),
                                  arrow::default_memory_pool());
  arrow::Date32Builder days;
  const auto list_values = std::make_shared<arrow::StringBuilder>();
  arrow::ListBuilder lists(arrow::default_memory_pool(), list_values);
  for (const auto& cell : cells) {
    check(texts.Append(cell), "cells");
    check(bytes.Append(cell), "cells");
    const auto number =
        fuzz::Input(reinterpret_cast<const std::uint8_t*>(cell.data()), cell.size()).number(8);
    double value = 0;
    std::memcpy(&value, &number, sizeof value);
    check(numbers.Append(value), "cells");
    check(times.Append(static_cast<std::int64_t>(number)), "cells");
    check(seconds.Append(static_cast<std::int64_t>(number)), "cells");
    check(days.Append(static_cast<std::int32_t>(number)), "cells");
    check(lists.Append(), "cells");
    check(list_values->Append(cell), "cells");
  }
  const auto schema =
      arrow::schema({arrow::field(name, arrow::utf8()), arrow::field("bytes", arrow::binary()),
                     arrow::field("number", arrow::float64()), arrow::field("time", times.type()),
                     arrow::field("second", seconds.type()), arrow::field("day", arrow::date32()),
                     arrow::field("list", arrow::list(arrow::utf8()))});
  const auto table = arrow::Table::Make(
      schema, {unwrap(texts.Finish(), "cells"), unwrap(bytes.Finish(), "cells"),
               unwrap(numbers.Finish(), "cells"), unwrap(times.Finish(), "cells"),
               unwrap(seconds.Finish(), "cells"), unwrap(days.Finish(), "cells"),
               unwrap(lists.Finish(), "cells")});

  const std::string shown = written(table, query::Output::Table);
  for (const char c : shown)
    fuzz::expect(c == '\n' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f),
                 "nothing that moves a terminal's cursor", shown);
  const auto lines = static_cast<std::size_t>(std::count(shown.begin(), shown.end(), '\n'));
  fuzz::expect(lines == (cells.empty() ? 1 : cells.size() + 6), "a line a row", shown);

  const auto csv = csv_rows(written(table, query::Output::Csv));
  fuzz::expect(csv.size() == cells.size() + 1 && csv[0][0] == name, "a name survives CSV");
  for (std::size_t i = 0; i < cells.size(); ++i)
    fuzz::expect(csv[i + 1].size() == 7 && csv[i + 1][0] == cells[i], "a text survives CSV");

  std::istringstream json(written(table, query::Output::Json));
  std::string line;
  for (const auto& cell : cells) {
    fuzz::expect(bool(std::getline(json, line)), "a line a row");
    if (!is_utf8(name) || !is_utf8(cell)) continue;
    const auto row = nlohmann::json::parse(line, nullptr, false);
    fuzz::expect(row.is_object(), "a JSON object", line);
    if (row.size() == 7)
      fuzz::expect(row[name] == cell && row["list"][0] == cell, "a text survives JSON", line);
  }
  return 0;
}

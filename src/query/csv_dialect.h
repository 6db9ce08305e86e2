// How a CSV file is written: found from its first line, where DuckDB's own guess turns a file with
// a broken row into one wide text column.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace pond::query {

struct CsvDialect {
  char delimiter = ',';
  bool header = true;  // the first line has names; false: it has a number, so DuckDB shall find out
};

// From the beginning of a file; a few thousand bytes are enough.
CsvDialect csv_dialect(std::string_view beginning);

// The first row that does not have as many fields as the first, or is not well quoted: "line 3:
// expected 2 columns, found 3". Nothing when all is well.
std::optional<std::string> broken_csv_row(const std::filesystem::path& file, char delimiter);

}  // namespace pond::query

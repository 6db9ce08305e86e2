// The ASCII table of the command line.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <iosfwd>

namespace pond::query {

// Column widths come from the first 10,000 rows; a wider value after them pushes its border to the
// right, and is printed in full. Memory holds those rows, never more.
std::uint64_t write_table(arrow::RecordBatchReader& result, std::ostream& out);

}  // namespace pond::query

// The bytes of deletion vectors (PROTOCOL.md#deletion-vector-format).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pond/delta.h"

namespace pond::delta {

// The rows in a serialised RoaringBitmapArray, ascending; `cardinality` is how many there must be.
// Corrupt, beginning with `where`.
std::vector<std::int64_t> rows_in_bitmap(std::string_view bytes, std::int64_t cardinality,
                                         const std::string& where);

// Where a vector outside the log lies, from the table's root; a vector of storage type "p" may lie
// outside it, and then the path begins with '/'. Corrupt, Unsupported.
std::string vector_path(const DeletionVector& vector);

}  // namespace pond::delta

// The columns of a Delta table in DuckDB's words.
#pragma once

#include <arrow/type_fwd.h>

#include <string>

#include "pond/delta.h"

namespace pond::query {

// A type as DuckDB writes it; the fields of structs have the names that data files give them.
std::string sql_type(const arrow::DataType& type, delta::ColumnMapping mapping);

// The value of the SQL expression `value`, whose structs have the names of data files, with those
// of the schema: `value` itself where they are the same.
std::string with_schema_names(const std::string& value, const arrow::DataType& type,
                              delta::ColumnMapping mapping);

}  // namespace pond::query

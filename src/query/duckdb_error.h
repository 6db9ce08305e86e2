// DuckDB's messages as pond::Error: one line that says what is wrong, and a hint.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "pond/error.h"

namespace pond::query {

// How files are to be called in messages, by the path that DuckDB reads: a pond path for a content
// file.
using ShownNames = std::map<std::string, std::string>;

Error duckdb_error(std::string_view message, const ShownNames& names = {});

}  // namespace pond::query

// What a file of bytes is, as a table.
#pragma once

#include <filesystem>
#include <string>

#include "pond/url.h"

namespace pond::query {

// Bytes that lie in a file of the host, on behalf of a URL.
struct ByteFile {
  std::filesystem::path path;  // absolute
  std::string shown;           // what the user calls it
  Format format = Format::Auto;
  Compression compression = Compression::None;
  bool host = false;  // the user's own file, not a pond's
};

// Fills in `format` (one that can be read as it is) and `compression` where they are left open,
// from the name and the first and last bytes. InvalidArgument when it is no table, or not what the
// URL says.
ByteFile recognise(ByteFile file);

// The first bytes of what is inside a file, decompressed; at most `limit`.
std::string beginning_of(const ByteFile& file, std::size_t limit);

// As DuckDB's readers name a compression.
const char* duckdb_name(Compression compression);

// Could `name` be a table, by its extension?
bool has_table_extension(std::string_view name);

}  // namespace pond::query

// The two escapes a data file's path goes through: the Hive style of partition directories, and the
// URI form of `add.path` in the log (PROTOCOL.md#add-file-and-remove-file).
#pragma once

#include <string>
#include <string_view>

namespace pond::delta {

// Percent-encodes every byte but letters, digits and "-._~/=", so that any URI decoder gives back
// `path`.
std::string uri_encode(std::string_view path);

// Percent-decodes; a '%' that two hex digits do not follow stays as it is, as in other readers.
std::string uri_decode(std::string_view text);

// Escapes a partition column's name or value for a directory name, as Hive and Spark do.
std::string hive_escape(std::string_view text);

}  // namespace pond::delta

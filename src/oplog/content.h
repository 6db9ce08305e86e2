// Content files, as far as others than OpLog need them.
#pragma once

#include <filesystem>
#include <string>

namespace pond::oplog {

// SHA-256 of a host file, 64 hex digits; hashed while the next block is read. NotFound, Io.
std::string hash_of_file(const std::filesystem::path& path);

}  // namespace pond::oplog

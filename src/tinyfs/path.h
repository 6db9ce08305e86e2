// Paths and names as text: splitting, joining, checking and showing them. Nothing here looks at a
// node.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pond::tinyfs {

// The components of `path`, without empty ones ("/a//b/" -> "a", "b"); "." and ".." are kept. The
// views are into `path`.
std::vector<std::string_view> split_path(std::string_view path);

inline bool is_absolute(std::string_view path) {
  return path.starts_with('/');
}

// "/a" and "b" -> "/a/b"; "/" and "b" -> "/b".
std::string join_path(std::string_view directory, std::string_view name);

// Throws InvalidArgument, naming `path`, unless `name` can be the name of an entry.
void check_name(std::string_view name, std::string_view path);
// The same for what a symlink at `path` points to.
void check_target(std::string_view target, std::string_view path);

// `path` fit for a message: on one line, with control characters written as \xNN.
std::string shown(std::string_view path);

// The character at the front of `text`, which is not empty. A byte that is not UTF-8 counts as a
// character of its own, with a value that no real one has.
struct CodePoint {
  char32_t value;
  std::size_t size;  // in bytes
  bool valid;
};
CodePoint first_code_point(std::string_view text);
bool is_utf8(std::string_view text);

}  // namespace pond::tinyfs

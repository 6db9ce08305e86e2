// The one exception of DuckPond. Every failure a caller can meet is an Error with a code; errors of
// Arrow, DuckDB, libcurl and the operating system become one at the edge where they happen.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pond {

enum class ErrorCode {
  NotFound,         // a path, version or named thing that is not there
  AlreadyExists,    // a thing that is there and must not be
  InvalidArgument,  // bad input: a malformed file, URL, query or configuration
  Conflict,         // another writer committed something this change depends on
  Corrupt,          // stored bytes that do not match their hash, schema or the format
  Io,               // the operating system said no: a full disk, missing permission, ...
  Remote,           // a server or the network said no
  Unsupported,      // a protocol version or feature that this program does not know
  ReadOnly,         // a change to something that can only be read
};

std::string_view to_string(ErrorCode code);

// `what()` is one line that names the path or file; `hint()` is empty or one line saying what to do
// next. Neither ends with a newline or a full stop.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message, std::string hint = {});

  ErrorCode code() const { return code_; }
  const std::string& hint() const { return hint_; }

 private:
  ErrorCode code_;
  std::string hint_;
};

// An Io error that carries the text of `errno_value`: "<doing> <path>: No space left on device".
Error io_error(std::string_view doing, const std::string& path, int errno_value);

// The member of `candidates` nearest to `word` by edit distance, or empty when none is near (more
// than a third of the letters differ). For "did you mean" hints.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace pond

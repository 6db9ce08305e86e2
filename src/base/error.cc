#include "pond/error.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <numeric>
#include <vector>

namespace pond {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::NotFound:
      return "NotFound";
    case ErrorCode::AlreadyExists:
      return "AlreadyExists";
    case ErrorCode::InvalidArgument:
      return "InvalidArgument";
    case ErrorCode::Conflict:
      return "Conflict";
    case ErrorCode::Corrupt:
      return "Corrupt";
    case ErrorCode::Io:
      return "Io";
    case ErrorCode::Remote:
      return "Remote";
    case ErrorCode::Unsupported:
      return "Unsupported";
    case ErrorCode::ReadOnly:
      return "ReadOnly";
  }
  return "Unknown";
}

Error::Error(ErrorCode code, const std::string& message, std::string hint)
    : std::runtime_error(message), code_(code), hint_(std::move(hint)) {}

Error io_error(std::string_view doing, const std::string& path, int errno_value) {
  ErrorCode code = ErrorCode::Io;
  if (errno_value == ENOENT) code = ErrorCode::NotFound;
  if (errno_value == EEXIST) code = ErrorCode::AlreadyExists;
  std::string hint;
  if (errno_value == ENOSPC) hint = "the disk is full; nothing was changed";
  return Error(code, std::string(doing) + " " + path + ": " + std::strerror(errno_value), hint);
}

namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace pond

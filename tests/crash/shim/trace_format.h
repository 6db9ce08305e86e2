// What the recorder writes and the harness reads: one record for each call that opened, changed or
// synced something below the watched directory, in the order in which the calls happened.
#pragma once

#include <cstdint>

namespace pond::crash {

enum class Op : std::uint32_t {
  Open,    // `first` was opened as `handle`; see kCreated and kTruncated
  Write,   // `data` at `offset` of `handle`
  Resize,  // `handle` got the length `offset`
  Sync,    // fsync or fdatasync of `handle`, a file or a directory
  Rename,  // `first` became `second`
  Link,    // `second` is another name of `first`
  Unlink,
  Mkdir,
  Rmdir,
};

inline constexpr std::uint32_t kCreated = 1;
inline constexpr std::uint32_t kTruncated = 2;

// Followed by the two paths and the data. Paths are absolute; handles are never used twice by one
// process.
struct Header {
  Op op;
  std::uint32_t flags;
  std::int64_t handle;
  std::int64_t offset;
  std::uint32_t first_bytes;
  std::uint32_t second_bytes;
  std::uint64_t data_bytes;
};

}  // namespace pond::crash

// Temporary files of a session, for bytes that DuckDB can only read from a file. Gone with the
// object.
#pragma once

#include <arrow/io/type_fwd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "pond/tinyfs.h"
#include "pond/url.h"

namespace pond::query {

// The bytes inside a file of the host.
std::shared_ptr<arrow::io::InputStream> open_decompressed(const std::filesystem::path& file,
                                                          Compression compression);

class Spool {
 public:
  // Nothing is made before the first file. `base` is the beginning of a name, in a directory that
  // is there.
  explicit Spool(std::filesystem::path base) : directory_(std::move(base)) {
    directory_ += "-files";
  }
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  std::filesystem::path add(tinyfs::Reader& bytes);
  // What is inside a compressed file.
  std::filesystem::path add_decompressed(const std::filesystem::path& file,
                                         Compression compression);
  // A copy of what can be read only once (a pipe).
  std::filesystem::path add_copy(const std::filesystem::path& file);

 private:
  std::filesystem::path next_path();

  std::filesystem::path directory_;
  int count_ = 0;
};

}  // namespace pond::query

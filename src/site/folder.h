// The site's folder: writes what differs, file by file, and knows at the end what no longer belongs
// there.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "pond/site.h"

namespace pond::site {

class Folder {
 public:
  // Creates the folder; Conflict when another build holds it.
  Folder(const std::filesystem::path& root, BuildReport& report);

  std::filesystem::path path(const std::string& file) const { return root_ / file; }

  // The file shall hold these bytes.
  void write(const std::string& file, std::string_view bytes);
  // Whether the file is there with this size; then it is kept as it is.
  bool keep(const std::string& file, std::uint64_t bytes);
  // A path beside `file` to write to, then replace() puts it in place of `file`.
  std::filesystem::path temporary(const std::string& file);
  void replace(const std::string& file, const std::filesystem::path& temporary,
               std::uint64_t bytes);

  // Removes those of `before` (made by an earlier build) that this one did not write or keep.
  void remove_stale(const std::vector<std::string>& before);
  std::vector<std::string> files() const { return {files_.begin(), files_.end()}; }

 private:
  void made(const std::string& file, std::uint64_t bytes, bool written);

  std::filesystem::path root_;
  BuildReport& report_;
  Fd lock_;
  std::set<std::string> files_;
};

}  // namespace pond::site

// Files of the host that a command reads or writes.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <utility>

namespace pond::cli {

// Calls `write` with a temporary file beside `path`, then gives it that name: `path` is old or new,
// never half. A device or pipe (/dev/stdout) is written directly. Makes the directories above. Io.
void write_host_file(const std::filesystem::path& path,
                     const std::function<void(std::ostream& out)>& write);

// Copies what a pipe or device gives into `file`.
void spool(const std::filesystem::path& from, const std::filesystem::path& file);

// A file made for a moment: removed when this goes, unless something took it away.
class ScratchFile {
 public:
  explicit ScratchFile(std::filesystem::path path) : path_(std::move(path)) {}
  ~ScratchFile();
  ScratchFile(ScratchFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ScratchFile& operator=(ScratchFile&&) = delete;
  const std::filesystem::path& path() const { return path_; }
  void rename(const std::filesystem::path& to);  // Io

 private:
  std::filesystem::path path_;
};

}  // namespace pond::cli

// Files of the host, with the durability rules of the storage format in one place: data first, then
// the directory that names it, then whatever refers to it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace pond {

// Owns a file descriptor.
class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  ~Fd();
  Fd(Fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Fd& operator=(Fd&& other) noexcept;
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  // Throws Io, naming `path`, when the kernel reports a late write error.
  void close(const std::filesystem::path& path);

 private:
  int fd_;
};

Fd open_for_read(const std::filesystem::path& path);     // NotFound, Io
Fd create_exclusive(const std::filesystem::path& path);  // AlreadyExists, Io
// Up to buffer.size() bytes, all of them unless the file ends; 0 at its end.
std::size_t read_some(const Fd& fd, std::string& buffer, const std::filesystem::path& path);
void write_all(const Fd& fd, std::string_view bytes, const std::filesystem::path& path);
void sync_file(const Fd& fd, const std::filesystem::path& path);  // fsync
void sync_directory(const std::filesystem::path& directory);      // fsync of a directory

// The whole file; NotFound, Io.
std::string read_file(const std::filesystem::path& path);

// Creates `directory` and the missing ones above it, and syncs the parent of each one made (or
// found empty: a killed process may have made it and not synced).
void create_directories_durably(const std::filesystem::path& directory);

// Gives the fully written and synced file `from` the name `to` unless `to` exists: true, or false
// when it does and `from` is left as it is. Atomic (renameat2 with RENAME_NOREPLACE; link and
// unlink where the filesystem lacks it). Does not sync the directory.
bool rename_if_absent(const std::filesystem::path& from, const std::filesystem::path& to);

// A file under a temporary name beside the `path` it is for (the directory has to exist). Removed
// again unless it was published.
class StagedFile {
 public:
  explicit StagedFile(std::filesystem::path path);
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  void write(std::string_view bytes);  // at the end of what was written
  // At `offset`; several threads may, each elsewhere.
  void write_at(std::uint64_t offset, std::string_view bytes);
  void resize(std::uint64_t size);
  // Syncs the file, gives it the name and syncs the directory: after a power cut the name is
  // absent, or means what it meant, or the whole new file. Called once, at last.
  void publish();
  bool publish_if_absent();  // false: `path` exists and stays

 private:
  void finish();

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  Fd fd_;
};

// Writes `bytes` as `path` so that after a power cut the file is either absent or whole: temporary
// file, fsync, rename_if_absent, fsync of the directory. False when `path` exists already.
bool put_if_absent_durably(const std::filesystem::path& path, std::string_view bytes);

// The same, replacing what is there.
void put_durably(const std::filesystem::path& path, std::string_view bytes);

// The same with the bytes of the file `from`, a MiB at a time.
void copy_durably(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace pond

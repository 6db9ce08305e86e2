#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "pond/error.h"
#include "pond/uuid.h"

namespace pond {
namespace fs = std::filesystem;

Fd::~Fd() {
  if (fd_ >= 0) ::close(fd_);
}

Fd& Fd::operator=(Fd&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.fd_;
    other.fd_ = -1;
  }
  return *this;
}

void Fd::close(const fs::path& path) {
  const int fd = fd_;
  fd_ = -1;
  if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) throw io_error("cannot close", path, errno);
}

namespace {

// A signal may interrupt any of these on a network filesystem.
template <typename Call>
int uninterrupted(Call call) {
  for (;;) {
    const int result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

int open_fd(const fs::path& path, int flags) {
  return uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
}

int sync_fd(const Fd& fd) {
  return uninterrupted([&] { return ::fsync(fd.get()); });
}

fs::path directory_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

}  // namespace

Fd open_for_read(const fs::path& path) {
  Fd fd(open_fd(path, O_RDONLY));
  if (!fd.valid()) throw io_error("cannot open", path, errno);
  return fd;
}

Fd create_exclusive(const fs::path& path) {
  Fd fd(open_fd(path, O_WRONLY | O_CREAT | O_EXCL));
  if (!fd.valid()) throw io_error("cannot create", path, errno);
  return fd;
}

std::size_t read_some(const Fd& fd, std::string& buffer, const fs::path& path) {
  std::size_t filled = 0;
  while (filled < buffer.size()) {
    const ssize_t n = ::read(fd.get(), buffer.data() + filled, buffer.size() - filled);
    if (n < 0) {
      if (errno == EINTR) continue;
      throw io_error("cannot read", path, errno);
    }
    if (n == 0) break;
    filled += static_cast<std::size_t>(n);
  }
  return filled;
}

void write_all(const Fd& fd, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd.get(), bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      throw io_error("cannot write", path, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void sync_file(const Fd& fd, const fs::path& path) {
  if (sync_fd(fd) != 0) throw io_error("cannot sync", path, errno);
}

void sync_directory(const fs::path& directory) {
  const Fd fd(open_fd(directory, O_RDONLY | O_DIRECTORY));
  if (!fd.valid()) throw io_error("cannot open", directory, errno);
  // Some network filesystems have no fsync for directories and say EINVAL: there the rename is
  // durable.
  if (sync_fd(fd) != 0 && errno != EINVAL) throw io_error("cannot sync", directory, errno);
}

std::string read_file(const fs::path& path) {
  const Fd fd = open_for_read(path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw io_error("cannot read", path, errno);
  if (S_ISDIR(info.st_mode)) throw io_error("cannot read", path, EISDIR);
  std::string bytes;
  if (info.st_size > 0) bytes.reserve(static_cast<std::size_t>(info.st_size));
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0) {
      if (errno == EINTR) continue;
      throw io_error("cannot read", path, errno);
    }
    if (n == 0) return bytes;
    bytes.append(buffer, static_cast<std::size_t>(n));
  }
}

void create_directories_durably(const fs::path& directory) {
  if (directory.empty()) return;
  if (::mkdir(directory.c_str(), 0777) == 0) {
    sync_directory(directory_of(directory));
    return;
  }
  if (errno == EEXIST) {
    std::error_code error;
    if (!fs::is_directory(directory, error))
      throw io_error("cannot create directory", directory, ENOTDIR);
    // Whoever makes a directory here syncs its name before putting anything into it. So one that
    // holds something is durable, and an empty one may be what a killed process left unsynced.
    if (fs::is_empty(directory, error) && !error) sync_directory(directory_of(directory));
    return;
  }
  if (errno != ENOENT || !directory.has_parent_path() || directory.parent_path() == directory)
    throw io_error("cannot create directory", directory, errno);
  create_directories_durably(directory.parent_path());
  if (::mkdir(directory.c_str(), 0777) != 0 && errno != EEXIST)
    throw io_error("cannot create directory", directory, errno);
  sync_directory(directory.parent_path());
}

bool rename_if_absent(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno == EEXIST) return false;
  if (errno != EINVAL && errno != ENOSYS) throw io_error("cannot create", to, errno);
  if (::link(from.c_str(), to.c_str()) != 0) {
    if (errno == EEXIST) return false;
    throw io_error("cannot create", to, errno);
  }
  ::unlink(from.c_str());
  return true;
}

StagedFile::StagedFile(fs::path path)
    : path_(std::move(path)),
      temporary_(path_.parent_path() / (".tmp-" + Uuid::v7().to_string())),
      fd_(create_exclusive(temporary_)) {}

StagedFile::~StagedFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void StagedFile::write(std::string_view bytes) {
  write_all(fd_, bytes, path_);
}

void StagedFile::write_at(std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0) {
      if (errno == EINTR) continue;
      throw io_error("cannot write", path_, errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
    offset += static_cast<std::uint64_t>(n);
  }
}

void StagedFile::resize(std::uint64_t size) {
  if (uninterrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0)
    throw io_error("cannot write", path_, errno);
}

void StagedFile::finish() {
  sync_file(fd_, path_);
  fd_.close(path_);
}

void StagedFile::publish() {
  finish();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0)
    throw io_error("cannot replace", path_, errno);
  temporary_.clear();
  sync_directory(directory_of(path_));
}

bool StagedFile::publish_if_absent() {
  finish();
  if (!rename_if_absent(temporary_, path_)) return false;
  temporary_.clear();
  sync_directory(directory_of(path_));
  return true;
}

bool put_if_absent_durably(const fs::path& path, std::string_view bytes) {
  StagedFile staged(path);
  staged.write(bytes);
  return staged.publish_if_absent();
}

void put_durably(const fs::path& path, std::string_view bytes) {
  StagedFile staged(path);
  staged.write(bytes);
  staged.publish();
}

void copy_durably(const fs::path& from, const fs::path& to) {
  const Fd source = open_for_read(from);
  StagedFile staged(to);
  std::string buffer(std::size_t{1} << 20, '\0');
  while (const std::size_t n = read_some(source, buffer, from))
    staged.write(std::string_view(buffer).substr(0, n));
  staged.publish();
}

}  // namespace pond

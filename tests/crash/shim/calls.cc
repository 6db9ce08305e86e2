// The interposed calls. Each does what the C library's does, and notes what it did to files below
// the watched directory.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <vector>

#include "shim.h"

namespace pond::crash {
namespace {

template <typename Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

using Read = ssize_t (*)(int, void*, size_t);
using Write = ssize_t (*)(int, const void*, size_t);
using PositionedRead = ssize_t (*)(int, void*, size_t, off_t);
using PositionedWrite = ssize_t (*)(int, const void*, size_t, off_t);
using Vector = ssize_t (*)(int, const iovec*, int);

// --- opening and closing

template <typename Call>
int open_watched(int directory_fd, const char* path, int flags, Call call) {
  const Inside inside;
  if (inside.nested()) return call();
  const std::string where = absolute(directory_fd, path);
  if (!watched(where)) return call();
  const std::lock_guard lock(one_call());
  if (inject(Kind::Open, where)) return -1;
  struct stat info {};
  const bool existed = ::lstat(where.c_str(), &info) == 0;
  const bool creates = (flags & O_CREAT) != 0 && !existed;
  const bool truncates = (flags & O_TRUNC) != 0 && existed && info.st_size > 0;
  if (creates || truncates) before_change();
  const int fd = call();
  if (fd < 0 && (creates || truncates)) no_change();
  if (fd < 0) return fd;
  record(Op::Open, (creates ? kCreated : 0U) | (truncates ? kTruncated : 0U), remember(fd, where),
         0, where);
  return fd;
}

mode_t mode_of(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

FILE* fopen_watched(const char* name, const char* path, const char* mode) {
  const auto real = next<FILE* (*)(const char*, const char*)>(name);
  FILE* file = nullptr;
  const int flags = std::strchr(mode, 'w') != nullptr   ? O_CREAT | O_TRUNC
                    : std::strchr(mode, 'a') != nullptr ? O_CREAT
                                                        : 0;
  open_watched(AT_FDCWD, path, flags, [&] {
    file = real(path, mode);
    return file == nullptr ? -1 : ::fileno(file);
  });
  return file;
}

// Linux closes the descriptor whatever close() says.
template <typename Call>
int close_watched(int fd, Call call) {
  const Inside inside;
  if (inside.nested()) return call();
  const std::lock_guard lock(one_call());
  const Opened file = opened(fd);
  if (file.handle < 0) return call();
  forget(fd);
  const int result = call();
  return inject(Kind::Close, file.path) ? -1 : result;
}

// --- reading and writing

template <typename Call>
ssize_t read_watched(int fd, std::size_t size, Call call) {
  const Inside inside;
  if (inside.nested()) return call(size);
  Opened file;
  bool fault_short = false;
  {
    const std::lock_guard lock(one_call());
    file = opened(fd);
    if (file.handle >= 0 && inject(Kind::Read, file.path, fault_short)) return -1;
  }
  return call(fault_short && size > 1 ? size / 2 : size);
}

template <typename Call>
ssize_t write_watched(int fd, std::size_t size, std::int64_t at, Call call) {
  const Inside inside;
  if (inside.nested()) return call(size);
  const std::lock_guard lock(one_call());
  const Opened file = opened(fd);
  if (file.handle < 0) return call(size);
  bool fault_short = false;
  if (inject(Kind::Write, file.path, fault_short)) return -1;
  if (fault_short && size > 1) size /= 2;
  std::int64_t offset = at;
  if (at < 0) {
    struct stat info {};
    const bool appends = (::fcntl(fd, F_GETFL) & O_APPEND) != 0 && ::fstat(fd, &info) == 0;
    offset = appends ? info.st_size : ::lseek(fd, 0, SEEK_CUR);
  }
  before_change();
  const ssize_t n = call(size);
  if (n <= 0) {
    no_change();
    return n;
  }
  // What is there now, whoever passed it in what form.
  std::string data(static_cast<std::size_t>(n), '\0');
  const int saved = errno;
  const int again = ::open(("/proc/self/fd/" + std::to_string(fd)).c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t got = ::pread(again, data.data(), data.size(), offset);
  ::close(again);
  if (got != n) ::abort();
  errno = saved;
  record(Op::Write, 0, file.handle, offset, {}, {}, data);
  return n;
}

std::size_t size_of(const iovec* parts, int count) {
  std::size_t size = 0;
  for (int i = 0; i < count; ++i)
    size += parts[i].iov_len;
  return size;
}

// The first `size` bytes of a scatter list.
std::vector<iovec> cut(const iovec* parts, int count, std::size_t size) {
  std::vector<iovec> cut(parts, parts + count);
  for (iovec& part : cut) {
    part.iov_len = std::min(part.iov_len, size);
    size -= part.iov_len;
  }
  return cut;
}

int resize_watched(int fd, off_t length, int (*real)(int, off_t)) {
  const Inside inside;
  if (inside.nested()) return real(fd, length);
  const std::lock_guard lock(one_call());
  const Opened file = opened(fd);
  if (file.handle < 0) return real(fd, length);
  if (inject(Kind::Write, file.path)) return -1;
  before_change();
  const int result = real(fd, length);
  if (result == 0) {
    record(Op::Resize, 0, file.handle, length, {});
  } else {
    no_change();
  }
  return result;
}

int sync_watched(int fd, int (*real)(int)) {
  const Inside inside;
  if (inside.nested()) return real(fd);
  const std::lock_guard lock(one_call());
  const Opened file = opened(fd);
  if (file.handle < 0) return real(fd);
  if (inject(Kind::Sync, file.path)) return -1;
  before_change();
  const int result = real(fd);
  if (result == 0) {
    record(Op::Sync, 0, file.handle, 0, {});
  } else {
    no_change();
  }
  return result;
}

// --- names

template <typename Call>
int change_name(Kind kind, Op op, const std::string& first, const std::string& second, Call call) {
  if (!watched(first) && !watched(second)) return call();
  const std::lock_guard lock(one_call());
  if (inject(kind, first)) return -1;
  before_change();
  const int result = call();
  if (result == 0) {
    record(op, 0, 0, 0, first, second);
  } else {
    no_change();
  }
  return result;
}

template <typename Call>
int one_name(Kind kind, Op op, int directory_fd, const char* path, Call call) {
  const Inside inside;
  if (inside.nested()) return call();
  return change_name(kind, op, absolute(directory_fd, path), {}, call);
}

template <typename Call>
int two_names(Op op, int from_fd, const char* from, int to_fd, const char* to, Call call) {
  const Inside inside;
  if (inside.nested()) return call();
  return change_name(Kind::Rename, op, absolute(from_fd, from), absolute(to_fd, to), call);
}

}  // namespace
}  // namespace pond::crash

using namespace pond::crash;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  static const auto real = next<int (*)(const char*, int, mode_t)>("open");
  return open_watched(AT_FDCWD, path, flags, [&] { return real(path, flags, mode); });
}
int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  static const auto real = next<int (*)(const char*, int, mode_t)>("open64");
  return open_watched(AT_FDCWD, path, flags, [&] { return real(path, flags, mode); });
}
int openat(int directory_fd, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  static const auto real = next<int (*)(int, const char*, int, mode_t)>("openat");
  return open_watched(directory_fd, path, flags,
                      [&] { return real(directory_fd, path, flags, mode); });
}
int openat64(int directory_fd, const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = mode_of(flags, arguments);
  va_end(arguments);
  static const auto real = next<int (*)(int, const char*, int, mode_t)>("openat64");
  return open_watched(directory_fd, path, flags,
                      [&] { return real(directory_fd, path, flags, mode); });
}
int creat(const char* path, mode_t mode) {
  return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
FILE* fopen(const char* path, const char* mode) {
  return fopen_watched("fopen", path, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  return fopen_watched("fopen64", path, mode);
}
DIR* opendir(const char* path) {
  static const auto real = next<DIR* (*)(const char*)>("opendir");
  const Inside inside;
  if (inside.nested()) return real(path);
  const std::string where = absolute(AT_FDCWD, path);
  if (!watched(where)) return real(path);
  const std::lock_guard lock(one_call());
  return inject(Kind::Open, where) ? nullptr : real(path);
}
int close(int fd) {
  static const auto real = next<int (*)(int)>("close");
  return close_watched(fd, [&] { return real(fd); });
}
int fclose(FILE* file) {
  static const auto real = next<int (*)(FILE*)>("fclose");
  return close_watched(::fileno(file), [&] { return real(file); });
}

ssize_t read(int fd, void* buffer, size_t size) {
  static const auto real = next<Read>("read");
  return read_watched(fd, size, [&](std::size_t n) { return real(fd, buffer, n); });
}
ssize_t pread(int fd, void* buffer, size_t size, off_t offset) {
  static const auto real = next<PositionedRead>("pread");
  return read_watched(fd, size, [&](std::size_t n) { return real(fd, buffer, n, offset); });
}
ssize_t pread64(int fd, void* buffer, size_t size, off64_t offset) {
  static const auto real = next<PositionedRead>("pread64");
  return read_watched(fd, size, [&](std::size_t n) { return real(fd, buffer, n, offset); });
}
ssize_t readv(int fd, const iovec* parts, int count) {
  static const auto real = next<Vector>("readv");
  return read_watched(fd, size_of(parts, count), [&](std::size_t n) {
    return real(fd, cut(parts, count, n).data(), count);
  });
}

ssize_t write(int fd, const void* bytes, size_t size) {
  static const auto real = next<Write>("write");
  return write_watched(fd, size, -1, [&](std::size_t n) { return real(fd, bytes, n); });
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  static const auto real = next<PositionedWrite>("pwrite");
  return write_watched(fd, size, offset, [&](std::size_t n) { return real(fd, bytes, n, offset); });
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  static const auto real = next<PositionedWrite>("pwrite64");
  return write_watched(fd, size, offset, [&](std::size_t n) { return real(fd, bytes, n, offset); });
}
ssize_t writev(int fd, const iovec* parts, int count) {
  static const auto real = next<Vector>("writev");
  return write_watched(fd, size_of(parts, count), -1, [&](std::size_t n) {
    return real(fd, cut(parts, count, n).data(), count);
  });
}
ssize_t sendfile(int to, int from, off_t* offset, size_t size) noexcept {
  static const auto real = next<ssize_t (*)(int, int, off_t*, size_t)>("sendfile");
  return write_watched(to, size, -1, [&](std::size_t n) { return real(to, from, offset, n); });
}
ssize_t sendfile64(int to, int from, off64_t* offset, size_t size) noexcept {
  static const auto real = next<ssize_t (*)(int, int, off64_t*, size_t)>("sendfile64");
  return write_watched(to, size, -1, [&](std::size_t n) { return real(to, from, offset, n); });
}
ssize_t copy_file_range(int from, off64_t* from_offset, int to, off64_t* to_offset, size_t size,
                        unsigned flags) {
  static const auto real =
      next<ssize_t (*)(int, off64_t*, int, off64_t*, size_t, unsigned)>("copy_file_range");
  return write_watched(to, size, to_offset != nullptr ? *to_offset : -1, [&](std::size_t n) {
    return real(from, from_offset, to, to_offset, n, flags);
  });
}
int ftruncate(int fd, off_t length) noexcept {
  static const auto real = next<int (*)(int, off_t)>("ftruncate");
  return resize_watched(fd, length, real);
}
int ftruncate64(int fd, off64_t length) noexcept {
  static const auto real = next<int (*)(int, off_t)>("ftruncate64");
  return resize_watched(fd, length, real);
}
int fsync(int fd) {
  static const auto real = next<int (*)(int)>("fsync");
  return sync_watched(fd, real);
}
int fdatasync(int fd) {
  static const auto real = next<int (*)(int)>("fdatasync");
  return sync_watched(fd, real);
}

int rename(const char* from, const char* to) noexcept {
  static const auto real = next<int (*)(const char*, const char*)>("rename");
  return two_names(Op::Rename, AT_FDCWD, from, AT_FDCWD, to, [&] { return real(from, to); });
}
int renameat(int from_fd, const char* from, int to_fd, const char* to) noexcept {
  static const auto real = next<int (*)(int, const char*, int, const char*)>("renameat");
  return two_names(Op::Rename, from_fd, from, to_fd, to,
                   [&] { return real(from_fd, from, to_fd, to); });
}
int renameat2(int from_fd, const char* from, int to_fd, const char* to, unsigned flags) noexcept {
  static const auto real = next<int (*)(int, const char*, int, const char*, unsigned)>("renameat2");
  return two_names(Op::Rename, from_fd, from, to_fd, to,
                   [&] { return real(from_fd, from, to_fd, to, flags); });
}
int link(const char* from, const char* to) noexcept {
  static const auto real = next<int (*)(const char*, const char*)>("link");
  return two_names(Op::Link, AT_FDCWD, from, AT_FDCWD, to, [&] { return real(from, to); });
}
int linkat(int from_fd, const char* from, int to_fd, const char* to, int flags) noexcept {
  static const auto real = next<int (*)(int, const char*, int, const char*, int)>("linkat");
  return two_names(Op::Link, from_fd, from, to_fd, to,
                   [&] { return real(from_fd, from, to_fd, to, flags); });
}
int unlink(const char* path) noexcept {
  static const auto real = next<int (*)(const char*)>("unlink");
  return one_name(Kind::Unlink, Op::Unlink, AT_FDCWD, path, [&] { return real(path); });
}
int unlinkat(int directory_fd, const char* path, int flags) noexcept {
  static const auto real = next<int (*)(int, const char*, int)>("unlinkat");
  return one_name(Kind::Unlink, (flags & AT_REMOVEDIR) != 0 ? Op::Rmdir : Op::Unlink, directory_fd,
                  path, [&] { return real(directory_fd, path, flags); });
}
int remove(const char* path) noexcept {
  static const auto real = next<int (*)(const char*)>("remove");
  struct stat info {};
  const bool directory = ::lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
  return one_name(Kind::Unlink, directory ? Op::Rmdir : Op::Unlink, AT_FDCWD, path,
                  [&] { return real(path); });
}
int mkdir(const char* path, mode_t mode) noexcept {
  static const auto real = next<int (*)(const char*, mode_t)>("mkdir");
  return one_name(Kind::Mkdir, Op::Mkdir, AT_FDCWD, path, [&] { return real(path, mode); });
}
int mkdirat(int directory_fd, const char* path, mode_t mode) noexcept {
  static const auto real = next<int (*)(int, const char*, mode_t)>("mkdirat");
  return one_name(Kind::Mkdir, Op::Mkdir, directory_fd, path,
                  [&] { return real(directory_fd, path, mode); });
}
int rmdir(const char* path) noexcept {
  static const auto real = next<int (*)(const char*)>("rmdir");
  return one_name(Kind::Unlink, Op::Rmdir, AT_FDCWD, path, [&] { return real(path); });
}

}  // extern "C"

#include "cli/host_files.h"

#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "pond/error.h"

namespace pond::cli {
namespace {

namespace stdfs = std::filesystem;

void write_stream(const stdfs::path& path, const std::function<void(std::ostream&)>& write) {
  errno = 0;
  std::ofstream out(path, std::ios::binary);
  if (!out) throw io_error("cannot write", path.string(), errno);
  write(out);
  errno = 0;
  out.close();
  if (!out) throw io_error("cannot write", path.string(), errno != 0 ? errno : EIO);
}

}  // namespace

ScratchFile::~ScratchFile() {
  std::error_code ignored;
  if (!path_.empty()) stdfs::remove(path_, ignored);
}

void ScratchFile::rename(const stdfs::path& to) {
  if (::rename(path_.c_str(), to.c_str()) != 0) throw io_error("cannot write", to.string(), errno);
  path_.clear();
}

void write_host_file(const stdfs::path& path, const std::function<void(std::ostream& out)>& write) {
  std::error_code error;
  if (stdfs::exists(path, error) && !stdfs::is_regular_file(path, error)) {
    if (stdfs::is_directory(path, error)) throw io_error("cannot write", path.string(), EISDIR);
    return write_stream(path, write);
  }
  if (path.has_parent_path()) {
    stdfs::create_directories(path.parent_path(), error);
    if (error) throw io_error("cannot make", path.parent_path().string(), error.value());
  }
  ScratchFile temporary(path.parent_path() /
                        ("." + path.filename().string() + "." + std::to_string(getpid()) + ".tmp"));
  write_stream(temporary.path(), write);
  temporary.rename(path);
}

void spool(const stdfs::path& from, const stdfs::path& file) {
  std::ifstream in(from, std::ios::binary);
  if (!in) throw io_error("cannot read", from.string(), errno);
  write_stream(file, [&](std::ostream& out) {
    if (in.peek() != std::ifstream::traits_type::eof()) out << in.rdbuf();
  });
}

}  // namespace pond::cli

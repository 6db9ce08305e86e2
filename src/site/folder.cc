#include "site/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "pond/error.h"

namespace pond::site {

namespace fs = std::filesystem;

namespace {

void rename_over(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) throw io_error("cannot replace", to, error.value());
}

}  // namespace

Folder::Folder(const fs::path& root, BuildReport& report) : root_(root), report_(report) {
  std::error_code error;
  fs::create_directories(root, error);
  if (error) throw io_error("cannot create", root, error.value());
  lock_ = Fd(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock_.valid()) throw io_error("cannot open", root, errno);
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(ErrorCode::Conflict, root.string() + ": another build of this site is under way",
                "wait for it, or build into another folder");
  }
}

void Folder::made(const std::string& file, std::uint64_t bytes, bool written) {
  if (!files_.insert(file).second) return;
  report_.bytes += bytes;
  if (written) {
    ++report_.files_written;
    report_.bytes_written += bytes;
  } else {
    ++report_.files_unchanged;
  }
}

void Folder::write(const std::string& file, std::string_view bytes) {
  const fs::path to = path(file);
  std::error_code error;
  if (fs::file_size(to, error) == bytes.size() && !error && read_file(to) == bytes) {
    return made(file, bytes.size(), false);
  }
  const fs::path from = temporary(file);
  {
    std::ofstream out(from, std::ios::binary | std::ios::trunc);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) throw io_error("cannot write", from, errno);
  }
  replace(file, from, bytes.size());
}

bool Folder::keep(const std::string& file, std::uint64_t bytes) {
  std::error_code error;
  if (fs::file_size(path(file), error) != bytes || error) return false;
  made(file, bytes, false);
  return true;
}

fs::path Folder::temporary(const std::string& file) {
  const fs::path to = path(file);
  std::error_code error;
  fs::create_directories(to.parent_path(), error);
  if (error) throw io_error("cannot create", to.parent_path(), error.value());
  // Always the same name, so that what a killed build leaves is overwritten by the next one.
  return to.parent_path() / ("." + to.filename().string() + ".tmp");
}

void Folder::replace(const std::string& file, const fs::path& temporary, std::uint64_t bytes) {
  rename_over(temporary, path(file));
  made(file, bytes, true);
}

void Folder::remove_stale(const std::vector<std::string>& before) {
  for (const std::string& file : before) {
    if (files_.contains(file) || file.empty() || file.front() == '/' ||
        file.find("..") != file.npos)
      continue;
    std::error_code error;
    if (fs::remove(path(file), error)) ++report_.files_removed;
    // Folders of the data that are empty now go too; others say no.
    fs::path parent = fs::path(file).parent_path();
    while (!parent.empty() && ::rmdir((root_ / parent).c_str()) == 0)
      parent = parent.parent_path();
  }
}

}  // namespace pond::site

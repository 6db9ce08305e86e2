// The ObjectStore of a directory on the host.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <mutex>
#include <set>

#include "base/file.h"
#include "delta/object_key.h"
#include "pond/error.h"
#include "pond/object_store.h"

namespace pond {
namespace {

namespace fs = std::filesystem;

// Names of files being written (base/file.h gives them this prefix): no objects yet.
constexpr std::string_view kTemporaryPrefix = ".tmp-";

std::int64_t modified_us(const struct stat& info) {
  return static_cast<std::int64_t>(info.st_mtim.tv_sec) * 1'000'000 + info.st_mtim.tv_nsec / 1000;
}

class LocalStore final : public ObjectStore {
 public:
  explicit LocalStore(fs::path directory) : directory_(std::move(directory)) {}

  std::string read(const std::string& key) const override {
    const fs::path path = path_of(key);
    std::string bytes = read_file(path);
    const std::lock_guard lock(mutex_);
    read_.insert(path.parent_path());
    return bytes;
  }

  std::string read_range(const std::string& key, std::uint64_t offset,
                         std::uint64_t length) const override {
    const fs::path path = path_of(key);
    const Fd fd = open_for_read(path);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) throw io_error("cannot read", path, errno);
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (offset >= size) return {};
    std::string bytes(std::min(length, size - offset), '\0');
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t n = ::pread(fd.get(), bytes.data() + done, bytes.size() - done,
                                static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw io_error("cannot read", path, errno);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    bytes.resize(done);
    return bytes;
  }

  std::optional<ObjectInfo> head(const std::string& key) const override {
    const fs::path path = path_of(key);
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
      throw io_error("cannot read", path, errno);
    }
    if (!S_ISREG(info.st_mode)) return std::nullopt;
    return ObjectInfo{key, static_cast<std::uint64_t>(info.st_size), modified_us(info)};
  }

  std::vector<ObjectInfo> list(const std::string& prefix) const override {
    return sorted_below(prefix, false);
  }

  std::vector<ObjectInfo> list_all(const std::string& prefix) const override {
    return sorted_below(prefix, true);
  }

  void put(const std::string& key, std::string_view bytes) override {
    const fs::path path = path_of(key);
    in_directory_of(path, [&] { put_durably(path, bytes); });
  }

  bool put_if_absent(const std::string& key, std::string_view bytes) override {
    const fs::path path = path_of(key);
    // Saves the losers of a race the writing and syncing of a file that could only be thrown away.
    if (::access(path.c_str(), F_OK) == 0) return false;
    bool written = false;
    in_directory_of(path, [&] { written = put_if_absent_durably(path, bytes); });
    return written;
  }

  void put_unsynced_name(const std::string& key, std::string_view bytes) override {
    const fs::path path = path_of(key);
    make_directories_unsynced(path.parent_path());
    Fd fd = create_exclusive(path);
    try {
      write_all(fd, bytes, path);
      sync_file(fd, path);
      fd.close(path);
    } catch (...) {
      ::unlink(path.c_str());
      throw;
    }
  }

  void sync_names(const std::vector<std::string>& keys) override {
    std::set<fs::path> directories;
    for (const auto& key : keys)
      directories.insert(path_of(key).parent_path());
    add_parents_of_made(directories);
    sync(directories);
  }

  void remove(const std::string& key) override {
    const fs::path path = path_of(key);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT && errno != ENOTDIR)
      throw io_error("cannot remove", path, errno);
  }

  void put_file(const std::string& key, const fs::path& source) override {
    const fs::path path = path_of(key);
    in_directory_of(path, [&] { copy_durably(source, path); });
  }

  void get_file(const std::string& key, const fs::path& target) const override {
    copy_durably(path_of(key), target);
  }

  std::optional<fs::path> local_path(const std::string& key) const override { return path_of(key); }

  std::string describe() const override { return directory_.string(); }

 private:
  fs::path path_of(const std::string& key) const {
    check_object_key(key);
    return directory_ / key;
  }

  std::vector<ObjectInfo> sorted_below(const std::string& prefix, bool all_levels) const {
    const std::size_t slash = prefix.rfind('/');
    const std::string parent = slash == std::string::npos ? "" : prefix.substr(0, slash + 1);
    if (!parent.empty()) check_object_key(parent.substr(0, parent.size() - 1));
    std::vector<ObjectInfo> found;
    add_objects(parent, std::string_view(prefix).substr(parent.size()), all_levels, found);
    std::sort(found.begin(), found.end(),
              [](const ObjectInfo& a, const ObjectInfo& b) { return a.key < b.key; });
    return found;
  }

  // The objects in the directory `parent` ("" or "…/") whose names start with `start`, and, on all
  // levels, those in its directories of such names.
  void add_objects(const std::string& parent, std::string_view start, bool all_levels,
                   std::vector<ObjectInfo>& found) const {
    const fs::path path = directory_ / parent;
    std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
    if (!directory) {
      if (errno == ENOENT || errno == ENOTDIR) return;
      throw io_error("cannot list", path, errno);
    }
    std::vector<std::string> directories;
    for (;;) {
      errno = 0;
      const dirent* item = ::readdir(directory.get());
      if (item == nullptr) {
        if (errno != 0) throw io_error("cannot list", path, errno);
        break;
      }
      const std::string_view name = item->d_name;
      if (!name.starts_with(start) || name.starts_with(kTemporaryPrefix)) continue;
      if (name == "." || name == "..") continue;
      struct stat info {};
      if (::fstatat(::dirfd(directory.get()), item->d_name, &info, 0) != 0) {
        if (errno == ENOENT) continue;  // removed since
        throw io_error("cannot read", path / name, errno);
      }
      if (S_ISDIR(info.st_mode) && all_levels)
        directories.push_back(parent + std::string(name) + "/");
      if (!S_ISREG(info.st_mode)) continue;
      found.push_back({parent + std::string(name), static_cast<std::uint64_t>(info.st_size),
                       modified_us(info)});
    }
    directory.reset();
    for (const std::string& below : directories)
      add_objects(below, "", true, found);
  }

  // Runs `write`, which makes `path` durable in its directory, and makes durable the way there.
  template <class Write>
  void in_directory_of(const fs::path& path, Write write) {
    create_directories_durably(path.parent_path());
    write();
    std::set<fs::path> directories{path.parent_path()};
    add_parents_of_made(directories);
    directories.erase(path.parent_path());
    sync(directories);
  }

  // Every directory made by put_unsynced_name on the way to `directories` is named by the one above
  // it.
  void add_parents_of_made(std::set<fs::path>& directories) {
    const std::lock_guard lock(mutex_);
    if (made_.empty()) return;
    for (fs::path above : std::set<fs::path>(directories)) {
      for (; !above.empty() && above != above.root_path(); above = above.parent_path()) {
        if (made_.contains(above)) directories.insert(above.parent_path());
      }
    }
  }

  void sync(const std::set<fs::path>& directories) {
    if (directories.empty()) return;
    for (const auto& directory : directories) {
      sync_directory(directory.empty() ? fs::path(".") : directory);
    }
    const std::lock_guard lock(mutex_);
    std::erase_if(made_,
                  [&](const fs::path& made) { return directories.contains(made.parent_path()); });
  }

  void make_directories_unsynced(const fs::path& directory) {
    if (directory.empty()) return;
    if (::mkdir(directory.c_str(), 0777) == 0) {
      const std::lock_guard lock(mutex_);
      made_.insert(directory);
      return;
    }
    if (errno == EEXIST) {
      // A directory of committed objects is durable, and who adds to it has read from it before.
      // Any other may have been made by a process that was killed before it synced the name.
      const std::lock_guard lock(mutex_);
      if (!read_.contains(directory)) made_.insert(directory);
      return;
    }
    if (errno != ENOENT || directory.parent_path() == directory)
      throw io_error("cannot create directory", directory, errno);
    make_directories_unsynced(directory.parent_path());
    make_directories_unsynced(directory);
  }

  const fs::path directory_;
  mutable std::mutex mutex_;
  std::set<fs::path> made_;  // directories whose name in the one above may not be durable yet
  mutable std::set<fs::path> read_;  // directories that an object was read from
};

}  // namespace

std::shared_ptr<ObjectStore> open_local_store(const fs::path& directory) {
  fs::path clean = directory.lexically_normal();
  if (!clean.has_filename() && clean.has_relative_path()) clean = clean.parent_path();
  return std::make_shared<LocalStore>(clean.empty() ? fs::path(".") : clean);
}

}  // namespace pond

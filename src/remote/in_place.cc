// Reading a pond where it is: a backup, or what is mounted.
#include <algorithm>
#include <cstdlib>

#include "base/sha256.h"
#include "pond/error.h"
#include "pond/remote.h"

namespace pond::remote {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kCacheBytes = std::uint64_t{1} << 30;

fs::path cache_directory(const Location& location) {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  const fs::path base = cache != nullptr && *cache != '\0' ? fs::path(cache)
                        : home != nullptr && *home != '\0' ? fs::path(home) / ".cache"
                                                           : fs::temp_directory_path();
  return base / "duckpond" / Sha256::of(location.endpoint + "\n" + location.url).substr(0, 16);
}

std::uint64_t cache_bytes() {
  const char* text = std::getenv("POND_CACHE_BYTES");
  if (text == nullptr || *text == '\0') return kCacheBytes;
  const long long bytes = std::strtoll(text, nullptr, 10);
  if (bytes <= 0) throw Error(ErrorCode::InvalidArgument, "POND_CACHE_BYTES is no number of bytes");
  return static_cast<std::uint64_t>(bytes);
}

// Of the files fetched, those longest not fetched again go while they are too many.
void bound(const fs::path& directory, std::uint64_t most) {
  struct File {
    fs::file_time_type time;
    std::uint64_t size;
    fs::path path;
  };
  std::vector<File> files;
  std::uint64_t total = 0;
  std::error_code none;
  for (fs::recursive_directory_iterator it(directory, none), end; it != end; it.increment(none)) {
    if (none) break;
    const std::string key = it->path().lexically_relative(directory).generic_string();
    if (!it->is_regular_file(none) || !(key.starts_with("content/") || key.starts_with("part_id=")))
      continue;
    files.push_back({it->last_write_time(none), it->file_size(none), it->path()});
    total += files.back().size;
  }
  std::sort(files.begin(), files.end(),
            [](const File& a, const File& b) { return a.time < b.time; });
  for (const File& file : files) {
    if (total <= most) break;
    fs::remove(file.path, none);
    total -= file.size;
  }
}

}  // namespace

std::shared_ptr<tinylogfs::OpLogBackend> open_in_place(const Location& location) {
  const auto store = open_store(location);
  const fs::path cache = cache_directory(location);
  try {
    bound(cache, cache_bytes());
    pull(store, cache, Depth::Log, {});
  } catch (const Error& error) {
    // Another pond has come to be there: the cache is of the old one.
    if (error.code() != ErrorCode::Conflict && error.code() != ErrorCode::Corrupt) throw;
    fs::remove_all(cache);
    pull(store, cache, Depth::Log, {});
  }
  return tinylogfs::OpLogBackend::open(cache, store);
}

}  // namespace pond::remote

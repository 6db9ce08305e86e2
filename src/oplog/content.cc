// Content files: immutable, named by the hash of their bytes, below POND/content.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cctype>
#include <future>

#include "base/file.h"
#include "base/sha256.h"
#include "oplog/content.h"
#include "oplog/state.h"
#include "pond/error.h"
#include "pond/oplog.h"

namespace pond::oplog {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBlock = std::size_t{4} << 20U;

// Reads a file to its end, hashing one block in another thread while `consume` gets it in this one.
template <typename Consume>
OpLog::Content hash_file(const fs::path& path, Consume consume) {
  const Fd source = open_for_read(path);
  ::posix_fadvise(source.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  std::array<std::string, 2> blocks{std::string(kBlock, '\0'), std::string(kBlock, '\0')};
  Sha256 hash;
  OpLog::Content content;
  std::future<void> hashing;
  for (std::size_t turn = 0;; ++turn) {
    auto& block = blocks[turn % 2];
    const std::size_t filled = read_some(source, block, path);
    if (hashing.valid()) hashing.get();
    if (filled == 0) break;
    const std::string_view bytes(block.data(), filled);
    if (filled < kBlock) {
      hash.update(bytes);
    } else {
      hashing = std::async(std::launch::async, [&hash, bytes] { hash.update(bytes); });
    }
    try {
      consume(bytes, static_cast<std::uint64_t>(content.size));
    } catch (...) {
      if (hashing.valid()) hashing.wait();
      throw;
    }
    content.size += static_cast<std::int64_t>(filled);
  }
  content.hash = hash.finish();
  return content;
}

std::string location_of(const std::string& hash, const std::string& extension) {
  return "content/" + hash.substr(0, 2) + "/" + hash + extension;
}

// Names a synced staging file after its content; one that is there already has the same bytes.
void publish(const fs::path& staged, const fs::path& target) {
  create_directories_durably(target.parent_path());
  if (!rename_if_absent(staged, target)) fs::remove(staged);
  sync_directory(target.parent_path());
}

}  // namespace

std::string hash_of_file(const fs::path& path) {
  return hash_file(path, [](std::string_view, std::uint64_t) {}).hash;
}

fs::path OpLog::staging_path(const std::string& extension) const {
  state_->lock.write();
  const fs::path directory = state_->directory / "content";
  create_directories_durably(directory);
  return directory / (".tmp-" + Uuid::v7().to_string() + extension);
}

OpLog::Content OpLog::adopt_staged(const fs::path& staged, const std::string& extension) {
  {
    const Fd fd = open_for_read(staged);
    ::sync_file_range(fd.get(), 0, 0, SYNC_FILE_RANGE_WRITE);  // the disk writes while we hash
  }
  Content content = hash_file(staged, [](std::string_view, std::uint64_t) {});
  content.location = location_of(content.hash, extension);
  const Fd fd = open_for_read(staged);
  sync_file(fd, staged);
  publish(staged, content_path(content.location));
  return content;
}

OpLog::Content OpLog::adopt_copy(const fs::path& source, const std::string& extension) {
  const fs::path staged = staging_path(extension);
  try {
    Fd target = create_exclusive(staged);
    Content content = hash_file(source, [&](std::string_view bytes, std::uint64_t offset) {
      write_all(target, bytes, staged);
      // Starts the write-back of this block now, so that the fsync below finds little left to do.
      ::sync_file_range(target.get(), static_cast<off64_t>(offset),
                        static_cast<off64_t>(bytes.size()), SYNC_FILE_RANGE_WRITE);
    });
    sync_file(target, staged);
    target.close(staged);
    content.location = location_of(content.hash, extension);
    publish(staged, content_path(content.location));
    return content;
  } catch (...) {
    std::error_code ignored;
    fs::remove(staged, ignored);
    throw;
  }
}

fs::path OpLog::content_path(const std::string& location) const {
  // A row of a damaged or foreign pond must not lead out of it.
  static constexpr std::string_view kPrefix = "content/";
  const auto inside = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  std::string_view rest(location);
  bool good = rest.starts_with(kPrefix);
  for (const char c : good ? rest.substr(kPrefix.size()) : rest)
    good = good && (inside(c) || c == '/' || c == '.' || c == '-');
  if (!good || rest.find("..") != std::string_view::npos)
    throw Error(ErrorCode::Corrupt, "'" + location + "' is not the place of a content file");
  return state_->directory / location;
}

fs::path OpLog::content_file(const std::string& location) const {
  const fs::path path = content_path(location);
  return state_->partial ? *state_->table.store().local_path(location) : path;
}

}  // namespace pond::oplog

// Where a Delta table's files are: a flat namespace of immutable objects, by key
// ("_delta_log/0….json"). The local directory is one; an S3 prefix is another.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pond {

struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  std::int64_t modified_us = 0;
};

// Several threads may use one store at once.
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  virtual std::string read(const std::string& key) const = 0;  // NotFound, Io, Remote
  // Up to `length` bytes from `offset`; fewer at the end of the object.
  virtual std::string read_range(const std::string& key, std::uint64_t offset,
                                 std::uint64_t length) const = 0;
  virtual std::optional<ObjectInfo> head(const std::string& key) const = 0;
  // Keys that start with `prefix` (one level: up to the next '/' is not crossed), sorted.
  virtual std::vector<ObjectInfo> list(const std::string& prefix) const = 0;
  // Every key that starts with `prefix`, on all levels, sorted.
  virtual std::vector<ObjectInfo> list_all(const std::string& prefix) const = 0;

  // Durable when it returns: the bytes, the name, and every directory made on the way. Atomic: a
  // reader or a power cut sees the object whole or not at all.
  virtual void put(const std::string& key, std::string_view bytes) = 0;
  virtual bool put_if_absent(const std::string& key,
                             std::string_view bytes) = 0;  // false: it exists
  // Writes a new object whose name is unique (a UUID in it), leaving the directory unsynced so that
  // several can share one sync_directories(); not visible to anybody until a log entry names it.
  virtual void put_unsynced_name(const std::string& key, std::string_view bytes) = 0;
  // Makes durable the names of the keys given (for a local store: fsync of their directories, each
  // once).
  virtual void sync_names(const std::vector<std::string>& keys) = 0;
  virtual void remove(const std::string& key) = 0;  // no error when absent

  // Puts the bytes of a host file, durably and atomically as put() does, in bounded memory whatever
  // its size. The file must not change meanwhile. NotFound, Io, Remote.
  virtual void put_file(const std::string& key, const std::filesystem::path& source) = 0;
  // Writes an object's bytes as the host file `target`, in bounded memory: durable when it returns;
  // until then `target`, whose directory has to exist, is what it was. NotFound, Io, Remote.
  virtual void get_file(const std::string& key, const std::filesystem::path& target) const = 0;

  // The host file behind a key, where the store has such a thing.
  virtual std::optional<std::filesystem::path> local_path(const std::string& key) const = 0;
  virtual std::string describe() const = 0;  // for messages: the directory or the URL
};

// A directory of the host. Keys become paths below it.
std::shared_ptr<ObjectStore> open_local_store(const std::filesystem::path& directory);

}  // namespace pond

// Objects in memory, for targets that read a Delta table. For one thread.
#pragma once

#include <map>

#include "base/file.h"
#include "pond/error.h"
#include "pond/object_store.h"

namespace pond::fuzz {

class MemoryStore : public ObjectStore {
 public:
  std::map<std::string, std::string> objects;

  std::string read(const std::string& key) const override {
    const auto found = objects.find(key);
    if (found == objects.end()) throw Error(ErrorCode::NotFound, "no object " + key);
    return found->second;
  }
  std::string read_range(const std::string& key, std::uint64_t offset,
                         std::uint64_t length) const override {
    const std::string all = read(key);
    return offset < all.size() ? all.substr(offset, length) : std::string();
  }
  std::optional<ObjectInfo> head(const std::string& key) const override {
    const auto found = objects.find(key);
    if (found == objects.end()) return std::nullopt;
    return ObjectInfo{key, found->second.size(), 0};
  }
  std::vector<ObjectInfo> list(const std::string& prefix) const override {
    std::vector<ObjectInfo> found;
    for (const auto& [key, bytes] : objects) {
      if (key.starts_with(prefix) && key.find('/', prefix.size()) == std::string::npos)
        found.push_back({key, bytes.size(), 0});
    }
    return found;
  }
  std::vector<ObjectInfo> list_all(const std::string& prefix) const override {
    std::vector<ObjectInfo> found;
    for (const auto& [key, bytes] : objects) {
      if (key.starts_with(prefix)) found.push_back({key, bytes.size(), 0});
    }
    return found;
  }
  void put(const std::string& key, std::string_view bytes) override { objects[key] = bytes; }
  bool put_if_absent(const std::string& key, std::string_view bytes) override {
    return objects.emplace(key, bytes).second;
  }
  void put_unsynced_name(const std::string& key, std::string_view bytes) override {
    put(key, bytes);
  }
  void sync_names(const std::vector<std::string>&) override {}
  void remove(const std::string& key) override { objects.erase(key); }
  void put_file(const std::string& key, const std::filesystem::path& source) override {
    put(key, read_file(source));
  }
  void get_file(const std::string& key, const std::filesystem::path& target) const override {
    put_durably(target, read(key));
  }
  std::optional<std::filesystem::path> local_path(const std::string&) const override {
    return std::nullopt;
  }
  std::string describe() const override { return "memory"; }
};

}  // namespace pond::fuzz

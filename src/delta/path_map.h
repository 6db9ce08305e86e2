// A persistent map of file actions by key: versions share what they have in common.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pond/delta.h"

namespace pond::delta {

// PROTOCOL.md#action-reconciliation: one live file for each path, and tombstones of its logical
// files, which differ in their deletion vectors.
inline const std::string& map_key(const AddFile& file) {
  return file.path;
}
inline std::string map_key(const std::string& path, const std::optional<DeletionVector>& vector) {
  return vector ? path + '\0' + vector->unique_id() : path;
}
inline std::string map_key(const RemoveFile& file) {
  return map_key(file.path, file.deletion_vector);
}

// A sorted vector and a few changes on top of it, merged when somebody asks for all. Deriving a
// version costs the size of the changes since the last merge. Safe to read from several threads.
template <class T>
class PathMap {
 public:
  using Changes = std::map<std::string, std::optional<T>>;  // nullopt: the key is gone
  using Keep = std::function<bool(const T&)>;

  PathMap() : base_(std::make_shared<std::vector<T>>()) {}

  // `older` with `changes` applied. What `keep` rejects disappears at the merge.
  PathMap(const PathMap& older, const Changes& changes, Keep keep = {}) : keep_(std::move(keep)) {
    {
      const std::lock_guard lock(older.mutex_);
      if (older.merged_) {
        base_ = older.merged_;
      } else {
        base_ = older.base_;
        changes_ = older.changes_;
      }
    }
    for (const auto& [key, value] : changes)
      changes_.insert_or_assign(key, value);
    if (changes_.size() > kMaxChanges + base_->size() / 4) {
      base_ = merge();
      changes_.clear();
    }
  }

  PathMap& operator=(const PathMap&) = delete;

  // Sorted by key. The reference is good as long as this map.
  const std::vector<T>& all() const {
    const std::lock_guard lock(mutex_);
    if (!merged_) merged_ = merge();
    return *merged_;
  }

  const T* find(const std::string& key) const {
    const auto change = changes_.find(key);
    if (change != changes_.end()) return change->second ? &*change->second : nullptr;
    const auto it =
        std::lower_bound(base_->begin(), base_->end(), key,
                         [](const T& a, const std::string& k) { return map_key(a) < k; });
    return it != base_->end() && map_key(*it) == key ? &*it : nullptr;
  }

 private:
  static constexpr std::size_t kMaxChanges = 64;

  std::shared_ptr<const std::vector<T>> merge() const {
    const auto keeps = [&](const T& value) { return !keep_ || keep_(value); };
    if (changes_.empty() && std::all_of(base_->begin(), base_->end(), keeps)) return base_;
    auto merged = std::make_shared<std::vector<T>>();
    merged->reserve(base_->size() + changes_.size());
    auto old = base_->begin();
    const auto take_old_before = [&](const std::string& key) {
      for (; old != base_->end() && map_key(*old) < key; ++old) {
        if (keeps(*old)) merged->push_back(*old);
      }
    };
    for (const auto& [key, value] : changes_) {
      take_old_before(key);
      if (old != base_->end() && map_key(*old) == key) ++old;
      if (value && keeps(*value)) merged->push_back(*value);
    }
    for (; old != base_->end(); ++old) {
      if (keeps(*old)) merged->push_back(*old);
    }
    return merged;
  }

  std::shared_ptr<const std::vector<T>> base_;
  Changes changes_;
  Keep keep_;
  mutable std::mutex mutex_;
  mutable std::shared_ptr<const std::vector<T>> merged_;
};

}  // namespace pond::delta

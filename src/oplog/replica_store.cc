#include "oplog/replica_store.h"

#include <mutex>

#include "base/file.h"
#include "delta/log_names.h"
#include "pond/error.h"

namespace pond::oplog {
namespace {

namespace fs = std::filesystem;

class ReplicaStore final : public ObjectStore {
 public:
  ReplicaStore(const fs::path& directory, std::shared_ptr<ObjectStore> beyond)
      : local_(open_local_store(directory)), beyond_(std::move(beyond)) {}

  std::string read(const std::string& key) const override {
    if (is_local(key)) return local_->read(key);
    if (is_log(key)) {
      // The newest entry of the directory is followed by no other, whatever `beyond` has by now.
      if (key > newest_entry())
        throw Error(ErrorCode::NotFound, "no such file: " + local_->describe() + "/" + key);
      return beyond_->read(key);
    }
    fetch(key);
    return local_->read(key);
  }

  std::string read_range(const std::string& key, std::uint64_t offset,
                         std::uint64_t length) const override {
    return is_local(key) ? local_->read_range(key, offset, length)
                         : beyond_->read_range(key, offset, length);
  }

  std::optional<ObjectInfo> head(const std::string& key) const override {
    if (auto here = local_->head(key)) return here;
    return is_log(key) ? std::nullopt : beyond_->head(key);
  }

  std::vector<ObjectInfo> list(const std::string& prefix) const override {
    return is_log(prefix) ? local_->list(prefix) : beyond_->list(prefix);
  }
  std::vector<ObjectInfo> list_all(const std::string& prefix) const override {
    return is_log(prefix) ? local_->list_all(prefix) : beyond_->list_all(prefix);
  }

  void put(const std::string& key, std::string_view) override { refuse(key); }
  bool put_if_absent(const std::string& key, std::string_view) override { refuse(key); }
  void put_unsynced_name(const std::string& key, std::string_view) override { refuse(key); }
  void sync_names(const std::vector<std::string>&) override {}
  void remove(const std::string& key) override { refuse(key); }
  void put_file(const std::string& key, const fs::path&) override { refuse(key); }
  void get_file(const std::string& key, const fs::path& target) const override {
    fetch(key);
    local_->get_file(key, target);
  }

  // Fetches the file first.
  std::optional<fs::path> local_path(const std::string& key) const override {
    if (!is_local(key)) fetch(key);
    return local_->local_path(key);
  }

  std::string describe() const override { return beyond_->describe(); }

 private:
  static bool is_log(const std::string& key) { return key.starts_with(delta::kLogPrefix); }
  bool is_local(const std::string& key) const { return local_->head(key).has_value(); }

  void fetch(const std::string& key) const {
    const fs::path target = *local_->local_path(key);
    fs::create_directories(target.parent_path());
    beyond_->get_file(key, target);
  }

  const std::string& newest_entry() const {
    std::call_once(listed_, [&] {
      const auto latest = delta::list_log(*local_).latest();
      if (latest >= 0) newest_entry_ = delta::entry_key(latest);
    });
    return newest_entry_;
  }

  [[noreturn]] void refuse(const std::string& key) const {
    throw Error(ErrorCode::ReadOnly,
                "read-only: " + beyond_->describe() + " (" + key + " cannot be written)",
                "restore it to a directory, and change that");
  }

  std::shared_ptr<ObjectStore> local_, beyond_;
  mutable std::once_flag listed_;
  mutable std::string newest_entry_;
};

}  // namespace

std::shared_ptr<ObjectStore> open_replica_store(const fs::path& directory,
                                                std::shared_ptr<ObjectStore> beyond) {
  return std::make_shared<ReplicaStore>(directory, std::move(beyond));
}

}  // namespace pond::oplog

// Every object of a backup, held against its hash.
#include <map>
#include <set>

#include "base/sha256.h"
#include "delta/actions_json.h"
#include "delta/checkpoint.h"
#include "delta/log.h"
#include "delta/log_names.h"
#include "oplog/history.h"
#include "oplog/state.h"
#include "pond/error.h"
#include "pond/remote.h"
#include "remote/lineage.h"

namespace pond::remote {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{8} << 20;
constexpr std::size_t kHashDigits = 64;

class Verify {
 public:
  Verify(const std::shared_ptr<ObjectStore>& store, const std::filesystem::path& scratch,
         const ProgressFunction& progress)
      : store_(store), scratch_(scratch), progress_(progress) {}

  VerifyReport run() {
    for (auto& object : store_->list_all("")) {
      total_ += object.size;
      objects_.emplace(object.key, object);
    }
    const PullReport pulled = pull(store_, scratch_, Depth::Log, {});
    report_.tip = pulled.tip;
    const auto log = oplog::OpLog::open(scratch_, store_);
    gather_hashes(log);
    CheckOptions options;
    options.content = [&](const oplog::Record& row) { return content_harm(row); };
    CheckReport tree = check_pond(log, options);
    report_.root = tree.root;
    for (const auto& [key, object] : objects_)
      check_object(key, object);
    // A damaged object may show more than once: by itself first.
    for (auto& damage : tree.damages)
      if (!named_.contains(damage.where)) report_.damages.push_back(std::move(damage));
    return report_;
  }

 private:
  void damage(const std::string& key, const std::string& what) {
    if (named_.insert(key).second) report_.damages.push_back({key, what});
  }

  // Hashes of all files of rows that any commit has added, and the texts of old entries.
  void gather_hashes(const oplog::OpLog& log) {
    const auto learn = [&](const std::string& text, const std::string& where) {
      try {
        for (const auto& action : delta::from_json_lines(text, where))
          if (const auto* add = std::get_if<delta::AddFile>(&action))
            if (const auto hash = add->tags.find(std::string(oplog::kHashTag));
                hash != add->tags.end())
              hashes_.emplace(add->path, hash->second);
      } catch (const Error& error) {
        damage(where, error.what());
      }
    };
    oplog::History history(*store_);
    for (const auto& file : history.files()) {
      try {
        for (auto& [version, text] : history.read(file)) {
          learn(text, file.key);
          texts_.emplace(version, std::move(text));
        }
      } catch (const Error& error) {
        damage(file.key, error.what());
      }
    }
    for (const auto& [key, object] : objects_)
      if (key.starts_with(delta::kLogPrefix) && key.ends_with(".json"))
        learn(store_->read(key), key);
    for (const auto& file : log.snapshot().files())
      if (const auto hash = file.tags.find(std::string(oplog::kHashTag)); hash != file.tags.end())
        hashes_.emplace(file.path, hash->second);
  }

  std::string content_harm(const oplog::Record& row) const {
    const auto object = objects_.find(row.location);
    if (object == objects_.end()) return "is missing";
    return object->second.size == static_cast<std::uint64_t>(row.size)
               ? ""
               : "has " + std::to_string(object->second.size) + " bytes, not " +
                     std::to_string(row.size);
  }

  std::string hash_of(const std::string& key, std::uint64_t size) const {
    Sha256 hash;
    for (std::uint64_t at = 0; at < size; at += kPiece)
      hash.update(store_->read_range(key, at, kPiece));
    return hash.finish();
  }

  void check_object(const std::string& key, const ObjectInfo& object) {
    try {
      if (key.starts_with("content/")) {
        const std::string name = key.substr(key.rfind('/') + 1);
        if (name.size() < kHashDigits || hash_of(key, object.size) != name.substr(0, kHashDigits))
          damage(key, "differs from the hash in its name");
      } else if (key.starts_with("part_id=")) {
        const auto hash = hashes_.find(key);
        // One that no commit names was left by a push that was cut off.
        if (hash != hashes_.end() && hash_of(key, object.size) != hash->second)
          damage(key, "is not what was written: its SHA-256 differs");
      } else if (key == delta::kLastCheckpointKey) {
        const auto last = delta::Log(*store_).last_checkpoint();
        if (!last || !objects_.contains(last->keys.front()))
          damage(key, "names no checkpoint that is there");
      } else if (key.starts_with(delta::kLogPrefix)) {
        check_log_file(key);
      }
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Corrupt && error.code() != ErrorCode::NotFound) throw;
      damage(key, error.what());
    }
    ++report_.objects;
    report_.bytes += object.size;
    if (progress_) progress_(report_.bytes, total_);
  }

  void check_log_file(const std::string& key) {
    const auto listing = delta::list_log(*store_);
    for (const auto& checkpoint : listing.checkpoints) {
      if (checkpoint.keys.front() != key) continue;
      // One program writes the same state in the same bytes.
      const std::string bytes = store_->read(key);
      delta::CheckpointBytes again =
          delta::write_checkpoint(delta::Table::open(store_).snapshot_at(checkpoint.version));
      if (again.bytes != bytes) damage(key, "is not what was written");
      return;
    }
    if (!key.ends_with(".json")) return;
    const std::int64_t version = std::stoll(key.substr(delta::kLogPrefix.size()));
    const auto old = texts_.find(version);
    if (old != texts_.end() && store_->read(key) != old->second)
      damage(key, "differs from what the history says");
  }

  std::shared_ptr<ObjectStore> store_;
  std::filesystem::path scratch_;
  const ProgressFunction& progress_;
  std::map<std::string, ObjectInfo> objects_;
  std::map<std::string, std::string> hashes_;
  std::map<std::int64_t, std::string> texts_;
  std::set<std::string> named_;
  VerifyReport report_;
  std::uint64_t total_ = 0;
};

}  // namespace

VerifyReport verify(const std::shared_ptr<ObjectStore>& store, const std::filesystem::path& scratch,
                    const ProgressFunction& progress) {
  return Verify(store, scratch, progress).run();
}

}  // namespace pond::remote

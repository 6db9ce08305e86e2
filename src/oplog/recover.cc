// recover: back to the newest transaction that is whole, keeping what came after it aside.
#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "base/file.h"
#include "delta/log.h"
#include "delta/log_names.h"
#include "oplog/pond_lock.h"
#include "oplog/row_files.h"
#include "pond/check.h"
#include "pond/error.h"
#include "pond/time.h"

namespace pond {
namespace {

namespace fs = std::filesystem;

class Recovery {
 public:
  Recovery(fs::path directory, bool unreadable)
      : directory_(std::move(directory)),
        unreadable_(unreadable),
        store_(open_local_store(directory_)),
        listing_(delta::list_log(*store_)) {
    if (listing_.empty())
      throw Error(ErrorCode::NotFound, "not a pond: " + directory_.string(),
                  "name one with --pond DIR or $POND");
  }

  RecoverReport find() {
    RecoverReport report;
    report.newest = listing_.latest();
    const std::int64_t oldest = listing_.oldest_readable().value_or(report.newest);
    for (std::int64_t version = report.newest; version >= oldest; --version) {
      if (auto snapshot = whole(version, report.damages)) {
        report.good = version;
        snapshot_ = std::move(snapshot);
        return report;
      }
    }
    throw Error(ErrorCode::Corrupt, "no transaction of " + directory_.string() + " is whole",
                report.damages.empty()
                    ? "restore it from a backup"
                    : report.damages.front().where + ": " + report.damages.front().what +
                          "; restore it from a backup");
  }

  // Moves everything that belongs to later transactions only.
  void set_aside(RecoverReport& report) {
    std::vector<std::string> keys;
    for (const std::int64_t version : listing_.entries)
      if (version > report.good) keys.push_back(delta::entry_key(version));
    for (const auto& checkpoint : listing_.checkpoints)
      if (checkpoint.version > report.good)
        keys.insert(keys.end(), checkpoint.keys.begin(), checkpoint.keys.end());
    std::set<std::string> known;
    for (const auto& file : snapshot_->files())
      known.insert(file.path);
    for (const auto& tombstone : snapshot_->tombstones())
      known.insert(tombstone.path);
    for (const auto& item : fs::directory_iterator(directory_)) {
      const std::string part = item.path().filename().string();
      if (!part.starts_with("part_id=")) continue;
      for (const auto& object : store_->list(part + "/"))
        if (!known.contains(object.key)) keys.push_back(object.key);
    }
    // A hint at what is not there any more would be worse than none.
    if (store_->head(std::string(delta::kLastCheckpointKey)))
      keys.emplace_back(delta::kLastCheckpointKey);
    if (keys.empty()) return;
    std::string when = format_time(now_us());
    std::erase(when, ':');
    const fs::path aside = directory_ / "recovered" / when;
    // The newest first: whatever interrupts this leaves a log without a gap.
    std::sort(keys.begin(), keys.end(), std::greater<>());
    std::stable_partition(keys.begin(), keys.end(),
                          [](const auto& key) { return key.starts_with(delta::kLogPrefix); });
    std::set<fs::path> changed;
    for (const auto& key : keys) {
      const fs::path target = aside / key;
      create_directories_durably(target.parent_path());
      std::error_code error;
      fs::rename(directory_ / key, target, error);
      if (error) throw io_error("cannot set aside", directory_ / key, error.value());
      changed.insert(target.parent_path());
      changed.insert((directory_ / key).parent_path());
      report.set_aside.push_back(key);
    }
    for (const auto& changed_directory : changed)
      sync_directory(changed_directory);
    report.aside = aside.string();
  }

 private:
  // The snapshot when its log can be read and all its files are there and unharmed.
  std::optional<delta::Snapshot> whole(std::int64_t version, std::vector<Damage>& damages) {
    std::optional<delta::Snapshot> snapshot;
    try {
      snapshot.emplace(delta::Log(*store_).at(version));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Corrupt && error.code() != ErrorCode::NotFound) throw;
      damages.push_back({delta::entry_key(version), error.what()});
      return std::nullopt;
    }
    bool good = true;
    for (const auto& file : snapshot->files()) {
      const auto [verdict, fresh] = verdicts_.try_emplace(file.path);
      if (fresh) {
        verdict->second = harm_of(file);
        if (!verdict->second.empty()) damages.push_back({file.path, verdict->second});
      }
      good = good && verdict->second.empty();
    }
    if (!good) return std::nullopt;
    return snapshot;
  }

  std::string harm_of(const delta::AddFile& file) const {
    try {
      return oplog::harm_of(directory_, file, false);
    } catch (const Error& error) {
      if (unreadable_) return error.what();
      throw Error(error.code(), error.what(),
                  "try again; if the disk has failed, 'pond recover --unreadable' does without it");
    }
  }

  fs::path directory_;
  bool unreadable_;
  std::shared_ptr<ObjectStore> store_;
  delta::LogListing listing_;
  std::optional<delta::Snapshot> snapshot_;
  std::map<std::string, std::string> verdicts_;  // by file; empty: unharmed
};

}  // namespace

RecoverReport recover_pond(const fs::path& directory, const RecoverOptions& options) {
  const fs::path where = fs::absolute(directory).lexically_normal();
  // Before the lock, which would leave its file where there is no pond.
  Recovery recovery(where, options.unreadable);
  oplog::PondLock lock(where);
  RecoverReport report = recovery.find();
  if (options.dry_run || report.good == report.newest) return report;
  if (!lock.sweep())
    throw Error(ErrorCode::Conflict, "another process writes to " + where.string(),
                "stop it, and try again");
  recovery.set_aside(report);
  return report;
}

}  // namespace pond

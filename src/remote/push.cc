// From this pond to a backup: data first, then the log.
//
// A push of one commit puts the commit's own log entry there. A push of more goes from the backup's
// state to the newest by one entry, a jump, since the states between may be gone from this pond;
// then a checkpoint of the newest state takes its place, and the jump is replaced by the entry that
// belongs there. Either way the first entry is put only if absent: of two that push, one is first.
#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/parallel.h"
#include "delta/actions_json.h"
#include "delta/log_names.h"
#include "oplog/commit_info.h"
#include "oplog/history.h"
#include "oplog/record.h"
#include "oplog/row_files.h"
#include "pond/error.h"
#include "pond/remote.h"
#include "pond/time.h"
#include "remote/lineage.h"

namespace pond::remote {
namespace {

constexpr std::int64_t kCheckpointInterval = 10;
constexpr std::size_t kFewContents = 3;  // asked for one by one; of more, all are listed
constexpr std::size_t kUploads = 4;      // at once
constexpr std::int64_t kDayUs = std::int64_t{86'400} * 1'000'000;

class Push {
 public:
  Push(const oplog::OpLog& log, Remote& remote, const ProgressFunction& progress)
      : log_(log),
        remote_(remote),
        progress_(progress),
        store_(open_store(remote.location)),
        newest_(tip_at(log, log.txn())) {}

  PushReport run() {
    look();
    report_.commits = log_.txn() - standing_.tip.txn;
    if (report_.commits > 0 || standing_.jump) {
      if (!standing_.jump && report_.commits == 1 && standing_.version >= 0) {
        push_commit();
      } else {
        push_jump();
      }
    }
    report_.tip = newest_;
    remote_.pushed = newest_;
    if (remote_.keep && now_us() - remote_.pruned_us > kDayUs) {
      report_.removed = prune(*store_, *remote_.keep);
      remote_.pruned_us = now_us();
    }
    return report_;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::Conflict, remote_.location.url + " does not match this pond: " + why,
                "nothing was sent. Give this pond a backup of its own: 'pond backup add NAME "
                "URL' with another prefix; or 'pond restore URL' what is there into a new one");
  }

  // Where the backup stands, and whether this pond goes on from there.
  void look() {
    if (remote_.pushed.txn >= 0) {
      const std::string key = delta::entry_key(remote_.pushed.txn);
      if (const auto text = read_if_there(*store_, key)) {
        const Standing there = standing_of(
            remote_.pushed.txn, oplog::commit_info_of(delta::from_json_lines(*text, key)));
        // When there is something to send, that will show whether somebody was here.
        if (!there.jump && there.tip == remote_.pushed &&
            (there.tip.txn < log_.txn() ||
             !store_->head(delta::entry_key(there.tip.txn + 1)).has_value())) {
          standing_ = there;
          return check_lineage();
        }
      }
    }
    try {
      theirs_ = delta::Table::open(store_).snapshot();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::NotFound) throw;
      standing_ = {};
      return;
    }
    standing_ = standing_of(theirs_->version(), theirs_->commit_info());
    check_lineage();
  }

  void check_lineage() const {
    const Tip& there = standing_.tip;
    if (there.txn < 0 || there.chain.empty()) refuse("it holds no pond");
    if (there.txn > log_.txn())
      refuse("it is at transaction " + std::to_string(there.txn) + ", this pond at " +
             std::to_string(log_.txn()) + "; another copy of this pond has pushed");
    if (tip_at(log_, there.txn) != there)
      refuse("transaction " + std::to_string(there.txn) +
             " there is not the one here; another pond has pushed");
  }

  // The commit after the backup's newest, as it is.
  void push_commit() {
    const auto text = log_.entry_text(log_.txn());
    if (!text) throw Error(ErrorCode::Corrupt, "the log lacks its newest entry");
    std::vector<delta::AddFile> added;
    const std::string key = delta::entry_key(log_.txn());
    for (auto& action : delta::from_json_lines(*text, key))
      if (auto* add = std::get_if<delta::AddFile>(&action)) added.push_back(std::move(*add));
    send_data(added);
    if (!store_->put_if_absent(key, *text) && read_if_there(*store_, key) != *text)
      refuse("another copy of this pond has pushed transaction " + std::to_string(log_.txn()));
    count(text->size());
    if (log_.txn() - remote_.checkpoint < kCheckpointInterval) return;
    send_history();
    delta::Table::put_checkpoint(*store_, log_.snapshot());
    remote_.checkpoint = log_.txn();
  }

  void push_jump() {
    const bool fresh = standing_.version < 0;
    if (!fresh && !theirs_) theirs_ = delta::Table::open(store_).snapshot();
    std::int64_t jump = standing_.version;
    // A jump to the newest state was made already, and then the push was cut off.
    if (!standing_.jump || standing_.tip.txn != log_.txn()) {
      jump = standing_.version + 1;
      std::set<std::string> known;
      if (!fresh)
        for (const auto& file : theirs_->files())
          known.insert(file.path);
      std::vector<delta::Action> actions;
      std::vector<delta::AddFile> added;
      const delta::Metadata& metadata = log_.snapshot().metadata();
      if (fresh) actions.emplace_back(log_.snapshot().protocol());
      if (fresh || metadata.id != theirs_->metadata().id ||
          metadata.configuration != theirs_->metadata().configuration)
        actions.emplace_back(metadata);
      for (const auto& file : log_.snapshot().files()) {
        if (known.erase(file.path) > 0) continue;
        added.push_back(file);
        actions.emplace_back(file);
      }
      const std::int64_t now_ms = now_us() / 1000;
      if (!fresh)
        for (const auto& file : theirs_->files())
          if (known.contains(file.path)) actions.emplace_back(oplog::removal(file, now_ms));
      actions.emplace_back(
          delta::CommitInfo{jump_info(newest_, log_.pond_id().to_string(), now_ms)});
      send_data(added);
      const std::string text = delta::to_json_lines(actions);
      const std::string key = delta::entry_key(jump);
      if (!store_->put_if_absent(key, text) && read_if_there(*store_, key) != text)
        refuse("another copy of this pond pushes at this moment");
      count(text.size());
    }
    send_history();
    delta::Table::put_checkpoint(*store_, log_.snapshot());
    remote_.checkpoint = log_.txn();
    // Entries above the jump that have not expired here; the checkpoint stands for them.
    std::vector<std::int64_t> versions;
    for (std::int64_t version = log_.txn(); version > jump; --version) {
      if (!log_.store().head(delta::entry_key(version))) break;
      versions.push_back(version);
    }
    in_parallel(
        versions.size(), 1, [&](std::size_t i) { put_entry(versions[i]); }, kUploads);
    // Jumps give way to what belongs there. Earlier ones are below when pushes were cut off.
    for (std::int64_t version = jump; version >= 0; --version) {
      const std::string key = delta::entry_key(version);
      const auto there = read_if_there(*store_, key);
      if (!there ||
          !standing_of(version, oplog::commit_info_of(delta::from_json_lines(*there, key))).jump)
        break;
      put_entry(version);
    }
  }

  void put_entry(std::int64_t version) {
    const auto text = log_.entry_text(version);
    if (!text)
      throw Error(ErrorCode::Corrupt, "the log lacks transaction " + std::to_string(version));
    store_->put(delta::entry_key(version), *text);
    count(text->size());
  }

  // The files of rows, and before them the contents that their rows use and the backup lacks.
  void send_data(const std::vector<delta::AddFile>& added) {
    std::map<std::string, std::int64_t> contents;  // location to size
    std::mutex mutex;
    in_parallel(added.size(), 4, [&](std::size_t i) {
      const auto rows = oplog::read_records(log_.store(), oplog::partition_of(added[i]),
                                            added[i].path, added[i].size);
      const std::lock_guard lock(mutex);
      for (const auto& row : rows)
        if (!row.is_inline()) contents.emplace(row.location, row.size);
    });
    if (contents.size() > kFewContents) {
      for (const auto& object : store_->list_all("content/"))
        contents.erase(object.key);
    } else {
      std::erase_if(contents, [&](const auto& item) { return store_->head(item.first); });
    }
    for (const auto& [location, size] : contents)
      total_ += static_cast<std::uint64_t>(size);
    for (const auto& file : added)
      total_ += static_cast<std::uint64_t>(file.size);
    const std::vector<std::pair<std::string, std::int64_t>> missing(contents.begin(),
                                                                    contents.end());
    in_parallel(
        missing.size(), 1,
        [&](std::size_t i) {
          store_->put_file(missing[i].first, log_.content_path(missing[i].first));
          count(static_cast<std::uint64_t>(missing[i].second));
        },
        kUploads);
    in_parallel(
        added.size(), 1,
        [&](std::size_t i) {
          store_->put_file(added[i].path, log_.directory() / added[i].path);
          count(static_cast<std::uint64_t>(added[i].size));
        },
        kUploads);
  }

  void send_history() {
    const auto ours = oplog::History(log_.store()).files();
    if (ours.empty()) return;
    std::set<std::string> there;
    for (const auto& object : store_->list("history/"))
      there.insert(object.key);
    for (const auto& file : ours) {
      if (there.erase(file.key) > 0) continue;
      const std::string bytes = log_.store().read(file.key);
      store_->put(file.key, bytes);
      count(bytes.size());
    }
    // Those that are inside another by now.
    for (const auto& key : there)
      store_->remove(key);
  }

  void count(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    ++report_.files;
    report_.bytes += bytes;
    if (progress_) progress_(report_.bytes, std::max(total_, report_.bytes));
  }

  const oplog::OpLog& log_;
  Remote& remote_;
  const ProgressFunction& progress_;
  std::shared_ptr<ObjectStore> store_;
  Tip newest_;
  Standing standing_;
  std::optional<delta::Snapshot> theirs_;
  PushReport report_;
  std::uint64_t total_ = 0;
  std::mutex mutex_;
};

}  // namespace

PushReport push(const oplog::OpLog& log, Remote& remote, const ProgressFunction& progress) {
  return Push(log, remote, progress).run();
}

}  // namespace pond::remote

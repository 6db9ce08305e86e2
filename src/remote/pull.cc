// From a store to a directory: data first, each file held against its hash, then the log.
#include <algorithm>
#include <map>
#include <mutex>
#include <set>

#include "base/file.h"
#include "base/parallel.h"
#include "delta/actions_json.h"
#include "delta/log.h"
#include "delta/log_names.h"
#include "oplog/commit_info.h"
#include "oplog/content.h"
#include "oplog/history.h"
#include "oplog/record.h"
#include "oplog/row_files.h"
#include "oplog/state.h"
#include "pond/error.h"
#include "pond/remote.h"
#include "remote/lineage.h"

namespace pond::remote {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDownloads = 4;  // at once
constexpr const char* kUnfinished = ".restoring";

class Pull {
 public:
  Pull(const std::shared_ptr<ObjectStore>& from, fs::path into, Depth depth,
       const ProgressFunction& progress)
      : from_(from),
        into_(std::move(into)),
        here_(open_local_store(into_)),
        depth_(depth),
        progress_(progress) {}

  PullReport run() {
    find_newest();
    look_here();
    report_.tip = standing_.tip;
    if (before_ >= standing_.version) return report_;
    if (depth_ != Depth::Log) get_rows();
    if (depth_ == Depth::Everything) get_history();
    get_log();
    return report_;
  }

 private:
  // The newest state whose entry is a commit's own: a push may be under way.
  void find_newest() {
    const auto table = delta::Table::open(from_);
    theirs_ = table.snapshot();
    for (;;) {
      standing_ = standing_of(theirs_->version(), theirs_->commit_info());
      if (!standing_.jump) break;
      if (theirs_->version() == 0)
        throw Error(ErrorCode::Remote, from_->describe() + ": the first push is not finished");
      theirs_ = table.snapshot_at(theirs_->version() - 1);
    }
    if (!theirs_->metadata().configuration.contains("pond.format"))
      throw Error(ErrorCode::InvalidArgument, "not a pond: " + from_->describe());
  }

  void look_here() {
    if (delta::list_log(*here_).empty()) return;
    std::optional<delta::Snapshot> ours;
    try {
      ours = delta::Table::open(here_).snapshot();
    } catch (const Error&) {
      if (!fs::exists(into_ / kUnfinished)) throw;
      return;  // cut off while the log was put there
    }
    before_ = ours->version();
    // Where both have an entry, it is the same one.
    const std::int64_t common = std::min(before_, standing_.version);
    const std::string key = delta::entry_key(common);
    const auto a = read_if_there(*here_, key), b = read_if_there(*from_, key);
    if (a && b && *a != *b)
      throw Error(ErrorCode::Conflict,
                  from_->describe() + " does not match " + into_.string() + ": transaction " +
                      std::to_string(common) + " is another one",
                  "they have gone apart; restore it to a new directory");
  }

  void get_rows() {
    std::vector<const delta::AddFile*> missing;
    for (const auto& file : theirs_->files()) {
      if (!here_->head(file.path)) missing.push_back(&file);
    }
    for (const auto* file : missing)
      total_ += static_cast<std::uint64_t>(file->size);
    in_parallel(
        missing.size(), 1,
        [&](std::size_t i) {
          const auto& file = *missing[i];
          const auto hash = file.tags.find(std::string(oplog::kHashTag));
          get(file.path, file.size, hash == file.tags.end() ? "" : hash->second);
        },
        kDownloads);
    if (depth_ != Depth::Everything) return;

    std::map<std::string, std::pair<std::int64_t, std::string>> contents;  // size and hash
    for (const auto& file : theirs_->files())
      for (auto& row : oplog::read_records(*here_, oplog::partition_of(file), file.path, file.size))
        if (!row.is_inline() && !here_->head(row.location))
          contents.emplace(row.location, std::pair(row.size, row.hash));
    for (const auto& [location, facts] : contents)
      total_ += static_cast<std::uint64_t>(facts.first);
    std::vector<std::string> locations;
    for (const auto& [location, facts] : contents)
      locations.push_back(location);
    in_parallel(
        locations.size(), 1,
        [&](std::size_t i) {
          const auto& [size, hash] = contents.at(locations[i]);
          get(locations[i], size, hash);
        },
        kDownloads);
  }

  // Arrives under another name, and gets its own when it is known to be what was sent.
  void get(const std::string& key, std::int64_t size, const std::string& hash) {
    const fs::path target = *here_->local_path(key);
    const fs::path arriving = target.parent_path() / (".tmp-" + Uuid::v7().to_string());
    create_directories_durably(target.parent_path());
    try {
      from_->get_file(key, arriving);
      if (fs::file_size(arriving) != static_cast<std::uint64_t>(size) ||
          (!hash.empty() && oplog::hash_of_file(arriving) != hash))
        throw Error(ErrorCode::Corrupt,
                    from_->describe() + "/" + key +
                        " is not what was written: its size or its hash differs",
                    "'pond verify' tells what else is damaged");
      if (!rename_if_absent(arriving, target)) fs::remove(arriving);
      sync_directory(target.parent_path());
    } catch (...) {
      std::error_code ignored;
      fs::remove(arriving, ignored);
      throw;
    }
    count(static_cast<std::uint64_t>(size));
  }

  void get_history() {
    for (const auto& file : oplog::History(*from_).files()) {
      history_end_ = std::max(history_end_, file.last + 1);
      if (here_->head(file.key)) continue;
      const std::string bytes = from_->read(file.key);
      here_->put(file.key, bytes);
      count(bytes.size());
    }
  }

  void get_log() {
    const auto checkpoint = delta::Log(*from_).last_checkpoint();
    const bool jump =
        checkpoint && checkpoint->version <= standing_.version && checkpoint->version > before_;
    std::int64_t first = before_ + 1;
    if (jump) {
      first = checkpoint->version;
      // A pond of its own has all entries that the history lacks.
      if (depth_ == Depth::Everything) first = std::min(first, std::max(before_ + 1, history_end_));
      for (const auto& key : checkpoint->keys) {
        const std::string bytes = from_->read(key);
        here_->put(key, bytes);
        count(bytes.size());
      }
    }
    // From the newest back: what is there at any moment leads to the old state or to the new.
    for (std::int64_t version = standing_.version; version >= first; --version) {
      const std::string key = delta::entry_key(version);
      const auto text = read_if_there(*from_, key);
      if (!text) {
        if (jump && version < checkpoint->version) continue;
        throw Error(ErrorCode::Corrupt, from_->describe() + "/" + key + " is missing");
      }
      here_->put(key, *text);
      count(text->size());
    }
    if (!jump) return;
    here_->put(std::string(delta::kLastCheckpointKey),
               from_->read(std::string(delta::kLastCheckpointKey)));
    // What the checkpoint, or the history, stands for by now.
    const std::int64_t keep_from = depth_ == Depth::Everything ? history_end_ : first;
    const auto listing = delta::list_log(*here_);
    for (const auto& old : listing.checkpoints)
      if (old.version < keep_from)
        for (const auto& key : old.keys)
          here_->remove(key);
    for (const std::int64_t version : listing.entries)
      if (version < keep_from) here_->remove(delta::entry_key(version));
  }

  void count(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    ++report_.files;
    report_.bytes += bytes;
    if (progress_) progress_(report_.bytes, std::max(total_, report_.bytes));
  }

  std::shared_ptr<ObjectStore> from_;
  fs::path into_;
  std::shared_ptr<ObjectStore> here_;
  Depth depth_;
  const ProgressFunction& progress_;
  std::optional<delta::Snapshot> theirs_;
  Standing standing_;
  std::int64_t before_ = -1;
  std::int64_t history_end_ = 0;
  PullReport report_;
  std::uint64_t total_ = 0;
  std::mutex mutex_;
};

}  // namespace

PullReport pull(const std::shared_ptr<ObjectStore>& from, const fs::path& into, Depth depth,
                const ProgressFunction& progress) {
  create_directories_durably(into);
  return Pull(from, into, depth, progress).run();
}

PullReport restore(const Location& from, const fs::path& into, const std::string& command,
                   const ProgressFunction& progress) {
  const fs::path unfinished = into / kUnfinished;
  if (!fs::exists(unfinished)) {
    if (fs::exists(into / "_delta_log"))
      throw Error(ErrorCode::AlreadyExists,
                  "refusing to restore over an existing pond: " + into.string(),
                  "name a new directory with --pond DIR");
    if (fs::exists(into) && !fs::is_empty(into))
      throw Error(ErrorCode::InvalidArgument, "directory is not empty: " + into.string(),
                  "a restored pond wants a directory of its own");
  }
  const auto store = open_store(from);
  (void)delta::Table::open(store);  // before anything is made
  create_directories_durably(into);
  put_durably(unfinished, from.url + "\n");
  const PullReport report = pull(store, into, Depth::Everything, progress);
  auto log = oplog::OpLog::open(into);
  if (log.txn() == report.tip.txn) log.renew_identity({.command = command});
  fs::remove(unfinished);
  sync_directory(into);
  return report;
}

}  // namespace pond::remote

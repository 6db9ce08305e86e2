// The state behind a Snapshot, and the replay that makes it (PROTOCOL.md#action-reconciliation).
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "delta/path_map.h"
#include "pond/delta.h"

namespace pond::delta {

struct Snapshot::State {
  State() = default;
  State(const State& base, const PathMap<AddFile>::Changes& files,
        const PathMap<RemoveFile>::Changes& tombstones, PathMap<RemoveFile>::Keep unexpired);

  std::int64_t version = -1;
  std::shared_ptr<const Protocol> protocol;
  std::shared_ptr<const Metadata> metadata;
  std::shared_ptr<const std::unordered_map<std::string, Txn>> txns;
  std::shared_ptr<const std::unordered_map<std::string, DomainMetadata>> domains;
  std::string commit_info;
  PathMap<AddFile> files;
  PathMap<RemoveFile> tombstones;
  // Of the newest checkpoint, -1 when none is known; shared by the states derived from one another.
  std::shared_ptr<std::atomic<std::int64_t>> checkpoint_version;

  const std::vector<const AddFile*>& files_of_partition(const std::string& value) const;

 private:
  mutable std::once_flag partitions_once_;
  mutable std::unordered_map<std::string, std::vector<const AddFile*>> partitions_;
};

// Applies entries to a state, or to nothing, and gives the state after them.
class Replay {
 public:
  Replay() : Replay(std::make_shared<Snapshot::State>()) {}
  explicit Replay(std::shared_ptr<const Snapshot::State> base);

  std::int64_t version() const { return version_; }

  // The entry after version(); takes its actions.
  void apply(CommitEntry entry);
  // The contents of a checkpoint, in any number of portions.
  void apply_checkpoint(std::int64_t version, std::vector<Action> actions);
  // The commitInfo of version() when it was not among what was applied.
  void set_commit_info(std::string json) { commit_info_ = std::move(json); }

  // Corrupt when there has been no protocol or metadata. `log` is for messages.
  std::shared_ptr<const Snapshot::State> finish(const std::string& log);

 private:
  void apply_action(Action action);
  const AddFile* live_file(const std::string& path) const;  // null when there is none

  std::shared_ptr<const Snapshot::State> base_;
  std::int64_t version_;
  std::shared_ptr<const Protocol> protocol_;
  std::shared_ptr<const Metadata> metadata_;
  std::string commit_info_;
  PathMap<AddFile>::Changes files_;
  PathMap<RemoveFile>::Changes tombstones_;
  std::map<std::string, Txn> txns_;
  std::map<std::string, DomainMetadata> domains_;
  std::int64_t from_checkpoint_ = -1;
};

}  // namespace pond::delta

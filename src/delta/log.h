// The log directory of one table: reading its entries and checkpoints, and finding the way through
// them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "delta/log_names.h"
#include "delta/snapshot.h"
#include "pond/delta.h"

namespace pond::delta {

using StatePtr = std::shared_ptr<const Snapshot::State>;

class Log {
 public:
  explicit Log(const ObjectStore& store) : store_(store) {}

  std::string file(const std::string& key) const { return store_.describe() + "/" + key; }

  // nullopt when there is no such entry.
  std::optional<CommitEntry> entry(std::int64_t version) const;

  // The state at the latest version.
  StatePtr latest() const;
  // `base` brought up to date; `base` itself when nothing is newer.
  StatePtr advance(StatePtr base) const;
  // The state at `version`; NotFound.
  StatePtr at(std::int64_t version) const;
  // The last version committed not later than `time_ms`; NotFound.
  std::int64_t version_at(std::int64_t time_ms) const;

  // Unix milliseconds; NotFound.
  std::int64_t time_of_entry(std::int64_t version) const;

  // What `_last_checkpoint` says; nullopt when it is missing or makes no sense.
  std::optional<CheckpointFiles> last_checkpoint() const;

 private:
  StatePtr read_checkpoint(const CheckpointFiles& files) const;
  // The newest checkpoint not after `version` that can be read; null when there is none.
  StatePtr newest_checkpoint(const LogListing& listing, std::int64_t version) const;
  // `state`, or what follows it; Corrupt when the entry after it is gone and later ones are there.
  StatePtr without_gap(StatePtr state) const;
  [[noreturn]] void throw_missing(std::int64_t version) const;
  StatePtr replay(StatePtr base, std::int64_t last, const LogListing& listing) const;
  // Applies the compacted entries that lead furthest, not beyond `last`; false when there are none.
  bool apply_compacted(const LogListing& listing, std::int64_t last, Replay& replay) const;
  // Sets the commitInfo of the replayed version, which checkpoints and compacted entries lack.
  void add_commit_info(Replay& replay) const;
  StatePtr finish(Replay& replay) const;

  const ObjectStore& store_;
};

}  // namespace pond::delta

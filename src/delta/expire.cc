// Letting go of the past: log entries, checkpoints and removed files before a horizon.
#include <algorithm>

#include "delta/log.h"
#include "delta/log_names.h"
#include "delta/snapshot.h"
#include "pond/delta.h"
#include "pond/error.h"

namespace pond::delta {

std::vector<std::int64_t> Table::checkpoints() const {
  std::vector<std::int64_t> versions;
  for (const auto& checkpoint : list_log(*store_).checkpoints)
    versions.push_back(checkpoint.version);
  return versions;
}

std::int64_t Table::entry_time_ms(std::int64_t version) const {
  return Log(*store_).time_of_entry(version);
}

Snapshot Table::remove_expired_files(const Snapshot& snapshot, std::int64_t before_ms) const {
  PathMap<RemoveFile>::Changes gone;
  for (const auto& tombstone : snapshot.tombstones()) {
    if (tombstone.deletion_timestamp_ms >= before_ms) continue;
    // The file may live on with another deletion vector (PROTOCOL.md#action-reconciliation).
    if (snapshot.state_->files.find(tombstone.path) == nullptr) store_->remove(tombstone.path);
    gone.insert_or_assign(map_key(tombstone), std::nullopt);
  }
  if (gone.empty()) return snapshot;
  return Snapshot(std::make_shared<Snapshot::State>(*snapshot.state_, PathMap<AddFile>::Changes(),
                                                    gone, PathMap<RemoveFile>::Keep()));
}

void Table::remove_expired_entries(std::int64_t horizon) {
  const LogListing listing = list_log(*store_);
  const bool covered = std::any_of(listing.checkpoints.begin(), listing.checkpoints.end(),
                                   [&](const CheckpointFiles& c) { return c.version == horizon; });
  if (!covered)
    throw Error(ErrorCode::InvalidArgument,
                "version " + std::to_string(horizon) + " of " + store_->describe() +
                    " has no checkpoint that could stand for the entries before it");
  // Oldest first: whatever interrupts this, the versions that are left have no gap.
  for (const std::int64_t version : listing.entries)
    if (version < horizon) store_->remove(entry_key(version));
  for (const auto& checkpoint : listing.checkpoints) {
    if (checkpoint.version >= horizon) continue;
    for (const auto& key : checkpoint.keys)
      store_->remove(key);
  }
}

}  // namespace pond::delta

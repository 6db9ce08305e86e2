// The names of the files in `_delta_log/` (PROTOCOL.md#file-types), and what a listing of it tells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pond/object_store.h"

namespace pond::delta {

inline constexpr std::string_view kLogPrefix = "_delta_log/";
inline constexpr std::string_view kLastCheckpointKey = "_delta_log/_last_checkpoint";

std::string entry_key(std::int64_t version);       // _delta_log/<20 digits>.json
std::string checkpoint_key(std::int64_t version);  // _delta_log/<20 digits>.checkpoint.parquet

// The keys of a checkpoint in `parts` files; one part is the classic checkpoint.
std::vector<std::string> checkpoint_keys(std::int64_t version, std::int64_t parts);

// The key of a checkpoint's sidecar, from the decoded path in its action: sidecars lie in the
// table's own _delta_log/_sidecars, whatever directory the path names (PROTOCOL.md#sidecar-files).
std::string sidecar_key(std::string_view path);

// A complete checkpoint: classic, UUID-named, or all the files of a multi-part one.
struct CheckpointFiles {
  std::int64_t version = 0;
  std::vector<std::string> keys;
};

// Entries first … last as one file (PROTOCOL.md#log-compaction-files).
struct CompactedEntries {
  std::int64_t first = 0;
  std::int64_t last = 0;
  auto operator<=>(const CompactedEntries&) const = default;
};
std::string compacted_key(const CompactedEntries& compacted);

struct LogListing {
  std::vector<std::int64_t> entries;         // versions with a JSON entry, ascending
  std::vector<CheckpointFiles> checkpoints;  // complete ones, ascending by version
  std::vector<CompactedEntries> compacted;   // ascending by first version

  bool empty() const { return entries.empty() && checkpoints.empty(); }
  std::int64_t latest() const;  // the highest version it names; -1 when there is none
  // The lowest version from which entries, or compacted ones in their place, lead to latest().
  std::optional<std::int64_t> oldest_readable() const;
  // The compaction that leads furthest from the state of `version`, not beyond `last`.
  std::optional<CompactedEntries> compaction_after(std::int64_t version, std::int64_t last) const;
};

LogListing list_log(const ObjectStore& store);

}  // namespace pond::delta

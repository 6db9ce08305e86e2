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

// A complete V1 checkpoint: classic, or all the files of a multi-part one.
struct CheckpointFiles {
  std::int64_t version = 0;
  std::vector<std::string> keys;
};

struct LogListing {
  std::vector<std::int64_t> entries;         // versions with a JSON entry, ascending
  std::vector<CheckpointFiles> checkpoints;  // complete ones, ascending by version
  bool has_v2_checkpoint = false;            // a UUID-named one, which this program cannot read

  bool empty() const { return entries.empty() && checkpoints.empty() && !has_v2_checkpoint; }
  std::int64_t latest() const;  // the highest version it names; -1 when there is none
  // The lowest version that can be read: every version from it to latest() can.
  std::optional<std::int64_t> oldest_readable() const;
};

LogListing list_log(const ObjectStore& store);

}  // namespace pond::delta

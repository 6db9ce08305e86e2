// The files of checkpoints (PROTOCOL.md#checkpoint-schema). Written: the classic one, a Parquet
// file with one row per action and one nullable struct column per kind of action. Read: every kind.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pond/delta.h"

namespace pond::delta {

struct CheckpointBytes {
  std::string bytes;
  std::int64_t actions = 0;
};

CheckpointBytes write_checkpoint(const Snapshot& snapshot);

// Hands over the actions of one checkpoint file, in portions, and gives the decoded paths of the
// sidecars that hold the rest of it (PROTOCOL.md#v2-spec). A name that ends in ".json" is lines of
// JSON, any other is Parquet. `file` is for messages: Corrupt when it is not a checkpoint,
// Unsupported for data files that this program cannot read.
std::vector<std::string> read_checkpoint(std::string bytes, const std::string& file,
                                         const std::function<void(std::vector<Action>)>& take);

}  // namespace pond::delta

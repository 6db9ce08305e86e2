// Classic checkpoints (PROTOCOL.md#checkpoint-schema): one Parquet file, one row per action, one
// nullable struct column per kind of action.
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

// Hands over the actions of one checkpoint file, in portions. `file` is for messages: Corrupt when
// it is not a checkpoint, Unsupported for data files that this program cannot read.
void read_checkpoint(std::string bytes, const std::string& file,
                     const std::function<void(std::vector<Action>)>& take);

}  // namespace pond::delta

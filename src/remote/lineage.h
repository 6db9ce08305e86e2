// Which commit of which pond a log entry is.
#pragma once

#include <optional>
#include <string>

#include "pond/object_store.h"
#include "pond/remote.h"

namespace pond::remote {

// Where a log stands. A push of many commits goes through one entry that leads to the newest state
// at once, a *jump*; it names the commit whose state it is.
struct Standing {
  std::int64_t version = -1;  // of the Delta table; -1: there is none
  Tip tip;                    // the commit whose state that is
  bool jump = false;
};

// What a commitInfo says of its version.
Standing standing_of(std::int64_t version, const std::string& commit_info);
// The commitInfo of a jump to `tip`.
std::string jump_info(const Tip& tip, const std::string& pond_id, std::int64_t time_ms);

// Tip of a pond's commit, txn -1 when its log has none of that number.
Tip tip_at(const oplog::OpLog& log, std::int64_t txn);

// The object, or nullopt when it is not there.
std::optional<std::string> read_if_there(const ObjectStore& store, const std::string& key);

}  // namespace pond::remote

// The chain over the commits, followed from one to the next.
#pragma once

#include <vector>

#include "pond/check.h"

namespace pond::oplog {

// Follows it from the oldest entry kept in the Delta log (or with `whole` from the first in the
// history) to the newest; the damages found. Counts the commits.
std::vector<Damage> check_chain(const OpLog& log, bool whole, std::int64_t& commits);

}  // namespace pond::oplog

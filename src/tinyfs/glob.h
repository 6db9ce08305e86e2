// Finding the nodes that a pattern matches.
#pragma once

#include <string_view>
#include <vector>

#include "pond/tinyfs.h"
#include "tinyfs/place.h"

namespace pond::tinyfs {

// The matches of `pattern`, taken from `start` when relative, sorted by path. Opens only
// directories that the pattern can match something in, and lists only those where it has a
// wildcard: a pattern without wildcards costs one look-up for each component.
std::vector<GlobMatch> find_matches(const PlacePtr& root, const PlacePtr& start,
                                    std::string_view pattern);

}  // namespace pond::tinyfs

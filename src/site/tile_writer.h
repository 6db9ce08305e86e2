// Writes the tiles of one resolution of a chart.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pond/query.h"
#include "site/folder.h"
#include "site/level.h"
#include "site/state.h"

namespace pond::site {

// A range of times in which rows may have changed, both ends included.
struct Changed {
  std::int64_t from_us, to_us;
};

// The level's tiles: those outside `changed` are as in `before`; of those inside, the ones whose
// rows differ are written to data/<slug>/<level>/. Without `before` or `changed` all are looked at.
LevelState write_tiles(query::Session& session, Folder& folder, const std::string& slug,
                       const Level& level, const LevelState* before,
                       std::optional<Changed> changed);

}  // namespace pond::site

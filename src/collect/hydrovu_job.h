// The factory `hydrovu`: collects the readings of HydroVu locations.
//
// Each run asks the server for its names and locations, then for every configured location's
// readings from the last stored one on, and commits them as they come: a run that is stopped goes
// on where it was.
//
// - One location is one series, {pond_path}/{name}.series; the name is the one the configuration
// gives, else
//   HydroVu's, fit for a path by node_name(). hydrovu_series.h says what is in it. The tables
//   locations, parameters and units stand beside it.
// - A reading is a time, a quantity and a value, and is stored once, however often and in whatever
// order the server
//   sends it. A reading that comes late is stored all the same. When a time and a quantity come
//   again with another value, both values are kept, the later in a row of its own.
// - Requests begin `lookback` (default 1d) before the last stored reading, so that readings which
// reached the server
//   after later ones are found. `pond run NODE --since=TIME` looks back further, once.
// - A reading that claims to be more than a day in the future is kept, but does not move the point
// from which the
//   next run goes on.
// - History is asked for in windows of time of some 20,000 rows. All pages of a window are read
// before its
//   readings are joined on time, because a page need not hold all quantities of its times.
// - A run that finds nothing new makes no commit.
// - `max_points_per_run` is a limit on the rows stored for each location.
#pragma once

#include "pond/factory.h"

namespace pond::collect::hydrovu {

factory::FactoryType factory_type();

}  // namespace pond::collect::hydrovu

// The resolutions of a chart: every reading, and averages over longer and longer intervals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pond/query.h"
#include "pond/tinyfs.h"
#include "site/period.h"

namespace pond::site {

// One resolution, as a query. Its rows have a column `pond_time` (TIMESTAMP, UTC; the beginning of
// the interval) and the values: DOUBLE under the columns' own names for readings, FLOAT named
// col.avg, col.min, col.max for averages.
struct Level {
  std::string name;              // "raw", "1h"
  std::int64_t interval_us = 0;  // the usual step between readings, or the length of the averages
  bool reduced = false;
  Period period = Period::Month;  // of its tiles
  std::string sql;                // SELECT …, without order
  std::string
      time;  // the source's time column, quoted, for pruning; empty: filter what `sql` gives
  bool from_readings = false;  // a function of the series' rows alone

  // `sql` restricted to times in [from, to).
  std::string between(std::int64_t from_us, std::int64_t to_us) const;
};

struct Source {
  std::string relation;  // the series
  std::string time;      // its time column
  std::vector<std::string> columns;
  std::int64_t interval_us = 0;
};

// The levels from fine to coarse. Averages come from `reduced` (see ChartSpec) where it has all
// columns, are made of the next finer level where neighbours are far apart, and of the readings
// themselves where there are none.
std::vector<Level> plan_levels(tinyfs::FS& fs, query::Session& session, const Source& source,
                               const std::string& reduced, std::vector<std::string>& warnings);

std::string timestamp_literal(std::int64_t time_us);

}  // namespace pond::site

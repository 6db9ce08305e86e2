#include "site/level.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "pond/error.h"
#include "pond/time.h"
#include "site/rows.h"

namespace pond::site {
namespace {

using query::quote_identifier;

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kDay = 24 * kHour;

struct Nice {
  const char* name;
  std::int64_t interval_us;
};
// What a level in between may be.
constexpr std::array kNice = {
    Nice{"1s", kSecond},       Nice{"10s", 10 * kSecond},  Nice{"1m", 60 * kSecond},
    Nice{"5m", 300 * kSecond}, Nice{"15m", 900 * kSecond}, Nice{"1h", kHour},
    Nice{"6h", 6 * kHour},     Nice{"1d", kDay},           Nice{"7d", 7 * kDay}};

// A page at the end of one level's reach shows 1/kWidestStep of the points of the next finer one;
// beyond this the curve would look coarse. Readings may go further: they have no band to draw.
constexpr std::int64_t kWidestStep = 8;
constexpr std::int64_t kWidestStepFromReadings = 15;

std::string aggregate(const std::string& column, const char* suffix) {
  return quote_identifier(column + "." + suffix);
}

std::string bucket(const std::string& time, std::int64_t interval_us) {
  return "time_bucket(INTERVAL '" + std::to_string(interval_us) + " microseconds', " + time +
         ", TIMESTAMP '1970-01-01')";
}

Level readings(const Source& source) {
  Level level{"raw", source.interval_us, false, period_for(source.interval_us), {}, {}, true};
  level.time = quote_identifier(source.time);
  level.sql = "SELECT CAST(" + level.time + " AS TIMESTAMP) AS pond_time";
  for (const auto& column : source.columns) {
    level.sql +=
        ", CAST(" + quote_identifier(column) + " AS DOUBLE) AS " + quote_identifier(column);
  }
  level.sql += " FROM " + source.relation + " WHERE " + level.time + " IS NOT NULL";
  return level;
}

// Averages of the readings.
Level reduce(const Level& raw, const std::vector<std::string>& columns, const Nice& to) {
  Level level{to.name, to.interval_us, true, period_for(to.interval_us), {}, {}, true};
  level.sql = "SELECT " + bucket("pond_time", to.interval_us) + " AS pond_time";
  for (const auto& column : columns) {
    const std::string value = quote_identifier(column);
    level.sql += ", CAST(avg(" + value + ") AS FLOAT) AS " + aggregate(column, "avg") +
                 ", CAST(min(" + value + ") AS FLOAT) AS " + aggregate(column, "min") +
                 ", CAST(max(" + value + ") AS FLOAT) AS " + aggregate(column, "max");
  }
  level.sql += " FROM (" + raw.sql + ") GROUP BY 1";
  return level;
}

// A stored reduced series as a level; nullopt when a column's average is missing in it. `weighted`
// also keeps the counts, for making coarser levels of it.
std::optional<std::string> stored_sql(query::Session& session, const std::string& relation,
                                      const Source& source, bool weighted) {
  std::map<std::string, bool> has;
  for (const auto& column : describe(session, relation))
    has[column.name] = column.numeric();
  const std::string time = "timestamp";
  std::string sql = "SELECT CAST(" + quote_identifier(time) + " AS TIMESTAMP) AS pond_time";
  for (const auto& column : source.columns) {
    if (!has[column + ".avg"]) return std::nullopt;
    for (const char* kind : {"avg", "min", "max"}) {
      if (!has[column + "." + kind]) continue;
      sql += ", CAST(" + aggregate(column, kind) + " AS FLOAT) AS " + aggregate(column, kind);
    }
  }
  if (weighted)
    sql += std::string(", ") + (has["timestamp.count"] ? "\"timestamp.count\"" : "1") + " AS n";
  return sql + " FROM " + relation + " WHERE " + quote_identifier(time) + " IS NOT NULL";
}

struct Stored {
  Level level;
  std::string relation;
};

// A coarser level out of a stored one. An average is weighted by the rows of its bucket, which is
// exact for columns without nulls.
Level coarsen(query::Session& session, const Stored& from, const Source& source, const Nice& to) {
  Level level{to.name, to.interval_us, true, period_for(to.interval_us), {}, {}, false};
  const std::string sql = *stored_sql(session, from.relation, source, true);
  level.sql = "SELECT " + bucket("pond_time", to.interval_us) + " AS pond_time";
  for (const auto& column : source.columns) {
    const std::string avg = aggregate(column, "avg");
    level.sql +=
        ", CAST(sum(" + avg + " * n) / sum(n) FILTER (" + avg + " IS NOT NULL) AS FLOAT) AS " + avg;
    for (const char* kind : {"min", "max"}) {
      const std::string edge = aggregate(column, kind);
      if (sql.find(edge) != sql.npos)
        level.sql += std::string(", ") + kind + "(" + edge + ") AS " + edge;
    }
  }
  level.sql += " FROM (" + sql + ") GROUP BY 1";
  return level;
}

// The reduced series below a directory, fine to coarse.
std::vector<Stored> find_stored(tinyfs::FS& fs, query::Session& session, const Source& source,
                                const std::string& reduced, std::vector<std::string>& warnings) {
  std::vector<Stored> found;
  if (reduced.empty()) return found;
  const auto matches = fs.root().glob(reduced + "/res=*.series");
  if (matches.empty()) {
    warnings.push_back(reduced + " has no res=….series: averages are made from the series itself");
  }
  for (const auto& match : matches) {
    const std::string& name = match.captures.back();
    std::int64_t interval_us = 0;
    try {
      interval_us = parse_duration(name);
    } catch (const Error&) {
      warnings.push_back(match.node.path() + ": '" + name + "' is not a duration; left out");
      continue;
    }
    if (interval_us < 2 * source.interval_us) continue;  // nothing gained over the readings
    Stored stored{{name,
                   interval_us,
                   true,
                   period_for(interval_us),
                   {},
                   quote_identifier("timestamp"),
                   false},
                  session.relation(match.node)};
    auto sql = stored_sql(session, stored.relation, source, false);
    if (!sql) {
      warnings.push_back(match.node.path() +
                         " lacks the average of a column: averages are made from the series");
      continue;
    }
    stored.level.sql = std::move(*sql);
    found.push_back(std::move(stored));
  }
  std::sort(found.begin(), found.end(), [](const Stored& a, const Stored& b) {
    return a.level.interval_us < b.level.interval_us;
  });
  return found;
}

// The best step between two intervals: the one that leaves the smaller gaps. Null when none helps.
const Nice* between(std::int64_t fine_us, std::int64_t coarse_us) {
  const Nice* best = nullptr;
  double best_gap = static_cast<double>(coarse_us) / static_cast<double>(fine_us);
  for (const Nice& nice : kNice) {
    // Buckets of buckets: boundaries have to agree.
    if (nice.interval_us <= fine_us || nice.interval_us >= coarse_us) continue;
    const double gap =
        std::max(static_cast<double>(nice.interval_us) / static_cast<double>(fine_us),
                 static_cast<double>(coarse_us) / static_cast<double>(nice.interval_us));
    if (gap < best_gap * 0.75) {
      best = &nice;
      best_gap = gap;
    }
  }
  return best;
}

}  // namespace

std::string timestamp_literal(std::int64_t time_us) {
  return "TIMESTAMPTZ " + query::quote_literal(format_time(time_us));
}

std::string Level::between(std::int64_t from_us, std::int64_t to_us) const {
  const std::string from = timestamp_literal(from_us), to = timestamp_literal(to_us);
  if (!time.empty()) return sql + " AND " + time + " >= " + from + " AND " + time + " < " + to;
  return "SELECT * FROM (" + sql + ") WHERE pond_time >= CAST(" + from +
         " AS TIMESTAMP) AND pond_time < CAST(" + to + " AS TIMESTAMP)";
}

std::vector<Level> plan_levels(tinyfs::FS& fs, query::Session& session, const Source& source,
                               const std::string& reduced, std::vector<std::string>& warnings) {
  const Level raw = readings(source);
  std::vector<Stored> stored = find_stored(fs, session, source, reduced, warnings);
  std::vector<Level> levels = {raw};
  for (const auto& s : stored)
    levels.push_back(s.level);
  if (stored.empty()) {
    for (const Nice& nice : kNice) {
      const bool whole = nice.interval_us == kHour || nice.interval_us == kDay;
      if (whole && nice.interval_us >= 2 * source.interval_us) {
        levels.push_back(reduce(raw, source.columns, nice));
      }
    }
  }
  for (std::size_t i = 0; i + 1 < levels.size();) {
    const std::int64_t fine = levels[i].interval_us, coarse = levels[i + 1].interval_us;
    const Nice* step = nullptr;
    if (coarse > fine * (levels[i].reduced ? kWidestStep : kWidestStepFromReadings))
      step = between(fine, coarse);
    if (step == nullptr) {
      ++i;
      continue;
    }
    // Of the coarsest stored level that divides it; of the readings where there is none.
    const Stored* from = nullptr;
    for (const auto& s : stored) {
      if (s.level.interval_us < step->interval_us && step->interval_us % s.level.interval_us == 0)
        from = &s;
    }
    levels.insert(levels.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                  from != nullptr ? coarsen(session, *from, source, *step)
                                  : reduce(raw, source.columns, *step));
  }
  return levels;
}

}  // namespace pond::site

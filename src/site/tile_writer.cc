#include "site/tile_writer.h"

#include <algorithm>
#include <map>

#include "base/sha256.h"
#include "site/rows.h"

namespace pond::site {
namespace {

// The rows at hand, sorted, in a table of the session's own, so that a source is read once for all
// its tiles. Dropped at the end. Large ones spill to disk as DuckDB decides.
class Rows {
 public:
  Rows(query::Session& session, const std::string& sql) : session_(session) {
    session_.execute("CREATE OR REPLACE TEMP TABLE pond_site_rows AS " + sql + " ORDER BY ALL");
  }
  ~Rows() {
    try {
      session_.execute("DROP TABLE IF EXISTS pond_site_rows");
    } catch (const std::exception&) {  // the next one replaces it
    }
  }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

 private:
  query::Session& session_;
};

// The tiles that the rows make, without their files. A key is the sum of the rows' hashes: the same
// whatever their order.
std::vector<Tile> cut(query::Session& session, const std::string& slug, const Level& level) {
  std::vector<Tile> tiles;
  const std::string sql =
      std::string("SELECT epoch_us(date_trunc('") + to_string(level.period) +
      "', pond_time)), count(*), epoch_us(min(pond_time)), epoch_us(max(pond_time)), "
      "CAST(sum(CAST(hash(r) AS HUGEINT)) AS VARCHAR) "
      "FROM pond_site_rows AS r GROUP BY 1 ORDER BY 1";
  for (const Row& row : fetch(session, sql)) {
    Tile& tile = tiles.emplace_back();
    tile.start_us = integer(row[0]);
    tile.rows = static_cast<std::uint64_t>(integer(row[1]));
    tile.from_us = integer(row[2]);
    tile.to_us = integer(row[3]);
    tile.key = std::to_string(tile.rows) + "/" + text(row[4]);
    tile.file =
        slug + "/" + level.name + "/" + period_name(level.period, tile.start_us) + ".parquet";
  }
  return tiles;
}

// Snappy, which every Parquet reader knows, also the small one in the page; the second version of
// the format, whose encodings halve regular times and smooth values.
void write_tile(query::Session& session, Folder& folder, const Level& level, Tile& tile) {
  const std::string file = "data/" + tile.file;
  const std::filesystem::path temporary = folder.temporary(file);
  session.execute(
      "COPY (SELECT CAST(pond_time AS TIMESTAMPTZ) AS \"timestamp\", * EXCLUDE (pond_time) "
      "FROM pond_site_rows WHERE pond_time >= CAST(" +
      timestamp_literal(tile.start_us) + " AS TIMESTAMP) AND pond_time < CAST(" +
      timestamp_literal(period_end(level.period, tile.start_us)) + " AS TIMESTAMP)) TO " +
      query::quote_literal(temporary.string()) +
      " (FORMAT parquet, COMPRESSION snappy, PARQUET_VERSION v2)");
  const std::string bytes = read_file(temporary);
  tile.bytes = bytes.size();
  tile.v = Sha256::of(bytes).substr(0, 10);
  folder.replace(file, temporary, tile.bytes);
}

}  // namespace

LevelState write_tiles(query::Session& session, Folder& folder, const std::string& slug,
                       const Level& level, const LevelState* before,
                       std::optional<Changed> changed) {
  LevelState state{level.name, to_string(level.period), {}};
  if (before == nullptr || before->period != state.period) {
    before = nullptr;
    changed.reset();
  }
  std::map<std::int64_t, const Tile*> known;
  if (before != nullptr) {
    for (const Tile& tile : before->tiles)
      known[tile.start_us] = &tile;
  }

  std::string sql = level.sql;
  if (changed) {
    // Whole periods; an interval that begins before the range may hold some of it.
    changed->from_us =
        period_start(level.period, changed->from_us - (level.reduced ? level.interval_us : 0));
    changed->to_us = period_end(level.period, period_start(level.period, changed->to_us));
    for (const auto& [start, tile] : known) {
      const bool outside = start < changed->from_us || start >= changed->to_us;
      if (!outside) continue;
      if (!folder.keep("data/" + tile->file, tile->bytes)) {
        return write_tiles(session, folder, slug, level, before,
                           {});  // someone took a file away: look at all
      }
      state.tiles.push_back(*tile);
    }
    sql = level.between(changed->from_us, changed->to_us);
  }

  const Rows rows(session, sql);
  for (Tile& tile : cut(session, slug, level)) {
    const auto found = known.find(tile.start_us);
    if (found != known.end() && found->second->key == tile.key &&
        folder.keep("data/" + tile.file, found->second->bytes)) {
      state.tiles.push_back(*found->second);
      continue;
    }
    write_tile(session, folder, level, tile);
    state.tiles.push_back(std::move(tile));
  }
  std::sort(state.tiles.begin(), state.tiles.end(),
            [](const Tile& a, const Tile& b) { return a.start_us < b.start_us; });
  return state;
}

}  // namespace pond::site

#include "site/chart.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "pond/error.h"
#include "pond/tinylogfs.h"
#include "site/labels.h"
#include "site/rows.h"
#include "site/tile_writer.h"

namespace pond::site {
namespace {

using Json = nlohmann::ordered_json;
using query::quote_identifier;

// Raised when the meaning of what a build leaves changes.
constexpr int kRecipeFormat = 1;
constexpr std::int64_t kUnknownInterval = 3'600'000'000;

struct Shown {
  std::string name;
  Label label;
  std::string scale;
};

struct Series {
  tinyfs::NodePath node;
  const tinylogfs::OpLogFile* stored;  // null for a dynamic one
  std::string relation;
  std::string time;
  std::vector<Shown> columns;
};

[[noreturn]] void no_column(const std::string& path, const std::string& name,
                            const std::vector<RelationColumn>& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns) {
    if (column.numeric()) names.push_back(column.name);
  }
  std::string list;
  for (const auto& known : names)
    list += (list.empty() ? "" : ", ") + known;
  const std::string near = nearest(name, names);
  throw Error(ErrorCode::InvalidArgument, path + " has no numeric column '" + name + "'",
              (near.empty() ? "" : "did you mean " + near + "? ") + "its columns are " + list);
}

// The series behind a chart; nullopt (and a warning) when it has nothing to show yet.
std::optional<Series> open_series(tinyfs::FS& fs, query::Session& session, const ChartSpec& spec,
                                  std::vector<std::string>& warnings) {
  const auto node = fs.root().find(spec.series);
  if (!node) {
    warnings.push_back(spec.series + " is not there yet: its chart is empty");
    return std::nullopt;
  }
  Series series{*node, tinylogfs::as_oplog_file(*node->node()), {}, spec.time_column, {}};
  if (series.stored != nullptr && series.stored->info().version == 0) {
    warnings.push_back(spec.series + " is empty: so is its chart");
    return std::nullopt;
  }
  series.relation = session.relation(*node);
  if (series.time.empty())
    series.time = series.stored != nullptr ? series.stored->time_column() : "timestamp";

  const auto columns = describe(session, series.relation);
  const auto find = [&](const std::string& name) {
    return std::find_if(columns.begin(), columns.end(),
                        [&](const auto& c) { return c.name == name; });
  };
  const auto time = find(series.time);
  if (time == columns.end() || !time->temporal()) {
    throw Error(ErrorCode::InvalidArgument,
                spec.series + " has no column of times '" + series.time + "'",
                "name it by time_column in the chart");
  }
  for (const ColumnSpec& wanted : spec.columns) {
    const auto column = find(wanted.name);
    if (column == columns.end() || !column->numeric()) no_column(spec.series, wanted.name, columns);
    Label label = label_of(wanted.name);
    if (!wanted.label.empty()) label.text = wanted.label;
    if (!wanted.unit.empty()) label.unit = wanted.unit;
    series.columns.push_back({wanted.name, std::move(label), wanted.scale});
  }
  if (spec.columns.empty()) {
    for (const auto& column : columns) {
      if (column.numeric())
        series.columns.push_back({column.name, label_of(column.name), "linear"});
    }
  }
  if (series.columns.empty()) {
    throw Error(ErrorCode::InvalidArgument, spec.series + " has no numeric columns to draw");
  }
  return series;
}

// What the manifest says of the readings as a whole, as JSON: interval_us, rows, from, to, latest.
Json read_facts(query::Session& session, const Series& series) {
  const std::string time = "CAST(" + quote_identifier(series.time) + " AS TIMESTAMP)";
  const auto interval =
      fetch(session,
            "SELECT CAST(quantile_disc(step, 0.5) AS BIGINT) FROM (SELECT epoch_us(x) - "
            "epoch_us(lag(x) OVER "
            "(ORDER BY x)) AS step FROM (SELECT " +
                time + " AS x FROM " + series.relation + " WHERE " + quote_identifier(series.time) +
                " IS NOT NULL ORDER BY x DESC LIMIT 20000)) WHERE step > 0");

  std::string sql = "SELECT count(x), epoch_us(min(x)), epoch_us(max(x))";
  std::string values;
  for (std::size_t i = 0; i < series.columns.size(); ++i) {
    const std::string v = "v" + std::to_string(i);
    values += ", CAST(" + quote_identifier(series.columns[i].name) + " AS DOUBLE) AS " + v;
    sql += ", arg_max(" + v + ", x) FILTER (" + v + " IS NOT NULL), epoch_us(max(x) FILTER (" + v +
           " IS NOT NULL))";
  }
  const auto rows = fetch(
      session, sql + " FROM (SELECT " + time + " AS x" + values + " FROM " + series.relation + ")");
  const Row& row = rows.at(0);
  if (integer(row[0]) == 0) return {{"rows", 0}};

  Json latest = {{"time", integer(row[2]) / 1000}, {"values", Json::object()}};
  for (std::size_t i = 0; i < series.columns.size(); ++i) {
    const Cell& value = row[3 + 2 * i];
    if (is_null(value) || !std::isfinite(std::get<double>(value))) continue;
    latest["values"][series.columns[i].name] = {integer(row[4 + 2 * i]) / 1000,
                                                std::get<double>(value)};
  }
  return {{"rows", integer(row[0])},
          {"interval_us", is_null(interval.at(0)[0]) ? kUnknownInterval : integer(interval[0][0])},
          {"from", integer(row[1]) / 1000},
          {"to", integer(row[2]) / 1000},
          {"latest", std::move(latest)}};
}

// The times of the rows that came after a version; nullopt when that is not known.
std::optional<Changed> changed_after(const tinylogfs::OpLogFile& stored,
                                     std::uint64_t version) try {
  std::optional<Changed> changed;
  for (const auto& segment : stored.segments_after(version)) {
    if (!segment.min_time_us || !segment.max_time_us) return std::nullopt;
    if (!changed) changed = {*segment.min_time_us, *segment.max_time_us};
    changed->from_us = std::min(changed->from_us, *segment.min_time_us);
    changed->to_us = std::max(changed->to_us, *segment.max_time_us);
  }
  return changed;
} catch (const Error& error) {
  if (error.code() != ErrorCode::NotFound) throw;
  return std::nullopt;  // that version is retired
}

std::string recipe_of(const Series& series) {
  Json recipe = {kRecipeFormat, series.node.node()->id().to_string(), series.time};
  for (const auto& column : series.columns)
    recipe.push_back(column.name);
  return recipe.dump();
}

bool all_there(Folder& folder, const LevelState& level) {
  return std::all_of(level.tiles.begin(), level.tiles.end(),
                     [&](const Tile& t) { return folder.keep("data/" + t.file, t.bytes); });
}

Json seconds(std::int64_t us) {
  return us % 1'000'000 == 0 ? Json(us / 1'000'000) : Json(static_cast<double>(us) / 1e6);
}

Json resolution(const Level& level, const LevelState& tiles) {
  Json list = Json::array();
  for (const Tile& tile : tiles.tiles) {
    list.push_back({{"file", tile.file},
                    {"from", tile.from_us / 1000},
                    {"to", tile.to_us / 1000},
                    {"rows", tile.rows},
                    {"bytes", tile.bytes},
                    {"v", tile.v}});
  }
  return {{"name", level.name},
          {"interval", seconds(level.interval_us)},
          {"reduced", level.reduced},
          {"tiles", std::move(list)}};
}

}  // namespace

BuiltChart build_chart(tinyfs::FS& fs, query::Session& session, Folder& folder,
                       const std::string& slug, const ChartSpec& spec, const ChartState* before,
                       std::vector<std::string>& warnings) {
  BuiltChart chart;
  chart.page = {slug, spec.title, {}};
  Json entry = {
      {"title", spec.title}, {"slug", slug}, {"series", spec.series}, {"time", "timestamp"}};
  entry["columns"] = Json::array();
  entry["resolutions"] = Json::array();
  const auto series = open_series(fs, session, spec, warnings);
  if (!series) {
    for (const ColumnSpec& column : spec.columns) {
      const Label label = label_of(column.name);
      chart.page.columns.push_back({column.label.empty() ? label.text : column.label,
                                    column.unit.empty() ? label.unit : column.unit});
    }
    chart.entry = entry.dump();
    return chart;
  }
  for (const Shown& column : series->columns) {
    chart.page.columns.push_back({column.label.text, column.label.unit});
    entry["columns"].push_back({{"name", column.name},
                                {"label", column.label.text},
                                {"unit", column.label.unit},
                                {"scale", column.scale}});
  }

  // A stored series tells by its version whether, and by its segments where, it has changed.
  chart.state.recipe = recipe_of(*series);
  chart.state.version = series->stored != nullptr ? series->stored->info().version : 0;
  if (before != nullptr && before->recipe != chart.state.recipe) before = nullptr;
  const bool known = before != nullptr && series->stored != nullptr && before->version > 0;
  const bool same = known && before->version == chart.state.version;
  std::optional<Changed> changed;
  if (known && !same && before->version < chart.state.version)
    changed = changed_after(*series->stored, before->version);

  const Json facts = same ? Json::parse(before->entry) : read_facts(session, *series);
  chart.state.entry = facts.dump();
  chart.state.rows = facts.at("rows");
  if (chart.state.rows > 0) {
    Source source{series->relation, series->time, {}, facts.at("interval_us")};
    for (const Shown& column : series->columns)
      source.columns.push_back(column.name);
    for (const Level& level : plan_levels(fs, session, source, spec.reduced, warnings)) {
      const LevelState* old = before != nullptr ? before->level(level.name) : nullptr;
      LevelState made;
      if (same && level.from_readings && old != nullptr && old->period == to_string(level.period) &&
          all_there(folder, *old)) {
        made = *old;
      } else {
        made = write_tiles(session, folder, slug, level, old,
                           level.from_readings ? changed : std::nullopt);
      }
      if (made.tiles.empty()) continue;
      entry["resolutions"].push_back(resolution(level, made));
      chart.state.levels.push_back(std::move(made));
    }
    for (const char* key : {"from", "to", "latest"})
      entry[key] = facts.at(key);
  }
  chart.entry = entry.dump();
  return chart;
}

}  // namespace pond::site

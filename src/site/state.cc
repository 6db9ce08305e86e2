#include "site/state.h"

#include <nlohmann/json.hpp>

#include "base/file.h"

namespace pond::site {
namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;

Json to_json(const Tile& t) {
  return {t.file, t.start_us, t.from_us, t.to_us, t.rows, t.bytes, t.v, t.key};
}

Tile tile_of(const Json& j) {
  return {j.at(0), j.at(1), j.at(2), j.at(3), j.at(4), j.at(5), j.at(6), j.at(7)};
}

}  // namespace

const LevelState* ChartState::level(const std::string& name) const {
  for (const auto& level : levels) {
    if (level.name == name) return &level;
  }
  return nullptr;
}

BuildState load_state(const std::filesystem::path& file) try {
  BuildState state;
  if (!std::filesystem::exists(file)) return state;
  const Json json = Json::parse(read_file(file));
  state.files = json.at("files");
  if (json.at("format") != kFormat) return state;
  for (const auto& [slug, chart] : json.at("charts").items()) {
    ChartState& made = state.charts[slug];
    made.recipe = chart.at("recipe");
    made.version = chart.at("version");
    made.entry = chart.at("entry");
    made.rows = chart.at("rows");
    for (const Json& level : chart.at("levels")) {
      LevelState& l =
          made.levels.emplace_back(LevelState{level.at("name"), level.at("period"), {}});
      for (const Json& tile : level.at("tiles"))
        l.tiles.push_back(tile_of(tile));
    }
  }
  return state;
} catch (const Json::exception&) {
  return {};  // damaged: build anew
}

void save_state(const std::filesystem::path& file, const BuildState& state) {
  Json charts = Json::object();
  for (const auto& [slug, chart] : state.charts) {
    Json levels = Json::array();
    for (const auto& level : chart.levels) {
      Json tiles = Json::array();
      for (const Tile& tile : level.tiles)
        tiles.push_back(to_json(tile));
      levels.push_back(
          {{"name", level.name}, {"period", level.period}, {"tiles", std::move(tiles)}});
    }
    charts[slug] = {{"recipe", chart.recipe},
                    {"version", chart.version},
                    {"entry", chart.entry},
                    {"rows", chart.rows},
                    {"levels", std::move(levels)}};
  }
  const Json json = {{"format", kFormat}, {"files", state.files}, {"charts", std::move(charts)}};
  put_durably(file, json.dump() + "\n");
}

}  // namespace pond::site

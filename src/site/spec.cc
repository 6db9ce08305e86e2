#include "site/spec.h"

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <set>

#include "pond/error.h"

namespace pond::site {

using factory::ConfigReader;
using Json = nlohmann::ordered_json;

const char* const kExampleSpec = R"(title: Streams of Maryland
description: Water quality and flow, every five minutes.
charts:
  - title: Plumtree Run near Bel Air
    series: /hydrovu/plumtree.series
    reduced: /reduced/plumtree
    columns:
      - {name: water_temperature.C, label: Water temperature, unit: °C}
      - {name: discharge.cfs, scale: log}
)";

namespace {

// A list of mappings under `key`, each read by `read` with its own reader; at least one when
// `required`.
template <typename Read>
Json read_list(ConfigReader& reader, const std::string& key, bool required, Read read) {
  Json items = Json::array();
  const auto list = reader.find(key);
  if (!list) {
    if (required) reader.node(key);  // throws: the key is missing
    return items;
  }
  const std::string path = reader.path(key);
  if (!list->IsSequence()) factory::config_error(*list, path, "must be a list");
  if (required && list->size() == 0) factory::config_error(*list, path, "must not be empty");
  for (std::size_t i = 0; i < list->size(); ++i) {
    ConfigReader item((*list)[i], path + "[" + std::to_string(i) + "]");
    items.push_back(read(item, (*list)[i]));
    item.finish();
  }
  return items;
}

Json read_column(ConfigReader& reader, const YAML::Node& node) {
  const std::string scale = reader.text("scale", "linear");
  if (scale != "linear" && scale != "log") {
    factory::config_error(node, reader.path("scale"), "must be linear or log, not '" + scale + "'");
  }
  return {{"name", reader.text("name")},
          {"label", reader.text("label", "")},
          {"unit", reader.text("unit", "")},
          {"scale", scale}};
}

Json read_chart(ConfigReader& reader, const YAML::Node& node) {
  const std::string series = reader.text("series");
  const std::string reduced = reader.text("reduced", "");
  for (const auto& [key, path] : {std::pair{"series", series}, std::pair{"reduced", reduced}}) {
    if (!path.empty() && path.front() != '/') {
      factory::config_error(node, reader.path(key),
                            "'" + path + "' is not an absolute path in the pond");
    }
  }
  std::set<std::string> names;
  Json chart = {{"title", reader.text("title")},
                {"series", series},
                {"reduced", reduced},
                {"time_column", reader.text("time_column", "")}};
  chart["columns"] =
      read_list(reader, "columns", false, [&](ConfigReader& column, const YAML::Node& column_node) {
        Json read = read_column(column, column_node);
        const auto name = read["name"].get<std::string>();
        if (!names.insert(name).second) {
          factory::config_error(column_node, column.path("name"),
                                "the column '" + name + "' is there twice");
        }
        return read;
      });
  return chart;
}

}  // namespace

std::string validate_spec(const YAML::Node& config) {
  ConfigReader reader(config, "spec");
  Json spec = {{"title", reader.text("title")}, {"description", reader.text("description", "")}};
  spec["charts"] = read_list(reader, "charts", true, read_chart);
  reader.finish();
  return spec.dump();
}

SiteSpec parse_spec(std::string_view json) try {
  const Json spec = Json::parse(json);
  SiteSpec site{spec.at("title"), spec.at("description"), {}};
  for (const Json& chart : spec.at("charts")) {
    ChartSpec& made = site.charts.emplace_back(ChartSpec{
        chart.at("title"), chart.at("series"), chart.at("reduced"), chart.at("time_column"), {}});
    for (const Json& column : chart.at("columns")) {
      made.columns.push_back(
          {column.at("name"), column.at("label"), column.at("unit"), column.at("scale")});
    }
  }
  return site;
} catch (const nlohmann::json::exception& error) {
  throw Error(ErrorCode::Corrupt, std::string("the configuration of the site: ") + error.what());
}

}  // namespace pond::site

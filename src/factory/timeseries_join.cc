// timeseries-join: several series as one wide series, a row for every time that any of them has.
//
//   inputs:
//     - {pattern: /hydrovu/Vulink1.series, scope: Vulink, range: {end: 2024-05-30}}
//     - {pattern: /hydrovu/Vulink2.series, scope: Vulink, range: {begin: 2024-05-30}}
//     - {pattern: /hydrovu/AT500.series, scope: AT500_Surface}
//
// and combine, the same from a list of scopes.
#include <arrow/type.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "factory/factory_node.h"
#include "factory/input_files.h"
#include "factory/wide_sql.h"
#include "pond/error.h"
#include "pond/time.h"

namespace pond::factory {
namespace {

using nlohmann::json;

struct JoinInput {
  std::string pattern;
  std::string scope;  // empty: columns keep their names
  TimeRange range;
};

std::optional<std::int64_t> time_of(const json& range, const char* key) {
  if (!range.contains(key)) return std::nullopt;
  return parse_time(range.at(key).get<std::string>());
}

std::vector<JoinInput> join_inputs(const json& config) {
  std::vector<JoinInput> inputs;
  for (const auto& input : config.at("inputs")) {
    const json range = input.value("range", json::object());
    inputs.push_back({.pattern = input.at("pattern"),
                      .scope = input.value("scope", ""),
                      .range = {time_of(range, "begin"), time_of(range, "end")}});
  }
  return inputs;
}

std::vector<JoinInput> combine_inputs(const json& config) {
  std::vector<JoinInput> inputs;
  for (const auto& scope : config.at("scopes"))
    for (const auto& series : scope.at("series"))
      inputs.push_back({.pattern = series.at("pattern"), .scope = scope.at("name"), .range = {}});
  return inputs;
}

class JoinedSeries : public ComputedNode {
 public:
  JoinedSeries(const tinyfs::DynamicSpec& spec, const Environment& environment,
               std::string time_column, std::vector<JoinInput> inputs)
      : ComputedNode(spec, tinyfs::Kind::Series, environment),
        time_column_(std::move(time_column)),
        inputs_(std::move(inputs)) {}

  std::string relation(query::Session& session) const override {
    std::vector<WidePart> parts;
    for (const auto& input : inputs_) {
      WidePart part{
          .relation = session.relation(input.pattern), .columns = {}, .range = input.range};
      const auto schema = columns_of(session, part.relation);
      require_time_column(*schema, time_column_, input.pattern);
      for (const auto& name : schema->field_names())
        if (name != time_column_)
          part.columns.emplace_back(name, input.scope.empty() ? name : input.scope + "." + name);
      parts.push_back(std::move(part));
    }
    return wide_sql(time_column_, parts);
  }

 private:
  std::string time_column_;
  std::vector<JoinInput> inputs_;
};

FactoryType joined(const std::string& name, const std::string& summary, const std::string& example,
                   std::string (*validate)(const YAML::Node&, const Registry&),
                   std::vector<JoinInput> (*inputs)(const json&)) {
  return {.name = name,
          .summary = summary,
          .example = example,
          .validate = validate,
          .load =
              [inputs](const tinyfs::DynamicSpec& spec, const Environment& environment) {
                const json config = json::parse(spec.config);
                return std::make_shared<JoinedSeries>(spec, environment, config.at("time_column"),
                                                      inputs(config));
              },
          .run = nullptr};
}

json read_range(const YAML::Node& node, const std::string& path) {
  ConfigReader reader(node, path);
  json range = json::object();
  std::optional<std::int64_t> begin;
  for (const std::string key : {"begin", "end"}) {
    if (!reader.find(key)) continue;
    std::int64_t time = 0;
    try {
      time = parse_time(reader.text(key));
    } catch (const Error& error) {
      config_error(reader.node(key), reader.path(key), error.what(), error.hint());
    }
    if (begin && time <= *begin)
      config_error(reader.node(key), reader.path(key), "must be after begin",
                   "a range holds the times from begin on and before end");
    begin = time;
    range[key] = format_time(time);
  }
  reader.finish();
  return range;
}

std::string validate_join(const YAML::Node& config, const Registry& /*registry*/) {
  ConfigReader reader(config, "spec");
  json inputs = json::array();
  for (const auto& node : reader.list("inputs", "{pattern, scope, range}")) {
    ConfigReader entry(node, reader.path("inputs", inputs.size()));
    json input{{"pattern", read_pattern(entry, "pattern")}};
    if (entry.find("scope")) input["scope"] = entry.text("scope");
    if (const auto range = entry.find("range"))
      input["range"] = read_range(*range, entry.path("range"));
    entry.finish();
    inputs.push_back(std::move(input));
  }
  const std::string time_column = reader.text("time_column", "timestamp");
  reader.finish();
  return json{{"time_column", time_column}, {"inputs", inputs}}.dump();
}

std::string validate_combine(const YAML::Node& config, const Registry& /*registry*/) {
  ConfigReader reader(config, "spec");
  json scopes = json::array();
  for (const auto& node : reader.list("scopes", "{name, series}")) {
    ConfigReader scope(node, reader.path("scopes", scopes.size()));
    const std::string name = scope.text("name");
    if (name.empty()) config_error(scope.node("name"), scope.path("name"), "is empty");
    json series = json::array();
    for (const auto& inner : scope.list("series", "{pattern}")) {
      ConfigReader entry(inner, scope.path("series", series.size()));
      series.push_back({{"pattern", read_pattern(entry, "pattern")}});
      entry.finish();
    }
    scope.finish();
    scopes.push_back({{"name", name}, {"series", series}});
  }
  const std::string time_column = reader.text("time_column", "timestamp");
  reader.finish();
  return json{{"time_column", time_column}, {"scopes", scopes}}.dump();
}

}  // namespace

FactoryType timeseries_join() {
  return joined("timeseries-join", "one wide series of several, joined on time",
                "inputs:\n"
                "  - pattern: /hydrovu/Vulink1.series\n"
                "    scope: Vulink\n"
                "    range: {end: 2024-05-30T00:00:00Z}\n"
                "  - pattern: /hydrovu/Vulink2.series\n"
                "    scope: Vulink\n"
                "    range: {begin: 2024-05-30T00:00:00Z}\n"
                "  - pattern: /hydrovu/AT500.series\n"
                "    scope: AT500_Surface\n",
                validate_join, join_inputs);
}

FactoryType combine() {
  return joined("combine", "one wide series of the series of several instruments",
                "scopes:\n"
                "  - name: AT500_Surface\n"
                "    series:\n"
                "      - pattern: /laketech/surface.series\n"
                "  - name: Vulink\n"
                "    series:\n"
                "      - pattern: /hydrovu/Vulink1.series\n"
                "      - pattern: /hydrovu/Vulink2.series\n",
                validate_combine, combine_inputs);
}

}  // namespace pond::factory

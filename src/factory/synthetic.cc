// synthetic-timeseries: test signals. With t the seconds since `start`, P the period, u the
// fractional part of t/P + phase/2π (phase in radians):
//
//   sine      offset + amplitude · sin(2π t/P + phase)
//   triangle  offset + amplitude · (4u for u < ¼, 2 − 4u for u < ¾, 4u − 4 otherwise)    in phase
//   with the sine square    offset + amplitude · (1 for u < ½, −1 otherwise) line      offset +
//   slope · t                                                         slope per second noise offset
//   + amplitude · (2h − 1), uniform; h = the upper 53 of the lower 64 bits of
//             MD5("seed:point:component:time in µs") / 2⁵³
//
// A point is the sum of its components. Noise is a hash and not a generator so that every row is
// known without the rows before it: the same in each query, on each machine, in any order.
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "factory/factory_node.h"
#include "pond/error.h"
#include "pond/time.h"

namespace pond::factory {
namespace {

using nlohmann::json;

const std::vector<std::string> kTypes{"sine", "triangle", "square", "line", "noise"};
constexpr std::int64_t kMostRows = 10'000'000'000;

// The shortest decimal text that reads back as the same double, marked as a DOUBLE for DuckDB (to
// which 0.1 alone is a DECIMAL).
std::string sql_number(double value) {
  char text[64];
  const auto end =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  return "(" + std::string(text, end) + ")::DOUBLE";
}

std::string component_sql(const json& component, const std::string& point, std::size_t index) {
  const std::string type = component.at("type");
  const std::string offset = sql_number(component.value("offset", 0.0));
  if (type == "line") return offset + " + " + sql_number(component.value("slope", 0.0)) + " * t";
  const std::string amplitude = sql_number(component.value("amplitude", 1.0));
  if (type == "noise") {
    const std::string key = std::to_string(component.value("seed", std::int64_t{0})) + ":" + point +
                            ":" + std::to_string(index) + ":";
    return offset + " + " + amplitude + " * (2 * ((md5_number_lower(" + query::quote_literal(key) +
           " || us::VARCHAR) >> 11)::DOUBLE / 9007199254740992) - 1)";
  }
  const std::string cycles =
      "t / " +
      sql_number(static_cast<double>(parse_duration(component.at("period").get<std::string>())) /
                 1e6);
  const double phase = component.value("phase", 0.0);
  if (type == "sine")
    return offset + " + " + amplitude + " * sin(2 * pi() * " + cycles + " + " + sql_number(phase) +
           ")";
  const std::string turns = "(" + cycles + " + " + sql_number(phase / (2 * M_PI)) + ")";
  const std::string u = "(" + turns + " - floor(" + turns + "))";
  if (type == "square")
    return offset + " + " + amplitude + " * CASE WHEN " + u + " < 0.5 THEN 1 ELSE -1 END";
  return offset + " + " + amplitude + " * CASE WHEN " + u + " < 0.25 THEN 4 * " + u + " WHEN " + u +
         " < 0.75 THEN 2 - 4 * " + u + " ELSE 4 * " + u + " - 4 END";
}

class SyntheticSeries : public ComputedNode {
 public:
  SyntheticSeries(const tinyfs::DynamicSpec& spec, const Environment& environment)
      : ComputedNode(spec, tinyfs::Kind::Series, environment), config_(json::parse(spec.config)) {}

  std::string relation(query::Session& /*session*/) const override {
    const std::int64_t start = parse_time(config_.at("start").get<std::string>());
    const std::int64_t end = parse_time(config_.at("end").get<std::string>());
    const std::int64_t interval = parse_duration(config_.at("interval").get<std::string>());
    std::string columns = "make_timestamptz(us) AS " +
                          query::quote_identifier(config_.at("time_column").get<std::string>());
    for (const auto& point : config_.at("points")) {
      const std::string name = point.at("name");
      std::string sum;
      std::size_t index = 0;
      for (const auto& component : point.at("components"))
        sum += (sum.empty() ? "" : " + ") + component_sql(component, name, index++);
      columns += ", " + (sum.empty() ? "0::DOUBLE" : sum) + " AS " + query::quote_identifier(name);
    }
    return "(SELECT " + columns + " FROM (SELECT range AS us, (range - " + std::to_string(start) +
           ")::DOUBLE / 1000000 AS t FROM range(" + std::to_string(start) + "::BIGINT, " +
           std::to_string(end) + "::BIGINT + 1, " + std::to_string(interval) + "::BIGINT)))";
  }

 private:
  json config_;
};

template <typename Parse>
std::int64_t parsed(ConfigReader& reader, const std::string& key, const Parse& parse) {
  const std::string text = reader.text(key);
  try {
    return parse(text);
  } catch (const Error& error) {
    config_error(reader.node(key), reader.path(key), error.what(), error.hint());
  }
}

double finite(ConfigReader& reader, const std::string& key, double otherwise) {
  const double value = reader.number(key, otherwise);
  if (!std::isfinite(value))
    config_error(reader.node(key), reader.path(key), "must be a finite number");
  return value;
}

json validate_component(const YAML::Node& node, const std::string& path) {
  ConfigReader reader(node, path);
  const std::string type = reader.text("type");
  json component{{"type", type}, {"offset", finite(reader, "offset", 0)}};
  if (type == "line") {
    component["slope"] = finite(reader, "slope", 0);
  } else if (type == "noise") {
    component["amplitude"] = finite(reader, "amplitude", 1);
    component["seed"] = reader.integer("seed", 0);
  } else if (type == "sine" || type == "triangle" || type == "square") {
    component["amplitude"] = finite(reader, "amplitude", 1);
    parsed(reader, "period", parse_duration);
    component["period"] = reader.text("period");
    component["phase"] = finite(reader, "phase", 0);
  } else {
    const std::string near = nearest(type, kTypes);
    config_error(reader.node("type"), reader.path("type"), "unknown component type '" + type + "'",
                 near.empty() ? "the types are sine, triangle, square, line, noise"
                              : "did you mean " + near + "?");
  }
  reader.finish();
  return component;
}

json validate_point(const YAML::Node& node, const std::string& path, std::set<std::string>& names) {
  ConfigReader reader(node, path);
  const std::string name = reader.text("name");
  if (name.empty() || !names.insert(name).second)
    config_error(reader.node("name"), reader.path("name"),
                 name.empty() ? "is empty" : "there is a column '" + name + "' already");
  json components = json::array();
  const YAML::Node list = reader.node("components");
  if (!list.IsSequence()) config_error(list, reader.path("components"), "must be a list");
  for (const auto& component : list)
    components.push_back(
        validate_component(component, reader.path("components", components.size())));
  reader.finish();
  return {{"name", name}, {"components", components}};
}

std::string validate(const YAML::Node& config, const Registry& /*registry*/) {
  ConfigReader reader(config, "spec");
  const std::int64_t start = parsed(reader, "start", parse_time);
  const std::int64_t end = parsed(reader, "end", parse_time);
  const std::int64_t interval = parsed(reader, "interval", parse_duration);
  if (end < start) config_error(reader.node("end"), reader.path("end"), "is before start");
  if ((end - start) / interval >= kMostRows)
    config_error(reader.node("interval"), reader.path("interval"),
                 "gives more than ten thousand million rows");
  const std::string time_column = reader.text("time_column", "timestamp");
  std::set<std::string> names{time_column};
  json points = json::array();
  const YAML::Node list = reader.node("points");
  if (!list.IsSequence()) config_error(list, reader.path("points"), "must be a list");
  for (const auto& point : list)
    points.push_back(validate_point(point, reader.path("points", points.size()), names));
  reader.finish();
  return json{{"start", format_time(start)},
              {"end", format_time(end)},
              {"interval", reader.text("interval")},
              {"time_column", time_column},
              {"points", points}}
      .dump();
}

}  // namespace

FactoryType synthetic_timeseries() {
  return {.name = "synthetic-timeseries",
          .summary = "a test signal: sums of sines, triangles, squares, lines and noise",
          .example =
              "start: 2024-01-01T00:00:00Z\n"
              "end: 2024-01-31T23:59:00Z\n"
              "interval: 1m\n"
              "points:\n"
              "  - name: temperature\n"
              "    components:\n"
              "      - {type: sine, amplitude: 5, period: 1d, offset: 15}\n"
              "      - {type: noise, amplitude: 0.2, seed: 1}\n",
          .validate = validate,
          .load = load_node<SyntheticSeries>,
          .run = nullptr};
}

}  // namespace pond::factory

#include "factory/reduce_config.h"

#include <arrow/type.h>
#include <arrow/type_traits.h>
#include <fnmatch.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "factory/input_files.h"
#include "pond/error.h"
#include "pond/time.h"
#include "pond/url.h"

namespace pond::factory {
namespace {

using nlohmann::json;

constexpr std::int64_t kDayUs = std::int64_t{86'400} * 1'000'000;
const std::vector<std::string> kAggregates{"avg", "min", "max", "sum", "count"};

// A change here makes stored partials of older programs void.
constexpr int kPartialsFormat = 1;

bool matches(const Aggregation& aggregation, const std::string& column, bool numeric) {
  if (aggregation.columns.empty()) return numeric;
  if (!numeric && aggregation.type != "count") return false;
  return std::any_of(aggregation.columns.begin(), aggregation.columns.end(), [&](const auto& glob) {
    return ::fnmatch(glob.c_str(), column.c_str(), 0) == 0;
  });
}

bool holds_numbers(const arrow::DataType& type) {
  return arrow::is_integer(type.id()) || arrow::is_floating(type.id()) ||
         arrow::is_decimal(type.id());
}

json validate_aggregations(ConfigReader& reader) {
  json aggregations = json::array();
  for (const auto& node : reader.list("aggregations", "{type, columns}")) {
    ConfigReader entry(node, reader.path("aggregations", aggregations.size()));
    const std::string type = entry.text("type");
    if (std::find(kAggregates.begin(), kAggregates.end(), type) == kAggregates.end()) {
      const std::string near = nearest(type, kAggregates);
      config_error(entry.node("type"), entry.path("type"), "unknown aggregation '" + type + "'",
                   near.empty() ? "the aggregations are avg, min, max, sum, count"
                                : "did you mean " + near + "?");
    }
    aggregations.push_back({{"type", type}, {"columns", entry.texts("columns")}});
    entry.finish();
  }
  return aggregations;
}

json validate_resolutions(ConfigReader& reader) {
  const YAML::Node list = reader.node("resolutions");
  std::vector<Resolution> seen;
  json labels = json::array();
  for (const auto& label : reader.texts("resolutions")) {
    const YAML::Node node = list[seen.size()];
    const std::string path = reader.path("resolutions", seen.size());
    Resolution resolution;
    try {
      resolution = make_resolution(label);
    } catch (const Error& error) {
      config_error(node, path, error.what(), error.hint());
    }
    for (const auto& other : seen)
      if (other.width_us == resolution.width_us)
        config_error(node, path, "'" + label + "' is the same as '" + other.label + "'");
    seen.push_back(resolution);
    labels.push_back(label);
  }
  if (seen.empty()) config_error(list, reader.path("resolutions"), "needs at least one, like 1h");
  return labels;
}

}  // namespace

Resolution make_resolution(const std::string& label) {
  Resolution resolution{.label = label, .width_us = parse_duration(label), .offset_us = 0};
  // 1970-01-01 was a Thursday; Monday came four days later.
  if (resolution.width_us % (7 * kDayUs) == 0) resolution.offset_us = 4 * kDayUs;
  return resolution;
}

std::string ReduceConfig::validate(const YAML::Node& config, const Registry& /*registry*/) {
  ConfigReader reader(config, "spec");
  const std::string in_pattern = read_pattern(reader, "in_pattern");
  if (Url::parse(in_pattern).version)
    config_error(reader.node("in_pattern"), reader.path("in_pattern"),
                 "names one version, and a reduction follows them all");
  const std::string out_pattern = reader.text("out_pattern");
  if (out_pattern.find_first_not_of('/') == out_pattern.npos)
    config_error(reader.node("out_pattern"), reader.path("out_pattern"), "is empty");
  check_captures(reader, "out_pattern",
                 Url::parse(in_pattern).host ? 0 : count_wildcards(in_pattern));
  const std::string time_column = reader.text("time_column", "timestamp");
  const json resolutions = validate_resolutions(reader);
  const json aggregations = validate_aggregations(reader);
  reader.finish();
  return json{{"in_pattern", in_pattern},
              {"out_pattern", out_pattern},
              {"time_column", time_column},
              {"resolutions", resolutions},
              {"aggregations", aggregations}}
      .dump();
}

ReduceConfig ReduceConfig::parse(const std::string& text) {
  const json config = json::parse(text);
  ReduceConfig result{.in_pattern = config.at("in_pattern"),
                      .out_pattern = config.at("out_pattern"),
                      .time_column = config.at("time_column"),
                      .resolutions = {},
                      .aggregations = {}};
  for (const std::string label : config.at("resolutions"))
    result.resolutions.push_back(make_resolution(label));
  std::sort(result.resolutions.begin(), result.resolutions.end(),
            [](const auto& a, const auto& b) { return a.width_us < b.width_us; });
  for (const auto& entry : config.at("aggregations"))
    result.aggregations.push_back({entry.at("type"), entry.at("columns")});
  return result;
}

std::string ReduceConfig::fingerprint() const {
  json text{{"format", kPartialsFormat}, {"time_column", time_column}};
  for (const auto& resolution : resolutions)
    text["resolutions"].push_back(resolution.label);
  for (const auto& aggregation : aggregations)
    text["aggregations"].push_back({aggregation.type, aggregation.columns});
  return Sha256::of(text.dump()).substr(0, 32);
}

bool ReducedColumn::wants(std::string_view aggregate) const {
  return std::find(aggregates.begin(), aggregates.end(), aggregate) != aggregates.end();
}

std::vector<ReducedColumn> reduced_columns(const ReduceConfig& config, const arrow::Schema& schema,
                                           const std::string& input) {
  require_time_column(schema, config.time_column, input);
  std::vector<ReducedColumn> columns;
  for (const auto& field : schema.fields()) {
    if (field->name() == config.time_column) continue;
    ReducedColumn column{
        .name = field->name(), .aggregates = {}, .numeric = holds_numbers(*field->type())};
    for (const auto& aggregation : config.aggregations)
      if (matches(aggregation, column.name, column.numeric) && !column.wants(aggregation.type))
        column.aggregates.push_back(aggregation.type);
    if (!column.aggregates.empty()) columns.push_back(std::move(column));
  }
  return columns;
}

void merge_columns(std::vector<ReducedColumn>& columns, const std::vector<ReducedColumn>& more) {
  for (const auto& column : more) {
    const auto same = std::find_if(columns.begin(), columns.end(),
                                   [&](const auto& known) { return known.name == column.name; });
    if (same == columns.end()) columns.push_back(column);
    // The same name as text here and as number there: wants what either wants.
    else if (same->aggregates.size() < column.aggregates.size())
      *same = column;
  }
}

}  // namespace pond::factory

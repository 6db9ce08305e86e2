// timeseries-pivot: the same columns of many series side by side, named by what the pattern's
// wildcards matched.
//
//   pattern: /sensors/*.series
//   columns: [Temperature.C]
//
// gives timestamp, dock.Temperature.C, pier.Temperature.C, …
#include <arrow/type.h>
#include <fnmatch.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "factory/factory_node.h"
#include "factory/input_files.h"
#include "factory/wide_sql.h"
#include "pond/error.h"
#include "pond/url.h"

namespace pond::factory {
namespace {

using nlohmann::json;

// What the wildcards matched, as one word; the name of the file when there are none.
std::string scope_of(const InputFile& input) {
  if (input.captures.empty()) {
    const std::string name = input.node->name();
    return name.substr(0, name.rfind('.'));
  }
  std::string scope;
  for (const auto& capture : input.captures) {
    if (capture.empty()) continue;  // a "**" that matched nothing
    scope += (scope.empty() ? "" : "_") + capture;
  }
  std::replace(scope.begin(), scope.end(), '/', '_');
  return scope;
}

class PivotedSeries : public ComputedNode {
 public:
  PivotedSeries(const tinyfs::DynamicSpec& spec, const Environment& environment)
      : ComputedNode(spec, tinyfs::Kind::Series, environment) {
    const json config = json::parse(spec.config);
    pattern_ = config.at("pattern");
    columns_ = config.at("columns").get<std::vector<std::string>>();
    time_column_ = config.at("time_column");
  }

  std::string relation(query::Session& session) const override {
    std::vector<WidePart> parts;
    std::map<std::string, std::string> scopes;  // and the file of each
    std::vector<std::string> names;             // all columns seen
    for (const auto& input : find_inputs(pattern_, environment().fs)) {
      const std::string scope = scope_of(input);
      const auto [earlier, first] = scopes.emplace(scope, input.shown);
      if (!first)
        throw Error(ErrorCode::InvalidArgument,
                    earlier->second + " and " + input.shown + " would both be named '" + scope +
                        "' by " + pattern_,
                    "write a pattern whose wildcards match something different for each");
      const auto table = input.table(session);
      if (!table) continue;
      require_time_column(*table->schema, time_column_, input.shown);
      WidePart part{.relation = table->relation, .columns = {}, .range = {}};
      for (const auto& name : table->schema->field_names()) {
        if (name == time_column_) continue;
        names.push_back(name);
        if (wanted(name)) part.columns.emplace_back(name, scope + "." + name);
      }
      parts.push_back(std::move(part));
    }
    check(parts, names);
    return wide_sql(time_column_, parts);
  }

 private:
  bool wanted(const std::string& name) const {
    return std::any_of(columns_.begin(), columns_.end(), [&](const std::string& glob) {
      return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0;
    });
  }

  void check(const std::vector<WidePart>& parts, const std::vector<std::string>& names) const {
    if (parts.empty()) throw Error(ErrorCode::NotFound, "no table or series matches " + pattern_);
    for (const auto& glob : columns_) {
      const bool found = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0;
      });
      if (found) continue;
      const std::string near = nearest(glob, names);
      throw Error(
          ErrorCode::NotFound, "no file of " + pattern_ + " has a column '" + glob + "'",
          near.empty() ? "pond describe shows their columns" : "did you mean " + near + "?");
    }
  }

  std::string pattern_;
  std::vector<std::string> columns_;  // globs
  std::string time_column_;
};

std::string validate(const YAML::Node& config, const Registry& /*registry*/) {
  ConfigReader reader(config, "spec");
  const std::string pattern = read_pattern(reader, "pattern", From::Pond);
  const YAML::Node list = reader.node("columns");
  const std::vector<std::string> columns = reader.texts("columns");
  if (columns.empty())
    config_error(list, reader.path("columns"), "needs at least one name or pattern of columns");
  const std::string time_column = reader.text("time_column", "timestamp");
  reader.finish();
  return json{{"pattern", pattern}, {"columns", columns}, {"time_column", time_column}}.dump();
}

}  // namespace

FactoryType timeseries_pivot() {
  return {.name = "timeseries-pivot",
          .summary = "the same columns of many series side by side",
          .example =
              "pattern: /sensors/*.series\n"
              "columns: [Temperature.C, 'DO.*']\n",
          .validate = validate,
          .load = load_node<PivotedSeries>,
          .run = nullptr};
}

}  // namespace pond::factory

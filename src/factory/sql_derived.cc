// sql-derived-table and sql-derived-series: a query over named patterns.
//
//   patterns: {dock: /sensors/dock/*.series, air: "csv:///drop/air.csv"}
//   query: SELECT timestamp, dock.temp - air.temp AS difference FROM dock JOIN air USING
//   (timestamp)
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "factory/factory_node.h"
#include "factory/input_files.h"
#include "factory/sql_text.h"
#include "pond/error.h"

namespace pond::factory {
namespace {

using nlohmann::json;

class DerivedFile : public ComputedNode {
 public:
  DerivedFile(const tinyfs::DynamicSpec& spec, tinyfs::Kind kind, const Environment& environment)
      : ComputedNode(spec, kind, environment) {
    const json config = json::parse(spec.config);
    for (const auto& [name, url] : config.at("patterns").items())
      patterns_.emplace_back(name, url.get<std::string>());
    query_ = config.at("query").get<std::string>();
  }

  std::string relation(query::Session& session) const override {
    NamedRelations tables;
    for (const auto& [name, url] : patterns_)
      tables.emplace_back(name, session.relation(url));
    return query_over(tables, query_);
  }

 private:
  std::vector<std::pair<std::string, std::string>> patterns_;
  std::string query_;
};

std::string validate(const YAML::Node& config, const Registry& /*registry*/) {
  ConfigReader reader(config, "spec");
  json patterns = json::object();
  if (const auto list = reader.find("patterns")) {
    ConfigReader names(*list, reader.path("patterns"));
    if (list->IsMap()) {
      for (const auto& entry : *list) {
        const std::string name = entry.first.Scalar();
        patterns[name] = read_pattern(names, name);
      }
    }
  }
  const std::string query = read_query(reader);
  reader.finish();
  return json{{"patterns", patterns}, {"query", query}}.dump();
}

FactoryType derived(const std::string& name, const std::string& summary, tinyfs::Kind kind) {
  return {.name = name,
          .summary = summary,
          .example =
              "patterns:\n"
              "  dock: /sensors/dock/*.series\n"
              "query: >\n"
              "  SELECT timestamp, temperature * 9 / 5 + 32 AS fahrenheit FROM dock ORDER BY "
              "timestamp\n",
          .validate = validate,
          .load =
              [kind](const tinyfs::DynamicSpec& spec, const Environment& environment) {
                return std::make_shared<DerivedFile>(spec, kind, environment);
              },
          .run = nullptr};
}

}  // namespace

FactoryType sql_derived_table() {
  return derived("sql-derived-table", "a table that is the result of a query", tinyfs::Kind::Table);
}

FactoryType sql_derived_series() {
  return derived("sql-derived-series", "a time series that is the result of a query",
                 tinyfs::Kind::Series);
}

}  // namespace pond::factory

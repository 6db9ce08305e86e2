// sql-derived-table and sql-derived-series: a query over named patterns.
//
//   patterns: {dock: /sensors/dock/*.series, air: "csv:///drop/air.csv"}
//   query: SELECT timestamp, dock.temp - air.temp AS difference FROM dock JOIN air USING
//   (timestamp)
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "factory/factory_node.h"
#include "factory/sql_text.h"
#include "pond/error.h"
#include "pond/url.h"

namespace pond::factory {
namespace {

using nlohmann::json;

// A dynamic node does not know where it stands (it may stand in several places), so a relative path
// starts at the root.
std::string absolute(const std::string& url) {
  return url.find("://") != url.npos || url.starts_with('/') ? url : "/" + url;
}

class DerivedFile : public ComputedFile, public FromSpec {
 public:
  DerivedFile(const tinyfs::DynamicSpec& spec, tinyfs::Kind kind, const Environment& environment)
      : ComputedFile(spec.id, kind, FromSpec(spec).dynamic_info(kind), environment),
        FromSpec(spec) {
    const json config = json::parse(spec.config);
    for (const auto& [name, url] : config.at("patterns").items())
      patterns_.emplace_back(name, url.get<std::string>());
    query_ = config.at("query").get<std::string>();
  }

  // The names are common table expressions: they are seen by this query alone, and a chain of
  // derived nodes stays one plan into which filters and projections reach.
  std::string relation(query::Session& session) const override {
    std::string with;
    for (const auto& [name, url] : patterns_) {
      with += with.empty() ? "WITH " : ", ";
      with += query::quote_identifier(name) + " AS NOT MATERIALIZED (SELECT * FROM " +
              session.relation(url) + ")";
    }
    if (patterns_.size() == 1 && patterns_.front().first != "source")
      with += ", source AS NOT MATERIALIZED (SELECT * FROM " +
              query::quote_identifier(patterns_.front().first) + ")";
    // A line break, for a query that ends in a comment.
    return "(" + with + (with.empty() ? "" : " ") + "SELECT * FROM (" + query_ + "\n))";
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
        const std::string url = names.text(name);
        if (url.empty()) config_error(entry.second, names.path(name), "is empty");
        try {
          Url::parse(absolute(url));
        } catch (const Error& error) {
          config_error(entry.second, names.path(name), error.what(), error.hint());
        }
        patterns[name] = absolute(url);
      }
    }
  }
  const YAML::Node text = reader.node("query");
  std::string problem;
  const std::string query = single_select(reader.text("query"), problem);
  if (!problem.empty()) config_error(text, reader.path("query"), problem);
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

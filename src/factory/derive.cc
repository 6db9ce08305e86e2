// derive: a directory of series, each the result of a query over the files that a pattern matches.
//
//   collections:
//     - pattern: "csv:///drop/*surface*.csv"
//       name: surface.series
//       query: SELECT … FROM source
//     - {pattern: /sensors/*.series, name: warm/$0.series, query: SELECT * FROM source WHERE t >
//     15}
//
// All files that a name is made from are one table, `source`. A name with captures ($0, $1) gives a
// series for each that they make.
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <set>

#include "factory/input_files.h"
#include "factory/output_tree.h"
#include "factory/sql_text.h"
#include "pond/error.h"

namespace pond::factory {
namespace {

using nlohmann::json;

// One series: the pattern as a whole, or those files of it that its name stands for.
struct Collected {
  std::string pattern;
  std::vector<InputFile> files;
  std::string query;
};

class CollectedSeries : public ComputedFile {
 public:
  CollectedSeries(const tinyfs::NodeId& id, tinyfs::NodeInfo info, const Environment& environment,
                  Collected collected)
      : ComputedFile(id, tinyfs::Kind::Series, std::move(info), environment),
        collected_(std::move(collected)) {}

  std::string relation(query::Session& session) const override {
    return query_over({{"source", source(session)}}, collected_.query);
  }

 private:
  std::string source(query::Session& session) const {
    if (collected_.files.empty()) return session.relation(collected_.pattern);
    if (collected_.files.size() == 1) return collected_.files[0].relation(session);
    std::string all;
    for (const auto& file : collected_.files)
      all += (all.empty() ? "(" : " UNION ALL BY NAME ") + std::string("SELECT * FROM ") +
             file.relation(session);
    return all + ")";
  }

  Collected collected_;
};

std::map<std::string, Collected> find_series(const json& config, tinyfs::FS* fs) {
  std::map<std::string, Collected> series;
  for (const auto& collection : config.at("collections")) {
    const std::string name = collection.at("name");
    const std::string pattern = collection.at("pattern");
    const std::string query = collection.at("query");
    std::map<std::string, std::vector<InputFile>> groups;
    if (has_captures(name))
      groups = group_inputs(pattern, "name", name, fs);
    else
      groups[expand_captures(name, {}, "name", pattern)] = {};
    for (auto& [path, files] : groups) {
      const auto [earlier, first] = series.emplace(path, Collected{pattern, files, query});
      if (!first)
        throw Error(ErrorCode::InvalidArgument,
                    "two collections make " + path + ": those of " + earlier->second.pattern +
                        " and " + pattern,
                    "give one of them another name");
    }
  }
  return series;
}

std::shared_ptr<OutputNode> load(const tinyfs::DynamicSpec& spec, const Environment& environment) {
  const json config = json::parse(spec.config);
  for (const auto& collection : config.at("collections"))
    for (const char* key : {"name", "pattern", "query"})
      collection.at(key).get_ref<const std::string&>();
  const tinyfs::NodeInfo info = FromSpec(spec).dynamic_info(tinyfs::Kind::Series);
  return std::make_shared<OutputNode>(spec, [id = spec.id, info, config, environment] {
    OutputFiles files;
    const Finding now(id);
    if (now.again()) return files;
    for (auto& [path, collected] : find_series(config, environment.fs))
      files[path] = [info, environment, collected](const tinyfs::NodeId& file) {
        return std::make_shared<CollectedSeries>(file, info, environment, collected);
      };
    return files;
  });
}

std::string validate(const YAML::Node& config, const Registry& /*registry*/) {
  ConfigReader reader(config, "spec");
  json collections = json::array();
  std::set<std::string> names;
  for (const auto& node : reader.list("collections", "{pattern, name, query}")) {
    ConfigReader entry(node, reader.path("collections", collections.size()));
    const std::string name = entry.text("name");
    if (name.find_first_not_of("/.") == name.npos)
      config_error(entry.node("name"), entry.path("name"), "cannot be a name: '" + name + "'");
    if (!names.insert(name).second)
      config_error(entry.node("name"), entry.path("name"),
                   "there is a collection '" + name + "' already");
    const std::string pattern =
        read_pattern(entry, "pattern", has_captures(name) ? From::Pond : From::Anywhere);
    if (has_captures(name)) check_captures(entry, "name", count_wildcards(pattern));
    const std::string query = read_query(entry);
    entry.finish();
    collections.push_back({{"pattern", pattern}, {"name", name}, {"query", query}});
  }
  reader.finish();
  return json{{"collections", collections}}.dump();
}

}  // namespace

FactoryType derive() {
  return {.name = "derive",
          .summary = "a directory of series, each a query over the files that a pattern matches",
          .example =
              "collections:\n"
              "  - pattern: csv:///drop/*surface*.csv\n"
              "    name: surface.series\n"
              "    query: SELECT timestamp, value - 1.5 AS depth FROM source\n"
              "  - pattern: /sensors/*.series\n"
              "    name: warm/$0.series\n"
              "    query: SELECT * FROM source WHERE temperature > 15\n",
          .validate = validate,
          .load = load,
          .run = nullptr};
}

}  // namespace pond::factory

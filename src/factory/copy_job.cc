// copy: a copy that `pond run` makes, between the host and the pond or within the pond.
//
//   source: host+csv+table:///drop/stations.csv
//   destination: /stations.table
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "factory/factory_node.h"
#include "pond/error.h"
#include "pond/url.h"

namespace pond::factory {
namespace {

using nlohmann::json;

Url read_url(ConfigReader& reader, const std::string& key) {
  try {
    return Url::parse(reader.text(key));
  } catch (const Error& error) {
    config_error(reader.node(key), reader.path(key), error.what(), error.hint());
  }
}

std::string validate(const YAML::Node& config, const Registry& /*registry*/) {
  ConfigReader reader(config, "spec");
  const Url source = read_url(reader, "source");
  const Url destination = read_url(reader, "destination");
  reader.finish();
  if (source.host && destination.host)
    config_error(reader.node("destination"), reader.path("destination"),
                 "is of the host, and so is the source", "one of them is a path of the pond");
  if (!destination.host && !destination.path.starts_with('/'))
    config_error(reader.node("destination"), reader.path("destination"), "must start with '/'");
  return json{{"source", reader.text("source")}, {"destination", reader.text("destination")}}
      .dump();
}

RunReport run(const tinyfs::DynamicSpec& spec, RunContext& context) {
  if (!context.copy) throw Error(ErrorCode::Unsupported, "a copy cannot run here");
  const json config = json::parse(spec.config);
  const std::string source = substitute_environment(config.at("source").get<std::string>());
  const std::string destination =
      substitute_environment(config.at("destination").get<std::string>());
  RunReport report;
  tinyfs::Transaction transaction = context.fs.begin();
  const bool changed = context.copy(source, destination);
  if (transaction.commit({.command = context.command})) ++report.commits;
  report.lines.push_back(changed ? source + " copied to " + destination : "nothing new");
  return report;
}

}  // namespace

FactoryType copy_job() {
  return {.name = "copy",
          .summary = "a copy between the host and the pond that `pond run` makes",
          .example =
              "source: host+csv+table:///drop/stations.csv\n"
              "destination: /stations.table\n",
          .validate = validate,
          .load = nullptr,
          .run = run};
}

}  // namespace pond::factory

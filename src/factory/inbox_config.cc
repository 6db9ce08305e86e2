#include "factory/inbox_config.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "factory/input_files.h"
#include "pond/error.h"
#include "pond/url.h"

namespace pond::factory {
namespace {

using nlohmann::json;

// Must be one that DuckDB knows.
void check_time_zone(ConfigReader& reader, const std::string& zone) {
  query::Session session(nullptr, {});
  const auto names = query_texts(session, "SELECT name FROM pg_timezone_names()");
  if (std::find(names.begin(), names.end(), zone) != names.end()) return;
  const std::string near = nearest(zone, names);
  config_error(reader.node("time_zone"), reader.path("time_zone"),
               "unknown time zone '" + zone + "'",
               near.empty() ? "write a name of the IANA list, such as America/New_York"
                            : "did you mean " + near + "?");
}

// A plain path is one of the host: there is nothing else that an inbox takes from.
Url read_source(ConfigReader& reader, std::string& pattern) {
  if (pattern.find("://") == pattern.npos) pattern = "host://" + pattern;
  const auto refuse = [&](const std::string& problem, const std::string& hint) {
    config_error(reader.node("pattern"), reader.path("pattern"), problem, hint);
  };
  Url url = parse_pattern(reader, "pattern", pattern);
  if (!url.host)
    refuse("must be a path or URL of the host: '" + pattern + "'",
           "write for instance /drop/*.csv or host+csv+series:///drop/*.csv");
  if (url.format == Format::Delta)
    refuse("a Delta table is a directory, and an inbox takes files",
           "pond copy " + pattern + " brings one in");
  return url;
}

}  // namespace

std::string InboxConfig::validate(const YAML::Node& config, const Registry& /*registry*/) {
  ConfigReader reader(config, "spec");
  std::string pattern = reader.text("pattern");
  if (pattern.empty()) config_error(reader.node("pattern"), reader.path("pattern"), "is empty");
  const Url url = read_source(reader, pattern);
  const std::string pond_path = read_directory(reader, "pond_path", "/inbox");
  const std::string name = reader.text("name", "");
  if (!name.empty()) check_captures(reader, "name", count_wildcards(pattern));
  json result{{"pattern", pattern}, {"pond_path", pond_path}, {"name", name}};
  for (const std::string key : {"time_column", "time_zone"}) {
    if (!reader.find(key)) continue;
    if (url.kind != tinyfs::Kind::Series)
      config_error(reader.node(key), reader.path(key),
                   "is of a series, and the pattern does not ask for one",
                   "write for instance host+csv+series:///drop/*.csv");
    result[key] = reader.text(key);
  }
  if (result.contains("time_zone")) check_time_zone(reader, result["time_zone"]);
  reader.finish();
  return result.dump();
}

InboxConfig InboxConfig::parse(const std::string& text) {
  const json config = json::parse(text);
  return {.pattern = config.at("pattern"),
          .pond_path = tinyfs::normalise_path(config.at("pond_path").get<std::string>()),
          .name = config.at("name"),
          .time_column = config.value("time_column", "timestamp"),
          .time_zone = config.value("time_zone", "")};
}

}  // namespace pond::factory

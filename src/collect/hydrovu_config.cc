#include "collect/hydrovu_config.h"

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <set>

#include "pond/error.h"
#include "pond/factory.h"
#include "pond/time.h"
#include "pond/tinyfs.h"

namespace pond::collect::hydrovu {

namespace {

using factory::config_error;
using factory::ConfigReader;
using nlohmann::json;

// Runs a parser of pond's over a value, with its complaint put at the key's line.
template <class Parse>
void check_value(ConfigReader& reader, const std::string& key, const Parse& parse) {
  const auto node = reader.find(key);
  if (!node) return;
  try {
    parse(reader.text(key));
  } catch (const Error& error) {
    config_error(*node, reader.path(key), error.what(), error.hint());
  }
}

json read_locations(const YAML::Node& node, const std::string& path) {
  if (node.IsScalar() && node.Scalar() == "all") return json();
  if (!node.IsSequence() || node.size() == 0) {
    config_error(node, path, "must be a list of {id, name}, or all");
  }
  json list = json::array();
  std::set<std::string> names;
  std::set<std::string> ids;
  for (std::size_t i = 0; i < node.size(); ++i) {
    const std::string place = path + "[" + std::to_string(i) + "]";
    ConfigReader reader(node[i], place);
    const std::string id = reader.text("id");
    const std::string name = reader.text("name", "");
    reader.finish();
    if (id.empty()) config_error(node[i], place + ".id", "must not be empty");
    if (!ids.insert(id).second) config_error(node[i], place + ".id", "is given twice");
    if (!name.empty() && !names.insert(node_name(name)).second) {
      config_error(node[i], place + ".name", "two locations would be stored as " + node_name(name));
    }
    json location{{"id", id}};
    if (!name.empty()) location["name"] = name;
    list.push_back(std::move(location));
  }
  return list;
}

}  // namespace

std::string validate(const YAML::Node& node) {
  ConfigReader reader(node, "spec");
  json config;
  config["base_url"] = reader.text("base_url", "https://www.hydrovu.com");
  config["client_id"] = reader.secret("client_id");
  config["client_secret"] = reader.secret("client_secret");
  config["pond_path"] = reader.text("pond_path");
  config["lookback"] = reader.text("lookback", "1d");
  config["give_up_after"] = reader.text("give_up_after", "5m");
  if (reader.find("start")) config["start"] = reader.text("start");
  if (const auto limit = reader.find("max_points_per_run")) {
    const std::int64_t points = reader.integer("max_points_per_run", 0);
    if (points < 1) config_error(*limit, reader.path("max_points_per_run"), "must be positive");
    config["max_points_per_run"] = points;
  }
  if (const auto locations = reader.find("locations")) {
    json list = read_locations(*locations, reader.path("locations"));
    if (!list.is_null()) config["locations"] = std::move(list);
  }
  check_value(reader, "base_url", [](const std::string& text) {
    if (!text.starts_with("https://") && !text.starts_with("http://") &&
        !text.starts_with("${env:")) {
      throw Error(ErrorCode::InvalidArgument, "must be an http(s) URL");
    }
  });
  check_value(reader, "pond_path", [](const std::string& text) {
    if (!text.starts_with('/'))
      throw Error(ErrorCode::InvalidArgument, "must be a path from the root: /hydrovu");
    if (tinyfs::has_wildcards(text))
      throw Error(ErrorCode::InvalidArgument, "must have no wildcards");
  });
  check_value(reader, "lookback", [](const std::string& text) {
    if (text != "0") parse_duration(text);
  });
  check_value(reader, "give_up_after", [](const std::string& text) { parse_duration(text); });
  check_value(reader, "start", [](const std::string& text) { parse_time(text); });
  reader.finish();
  return config.dump();
}

Config parse_config(const std::string& text) try {
  const json document = json::parse(text);
  Config config;
  config.base_url = document.at("base_url");
  config.client_id = document.at("client_id");
  config.client_secret = document.at("client_secret");
  config.pond_path = tinyfs::normalise_path(document.at("pond_path").get<std::string>());
  const std::string lookback = document.at("lookback");
  config.lookback_us = lookback == "0" ? 0 : parse_duration(lookback);
  config.give_up_after_us = parse_duration(document.at("give_up_after").get<std::string>());
  if (document.contains("start"))
    config.start_us = parse_time(document["start"].get<std::string>());
  config.max_points_per_run = document.value("max_points_per_run", std::uint64_t{0});
  for (const json& location : document.value("locations", json::array())) {
    config.locations.push_back({location.at("id"), location.value("name", "")});
  }
  return config;
} catch (const json::exception& error) {
  throw Error(ErrorCode::Corrupt,
              std::string("the configuration of the collector: ") + error.what());
}

std::string node_name(const std::string& name) {
  static constexpr std::string_view kUnfit = "/\\*?[]{}'\"`$:;&|<>";
  std::string fit = name;
  for (char& c : fit) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f || kUnfit.find(c) != kUnfit.npos) c = '_';
  }
  if (fit.starts_with('.')) fit[0] = '_';
  return fit.substr(0, 200);
}

}  // namespace pond::collect::hydrovu

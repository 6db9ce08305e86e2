// The configuration of a `hydrovu` node.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace YAML {
class Node;
}

namespace pond::collect::hydrovu {

struct LocationChoice {
  std::string id;
  std::string name;  // empty: HydroVu's
};

struct Config {
  std::string base_url;
  std::string client_id;      // "${env:NAME}"
  std::string client_secret;  // "${env:NAME}"
  std::string pond_path;
  std::vector<LocationChoice> locations;  // empty: all
  std::optional<std::int64_t> start_us;
  std::int64_t lookback_us = 0;
  std::int64_t give_up_after_us = 0;
  std::uint64_t max_points_per_run = 0;  // 0: no limit
};

// Checks YAML and returns it as JSON, the form that is stored. InvalidArgument with line, key and
// what is wrong.
std::string validate(const YAML::Node& node);

// Reads what validate() returned.
Config parse_config(const std::string& json);

// A name fit for a path component, a glob and a shell: blanks, control characters and / \ * ? [ ] {
// } ' " ` $ : ; & | < > become '_', so does a leading dot. Empty stays empty.
std::string node_name(const std::string& name);

}  // namespace pond::collect::hydrovu

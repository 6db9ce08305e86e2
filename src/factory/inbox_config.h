// The configuration of an inbox.
#pragma once

#include <string>

namespace YAML {
class Node;
}

namespace pond::factory {

class Registry;

struct InboxConfig {
  std::string pattern;      // a URL of the host; may refer to the environment
  std::string pond_path;    // where the files go
  std::string name;         // below it, with captures; empty: as the files lie on the host
  std::string time_column;  // of a series
  std::string time_zone;    // whose local time that column is in; empty: UTC, or the column says

  static std::string validate(const YAML::Node& config, const Registry& registry);  // JSON
  static InboxConfig parse(const std::string& json);
};

}  // namespace pond::factory

// YAML read from host files, and JSON written as YAML.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace YAML {
class Node;
}

namespace pond::cli {

class Context;

// One document from a host path or host URL. InvalidArgument with the line.
YAML::Node read_yaml(const Context& context, const std::string& argument);

// In block style.
std::string yaml_text(const nlohmann::ordered_json& document);

}  // namespace pond::cli

// JSON as YAML, in block style.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace pond::cli {

std::string yaml_text(const nlohmann::ordered_json& document);

}  // namespace pond::cli

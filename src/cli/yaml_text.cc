#include "cli/yaml_text.h"

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

namespace pond::cli {
namespace {

// Would a reader take the plain text for something other than a string?
bool needs_quotes(const std::string& text) {
  const auto value = nlohmann::json::parse(text, nullptr, false);
  return text.empty() || text == "~" || text == "yes" || text == "no" || text == "on" ||
         text == "off" || (!value.is_discarded() && !value.is_string());
}

void emit(const nlohmann::ordered_json& value, YAML::Emitter& out) {
  switch (value.type()) {
    case nlohmann::ordered_json::value_t::object:
      out << YAML::BeginMap;
      for (const auto& [key, inner] : value.items()) {
        out << YAML::Key << key << YAML::Value;
        emit(inner, out);
      }
      out << YAML::EndMap;
      break;
    case nlohmann::ordered_json::value_t::array:
      out << YAML::BeginSeq;
      for (const auto& inner : value)
        emit(inner, out);
      out << YAML::EndSeq;
      break;
    case nlohmann::ordered_json::value_t::string: {
      const auto& text = value.get_ref<const std::string&>();
      if (text.find('\n') != std::string::npos) {
        out << YAML::Literal << text;
      } else if (needs_quotes(text)) {
        out << YAML::DoubleQuoted << text;
      } else {
        out << text;
      }
      break;
    }
    default:
      out << value.dump();
  }
}

}  // namespace

std::string yaml_text(const nlohmann::ordered_json& document) {
  YAML::Emitter out;
  emit(document, out);
  return std::string(out.c_str()) + "\n";
}

}  // namespace pond::cli

#include "cli/yaml_text.h"

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/context.h"
#include "pond/error.h"

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

YAML::Node read_yaml(const Context& context, const std::string& argument) {
  const std::filesystem::path file =
      argument.find("://") == std::string::npos
          ? std::filesystem::path(argument)
          : host_files(Url::parse(argument), context.host_root()).front();
  try {
    return YAML::Load(read_file(file));
  } catch (const YAML::ParserException& error) {
    throw Error(ErrorCode::InvalidArgument, argument + ": line " +
                                                std::to_string(error.mark.line + 1) +
                                                ": not valid YAML: " + error.msg);
  }
}

std::string yaml_text(const nlohmann::ordered_json& document) {
  YAML::Emitter out;
  emit(document, out);
  return std::string(out.c_str()) + "\n";
}

}  // namespace pond::cli

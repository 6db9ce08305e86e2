#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cstdlib>
#include <set>

#include "pond/error.h"
#include "pond/factory.h"

namespace pond::factory {
namespace {

constexpr std::string_view kReference = "${env:";

bool is_name_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// The NAME of the reference "${env:NAME}" that starts at `text`; empty when it is not one.
std::string_view reference_name(std::string_view text) {
  if (!text.starts_with(kReference)) return {};
  text.remove_prefix(kReference.size());
  std::size_t end = 0;
  while (end < text.size() && is_name_character(text[end]))
    ++end;
  if (end == text.size() || text[end] != '}') return {};
  return text.substr(0, end);
}

std::string join(const std::set<std::string>& names) {
  std::string joined;
  for (const auto& name : names)
    joined += (joined.empty() ? "" : ", ") + name;
  return joined;
}

}  // namespace

void config_error(const YAML::Node& node, const std::string& path, const std::string& problem,
                  const std::string& hint) {
  std::string where;
  // An invalid node (a key that is not there) has no mark to ask for; yaml-cpp throws then.
  if (node.IsDefined()) {
    const YAML::Mark mark = node.Mark();
    if (!mark.is_null()) where = "line " + std::to_string(mark.line + 1) + ", ";
  }
  throw Error(ErrorCode::InvalidArgument, where + path + ": " + problem, hint);
}

std::string substitute_environment(std::string_view text) {
  std::string result;
  while (true) {
    const std::size_t start = text.find(kReference);
    result += text.substr(0, start);
    if (start == text.npos) return result;
    text.remove_prefix(start);
    const std::string name(reference_name(text));
    if (name.empty()) {
      throw Error(ErrorCode::InvalidArgument,
                  "environment variable substitution failed: malformed reference '" +
                      std::string(text.substr(
                          0, text.find('}') == text.npos ? text.size() : text.find('}') + 1)) +
                      "'",
                  "write ${env:NAME}");
    }
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) {
      throw Error(ErrorCode::InvalidArgument,
                  "environment variable substitution failed: " + name + " is not set",
                  "set it where pond runs, for instance: export " + name + "=…");
    }
    result += value;
    text.remove_prefix(kReference.size() + name.size() + 1);
  }
}

struct ConfigReader::State {
  YAML::Node node;
  std::string path;
  std::set<std::string> known;  // asked for so far

  std::optional<YAML::Node> find(const std::string& key) {
    known.insert(key);
    if (!node.IsMap()) return std::nullopt;
    for (const auto& entry : node) {
      if (entry.first.Scalar() == key && !entry.second.IsNull()) return entry.second;
    }
    return std::nullopt;
  }
};

ConfigReader::ConfigReader(const YAML::Node& node, std::string path)
    : state_(std::make_unique<State>(State{node, std::move(path), {}})) {
  if (!node.IsDefined() || node.IsNull()) return;  // the same as {}
  if (!node.IsMap()) config_error(node, state_->path, "must be a mapping (key: value)");
  std::set<std::string> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) config_error(entry.first, state_->path, "a key must be a word");
    if (!seen.insert(entry.first.Scalar()).second)
      config_error(entry.first, this->path(entry.first.Scalar()), "is given twice");
  }
}

ConfigReader::~ConfigReader() = default;

std::string ConfigReader::path(const std::string& key) const {
  return state_->path.empty() ? key : state_->path + "." + key;
}

std::string ConfigReader::path(const std::string& key, std::size_t index) const {
  return path(key) + "[" + std::to_string(index) + "]";
}

std::optional<YAML::Node> ConfigReader::find(const std::string& key) {
  return state_->find(key);
}

YAML::Node ConfigReader::node(const std::string& key) {
  auto value = state_->find(key);
  if (value) return *value;
  // A key misspelt is the likeliest reason why a required one is missing: name that one.
  if (state_->node.IsDefined() && state_->node.IsMap()) {
    for (const auto& entry : state_->node) {
      const std::string given = entry.first.Scalar();
      if (!state_->known.contains(given) && nearest(given, {key}) == key)
        config_error(entry.first, path(given), "unknown key '" + given + "'",
                     "did you mean " + key + "?");
    }
  }
  config_error(state_->node, path(key), "is required");
}

std::string ConfigReader::text(const std::string& key) {
  const YAML::Node value = node(key);
  if (!value.IsScalar()) config_error(value, path(key), "must be a text");
  return value.Scalar();
}

std::string ConfigReader::text(const std::string& key, const std::string& otherwise) {
  return find(key) ? text(key) : otherwise;
}

std::int64_t ConfigReader::integer(const std::string& key, std::int64_t otherwise) {
  const auto value = find(key);
  if (!value) return otherwise;
  std::int64_t number = 0;
  if (!value->IsScalar() || !YAML::convert<std::int64_t>::decode(*value, number))
    config_error(*value, path(key), "must be a whole number");
  return number;
}

double ConfigReader::number(const std::string& key, double otherwise) {
  const auto value = find(key);
  if (!value) return otherwise;
  double number = 0;
  if (!value->IsScalar() || !YAML::convert<double>::decode(*value, number))
    config_error(*value, path(key), "must be a number");
  return number;
}

bool ConfigReader::boolean(const std::string& key, bool otherwise) {
  const auto value = find(key);
  if (!value) return otherwise;
  bool flag = false;
  if (!value->IsScalar() || !YAML::convert<bool>::decode(*value, flag))
    config_error(*value, path(key), "must be true or false");
  return flag;
}

std::vector<std::string> ConfigReader::texts(const std::string& key) {
  const auto list = find(key);
  if (!list) return {};
  if (!list->IsSequence()) config_error(*list, path(key), "must be a list");
  std::vector<std::string> values;
  for (const auto& value : *list) {
    if (!value.IsScalar()) config_error(value, path(key, values.size()), "must be a text");
    values.push_back(value.Scalar());
  }
  return values;
}

YAML::Node ConfigReader::list(const std::string& key, const std::string& of) {
  YAML::Node all = node(key);
  if (!all.IsSequence() || all.size() == 0)
    config_error(all, path(key), "must be a list of at least one " + of);
  return all;
}

std::string ConfigReader::secret(const std::string& key) {
  const std::string value = text(key);
  const std::string_view name = reference_name(value);
  if (name.empty() || value.size() != kReference.size() + name.size() + 1) {
    config_error(node(key), path(key), "must be an environment reference",
                 "write ${env:NAME}: a secret is never stored in a pond");
  }
  return value;
}

void ConfigReader::finish() {
  if (!state_->node.IsDefined() || !state_->node.IsMap()) return;
  for (const auto& entry : state_->node) {
    const std::string key = entry.first.Scalar();
    if (state_->known.contains(key)) continue;
    const std::string near = nearest(key, {state_->known.begin(), state_->known.end()});
    config_error(
        entry.first, path(key), "unknown key '" + key + "'",
        near.empty() ? "the keys are " + join(state_->known) : "did you mean " + near + "?");
  }
}

}  // namespace pond::factory

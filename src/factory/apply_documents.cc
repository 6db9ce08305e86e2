// apply's YAML: variables, and what each document says.
#include <yaml-cpp/yaml.h>

#include "factory/yaml_tree.h"
#include "pond/apply.h"
#include "pond/error.h"
#include "pond/url.h"

namespace pond::factory {
namespace {

using Variables = std::map<std::string, std::string>;

// Replaces ${NAME} in one value; ${env:NAME} stays, and so does a '$' of anything else.
std::string substitute(const YAML::Node& node, const std::string& path,
                       const Variables& variables) {
  const std::string& text = node.Scalar();
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t start = text.find("${", at);
    const std::size_t end = start == text.npos ? text.npos : text.find('}', start);
    if (end == text.npos) break;
    const std::string name = text.substr(start + 2, end - start - 2);
    result += text.substr(at, start - at);
    at = end + 1;
    if (name.starts_with("env:")) {
      result += "${" + name + "}";
      continue;
    }
    const auto found = variables.find(name);
    if (found == variables.end()) {
      std::vector<std::string> names;
      for (const auto& [known, value] : variables)
        names.push_back(known);
      const std::string near = nearest(name, names);
      config_error(
          node, path, "the variable ${" + name + "} is not set",
          near.empty() ? "give it with -v " + name + "=VALUE" : "did you mean ${" + near + "}?");
    }
    result += found->second;
  }
  return result + text.substr(at);
}

void substitute_all(YAML::Node node, const std::string& path, const Variables& variables) {
  if (node.IsScalar()) {
    const std::string value = substitute(node, path, variables);
    if (value != node.Scalar()) node = value;
  } else if (node.IsSequence()) {
    for (std::size_t i = 0; i < node.size(); ++i)
      substitute_all(node[i], path + "[" + std::to_string(i) + "]", variables);
  } else if (node.IsMap()) {
    for (const auto& entry : node) {
      const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
      substitute_all(entry.second, path.empty() ? key : path + "." + key, variables);
    }
  }
}

std::string path_of(ConfigReader& document) {
  ConfigReader metadata(document.node("metadata"), "metadata");
  const std::string path = metadata.text("path");
  const YAML::Node node = metadata.node("path");
  metadata.text("description", "");
  metadata.finish();
  if (!path.starts_with('/'))
    config_error(node, "metadata.path", "must start with '/': '" + path + "'");
  const std::string normal = tinyfs::normalise_path(path);
  if (normal == "/")
    config_error(node, "metadata.path", "the root directory itself cannot be changed");
  return normal;
}

void read_copy(ConfigReader& document, ApplyDocument& result) {
  ConfigReader spec(document.node("spec"), "spec");
  result.copy.source = spec.text("source");
  result.copy.overwrite = spec.boolean("overwrite", false);
  result.copy.path = result.path;
  try {
    if (!Url::parse(result.copy.source).host)
      throw Error(ErrorCode::InvalidArgument,
                  "must be a URL of the host: '" + result.copy.source + "'",
                  "write for instance host:///file or host+series:///file.parquet");
  } catch (const Error& error) {
    config_error(spec.node("source"), "spec.source", error.what(), error.hint());
  }
  spec.finish();
}

// mkdir, mknod, copy and the factories' names.
[[noreturn]] void unknown_kind(const YAML::Node& node, const std::string& kind,
                               const Registry& registry) {
  std::vector<std::string> known{"mkdir", "mknod", "copy"};
  for (const auto& name : registry.names())
    known.push_back(name);
  const std::string near = nearest(kind, known);
  std::string hint = "did you mean " + near + "?";
  if (near.empty()) {
    hint = "the kinds are";
    for (const auto& name : known)
      hint += (&name == &known.front() ? " " : ", ") + name;
  }
  config_error(node, "kind", "unknown kind '" + kind + "'", hint);
}

ApplyDocument read_document(const YAML::Node& node, const Registry& registry) {
  ApplyDocument result;
  ConfigReader document(node, "");
  const std::string version = document.text("version", "v1");
  if (version != "v1")
    config_error(document.node("version"), "version", "unknown version '" + version + "'",
                 "write version: v1");
  const std::string kind = document.text("kind");
  result.path = path_of(document);
  if (kind == "mkdir") {
    result.kind = ApplyDocument::Kind::Mkdir;
    if (const auto spec = document.find("spec")) ConfigReader(*spec, "spec").finish();
  } else if (kind == "copy") {
    result.kind = ApplyDocument::Kind::Copy;
    read_copy(document, result);
  } else if (kind == "mknod") {
    result.kind = ApplyDocument::Kind::Mknod;
    ConfigReader spec(document.node("spec"), "spec");
    result.factory = spec.text("factory");
    const YAML::Node config = spec.find("config").value_or(YAML::Node(YAML::NodeType::Map));
    spec.finish();
    if (registry.find(result.factory) == nullptr) {
      try {
        registry.get(result.factory);
      } catch (const Error& error) {
        config_error(spec.node("factory"), "spec.factory", error.what(), error.hint());
      }
    }
    result.config = registry.get(result.factory).validate(config, registry);
  } else if (registry.find(kind) != nullptr) {
    result.kind = ApplyDocument::Kind::Mknod;
    result.factory = kind;
    const YAML::Node config = document.find("spec").value_or(YAML::Node(YAML::NodeType::Map));
    result.config = registry.get(kind).validate(config, registry);
  } else {
    unknown_kind(document.node("kind"), kind, registry);
  }
  document.finish();
  return result;
}

std::vector<YAML::Node> load_all(const ApplyFile& file) {
  try {
    return load_documents(file.text);
  } catch (const YAML::Exception& error) {
    const std::string line =
        error.mark.is_null() ? "" : "line " + std::to_string(error.mark.line + 1) + ": ";
    throw Error(ErrorCode::InvalidArgument, file.name + ": " + line + "not YAML: " + error.msg);
  }
}

}  // namespace

std::vector<ApplyDocument> read_documents(const std::vector<ApplyFile>& files,
                                          const Registry& registry, const Variables& variables) {
  std::vector<ApplyDocument> documents;
  std::map<std::string, std::string> paths;  // and where each was named
  for (const auto& [name, value] : variables)
    check_variable(name, value);
  for (const auto& file : files) {
    std::size_t number = 0;
    for (const auto& node : load_all(file)) {
      ++number;
      if (node.IsNull()) continue;  // nothing between two "---"
      const std::string origin = file.name + ": document " + std::to_string(number);
      try {
        check_tree(node);
        substitute_all(node, "", variables);
        ApplyDocument document = read_document(node, registry);
        document.origin = origin;
        document.line = static_cast<std::size_t>(node.Mark().line) + 1;
        const auto [earlier, first] = paths.emplace(document.path, origin);
        if (!first)
          config_error(node, "metadata.path",
                       document.path + " is that of " + earlier->second + " too");
        documents.push_back(std::move(document));
      } catch (const YAML::Exception& error) {
        throw Error(ErrorCode::InvalidArgument, origin + ": " + error.what());
      } catch (const Error& error) {
        throw Error(error.code(), origin + ": " + error.what(), error.hint());
      }
    }
  }
  return documents;
}

}  // namespace pond::factory

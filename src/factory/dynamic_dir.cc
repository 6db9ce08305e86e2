// dynamic-dir: a directory whose entries are other factories' nodes.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "factory/factory_node.h"
#include "pond/error.h"

namespace pond::factory {
namespace {

using nlohmann::json;

struct Entry {
  std::string name;
  tinyfs::DynamicSpec spec;
};

// Sorted by name.
std::vector<Entry> entries_of(const tinyfs::DynamicSpec& spec) {
  std::vector<Entry> entries;
  const json config = json::parse(spec.config);
  for (const auto& entry : config.at("entries")) {
    const std::string name = entry.at("name");
    entries.push_back({name,
                       {.id = child_id(spec.id, name),
                        .factory = entry.at("factory"),
                        .config = entry.at("config").dump(),
                        .time_us = spec.time_us,
                        .version = spec.version}});
  }
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.name < b.name; });
  return entries;
}

class DynamicDirectory : public tinyfs::Directory, public FromSpec {
 public:
  DynamicDirectory(const tinyfs::DynamicSpec& spec, const Environment& environment)
      : Directory(spec.id), FromSpec(spec), environment_(environment), entries_(entries_of(spec)) {}

  tinyfs::NodeInfo info() const override { return dynamic_info(tinyfs::Kind::Directory); }

  tinyfs::NodePtr get(std::string_view name) const override {
    for (const auto& entry : entries_)
      if (entry.name == name) return environment_.registry->load(entry.spec, environment_);
    return nullptr;
  }

  std::vector<tinyfs::DirEntry> entries() const override {
    std::vector<tinyfs::DirEntry> all;
    for (const auto& entry : entries_)
      all.push_back({entry.name, environment_.registry->load(entry.spec, environment_)});
    return all;
  }

 private:
  Environment environment_;
  std::vector<Entry> entries_;
};

void check_name(const YAML::Node& node, const std::string& path, const std::string& name,
                std::set<std::string>& names) {
  if (name.empty() || name == "." || name == ".." || name.size() > 255 ||
      name.find('/') != name.npos || name.find('\0') != name.npos)
    config_error(node, path, "cannot be a name: '" + name + "'");
  if (!names.insert(name).second)
    config_error(node, path, "there is an entry '" + name + "' already");
}

// An error inside an entry's own configuration speaks of "spec.query"; seen from here that is
// "spec.entries[2].config.query".
std::string nested_message(std::string message, const std::string& path) {
  const std::size_t at = message.starts_with("spec") ? 0 : message.find(", spec");
  if (at == message.npos) return path + ": " + message;
  return message.replace(at == 0 ? 0 : at + 2, 4, path);
}

std::string validate(const YAML::Node& config, const Registry& registry) {
  ConfigReader reader(config, "spec");
  const YAML::Node list = reader.node("entries");
  if (!list.IsSequence()) config_error(list, reader.path("entries"), "must be a list");
  json entries = json::array();
  std::set<std::string> names;
  for (const auto& node : list) {
    ConfigReader entry(node, reader.path("entries", entries.size()));
    const std::string name = entry.text("name");
    check_name(entry.node("name"), entry.path("name"), name, names);
    const std::string factory = entry.text("factory");
    const YAML::Node inner = entry.find("config").value_or(YAML::Node(YAML::NodeType::Map));
    entry.finish();
    const FactoryType* type = nullptr;
    try {
      type = &registry.get(factory);
    } catch (const Error& error) {
      config_error(entry.node("factory"), entry.path("factory"), error.what(), error.hint());
    }
    try {
      entries.push_back({{"name", name},
                         {"factory", factory},
                         {"config", json::parse(type->validate(inner, registry))}});
    } catch (const Error& error) {
      throw Error(error.code(), nested_message(error.what(), entry.path("config")), error.hint());
    }
  }
  reader.finish();
  return json{{"entries", entries}}.dump();
}

// Runs every entry that can run, in the order of their names.
RunReport run(const tinyfs::DynamicSpec& spec, RunContext& context) {
  if (context.registry == nullptr)
    throw Error(ErrorCode::Unsupported, "a dynamic-dir cannot run here: no factories are known");
  RunReport total;
  for (const auto& entry : entries_of(spec)) {
    const FactoryType& type = context.registry->get(entry.spec.factory);
    if (type.run == nullptr) continue;
    const RunReport report = type.run(entry.spec, context);
    total.commits += report.commits;
    total.rows += report.rows;
    for (const auto& line : report.lines)
      total.lines.push_back(entry.name + ": " + line);
  }
  return total;
}

}  // namespace

FactoryType dynamic_dir() {
  return {.name = "dynamic-dir",
          .summary = "a directory of other factories' nodes",
          .example =
              "entries:\n"
              "  - name: fahrenheit.series\n"
              "    factory: sql-derived-series\n"
              "    config:\n"
              "      patterns: {dock: /sensors/dock/*.series}\n"
              "      query: SELECT timestamp, temperature * 9 / 5 + 32 AS fahrenheit FROM dock\n",
          .validate = validate,
          .load = load_node<DynamicDirectory>,
          .run = run};
}

}  // namespace pond::factory

#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>

#include "factory/factory_node.h"
#include "factory/yaml_tree.h"
#include "pond/error.h"
#include "pond/factory.h"

namespace pond::factory {

void Registry::add(FactoryType type) {
  const std::string name = type.name;
  if (!types_.emplace(name, std::move(type)).second)
    throw Error(ErrorCode::AlreadyExists, "the factory '" + name + "' is registered already");
}

const FactoryType* Registry::find(const std::string& name) const {
  const auto found = types_.find(name);
  return found == types_.end() ? nullptr : &found->second;
}

const FactoryType& Registry::get(const std::string& name) const {
  if (const FactoryType* type = find(name)) return *type;
  const std::string near = nearest(name, names());
  std::string hint;
  if (!near.empty()) hint = "did you mean " + near + "? ";
  hint += "the factories are ";
  bool first = true;
  for (const auto& [known, type] : types_) {
    if (!first) hint += ", ";
    hint += known;
    first = false;
  }
  throw Error(ErrorCode::NotFound, "no factory '" + name + "'", hint);
}

std::vector<std::string> Registry::names() const {
  std::vector<std::string> names;
  for (const auto& [name, type] : types_)
    names.push_back(name);
  return names;
}

std::string Registry::validate(const std::string& factory, const YAML::Node& config,
                               const std::string& origin) const {
  try {
    check_tree(config);
    return get(factory).validate(config, *this);
  } catch (const YAML::Exception& error) {
    // What a reader did not expect of the YAML tree itself; its text begins with the line already.
    throw Error(ErrorCode::InvalidArgument, origin + ": " + error.what());
  } catch (const Error& error) {
    throw Error(error.code(), origin + ": " + error.what(), error.hint());
  }
}

tinyfs::NodePtr Registry::load(const tinyfs::DynamicSpec& spec,
                               const Environment& environment) const {
  const FactoryType& type = get(spec.factory);
  if (type.load == nullptr) return std::make_shared<JobFile>(spec);
  try {
    return type.load(spec, environment);
  } catch (const nlohmann::json::exception& error) {
    // What is stored was validated once: it is another program's, or damaged.
    throw Error(ErrorCode::Corrupt,
                "the stored configuration of a " + spec.factory + " node: " + error.what());
  }
}

void add_factories(Registry& registry) {
  registry.add(sql_derived_table());
  registry.add(sql_derived_series());
  registry.add(dynamic_dir());
  registry.add(synthetic_timeseries());
  registry.add(temporal_reduce());
  registry.add(column_rename());
  registry.add(timeseries_join());
  registry.add(timeseries_pivot());
  registry.add(combine());
  registry.add(derive());
  registry.add(template_text());
  registry.add(inbox());
  registry.add(copy_job());
  registry.add(scribble());
}

}  // namespace pond::factory

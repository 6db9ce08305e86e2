// Factories: nodes and jobs made from YAML configuration.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pond/query.h"
#include "pond/tinyfs.h"

namespace YAML {
class Node;
}

namespace pond::factory {

class Registry;

// What a dynamic node may use when it is read. Outlives the nodes.
struct Environment {
  tinyfs::FS* fs = nullptr;  // null: host files only
  const Registry* registry = nullptr;
};

// Reports what a job does, on stderr: words with POND_LOG=info, a bar on a terminal.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void say(const std::string& words) = 0;  // shown with POND_LOG=info
  virtual void step(std::uint64_t done, std::uint64_t total,
                    std::string_view what) = 0;  // total 0: unknown
};

// What a job may use when it runs. A job commits as it goes (fs.begin() … commit()).
struct RunContext {
  tinyfs::FS& fs;
  query::Session& session;  // not restricted
  Progress& progress;
  std::string command;  // for CommitNote
  std::vector<std::string> arguments;
  const Registry* registry = nullptr;          // for a dynamic-dir, which runs what is inside it
  std::filesystem::path host_directory = ".";  // root of relative host+ URLs (-d DIR)
  // Copies between the host and the pond as `pond copy` does; into the pond within the open
  // transaction. False when nothing changed. Unset: nothing can be copied here.
  std::function<bool(const std::string& source, const std::string& destination)> copy = {};
};

struct RunReport {
  std::uint64_t commits = 0;
  std::uint64_t rows = 0;          // brought in or computed
  std::vector<std::string> lines;  // what to tell on stdout, one line each
};

// One kind of node. `config` below is the validated configuration as JSON text.
struct FactoryType {
  std::string name;
  std::string summary;  // one line for `pond mknod --help`
  std::string example;  // a YAML configuration that validates
  // Checks a configuration and returns it as canonical JSON; throws InvalidArgument with line, key
  // and the nearest valid key. `${env:NAME}` stays as it is.
  std::function<std::string(const YAML::Node& config, const Registry& registry)> validate;
  // The node. Null for a pure job, which then shows as a data file holding its configuration.
  std::function<tinyfs::NodePtr(const tinyfs::DynamicSpec& spec, const Environment& environment)>
      load;
  // What `pond run` does; null when there is nothing to run.
  std::function<RunReport(const tinyfs::DynamicSpec& spec, RunContext& context)> run;
};

class Registry {
 public:
  void add(FactoryType type);
  const FactoryType& get(const std::string& name) const;  // NotFound with the nearest and the list
  const FactoryType* find(const std::string& name) const;
  std::vector<std::string> names() const;

  // Validates YAML text against a factory; JSON. `origin` ("station.yaml: document 2") begins every
  // error.
  std::string validate(const std::string& factory, const YAML::Node& config,
                       const std::string& origin) const;
  tinyfs::NodePtr load(const tinyfs::DynamicSpec& spec, const Environment& environment) const;

 private:
  std::map<std::string, FactoryType> types_;
};

// All kinds but the collectors' and the site's: docs/factories.md.
void add_factories(Registry& registry);

// The specification behind any dynamic node: one of the backend's own, or one inside a dynamic-dir;
// nullopt for every other node. What `pond run` and `pond list --long` ask.
std::optional<tinyfs::DynamicSpec> spec_of(const tinyfs::Backend& backend,
                                           const tinyfs::Node& node);

// Replaces every ${env:NAME} in `text`; InvalidArgument "environment variable substitution failed:
// NAME is not set". For values that are used and never stored.
std::string substitute_environment(std::string_view text);

// Reads a YAML mapping key by key and refuses what is left over. Every error carries the line, the
// key's path and, for an unknown key, the nearest known one.
class ConfigReader {
 public:
  ConfigReader(const YAML::Node& node, std::string path);
  ~ConfigReader();
  std::string text(const std::string& key);  // required
  std::string text(const std::string& key, const std::string& otherwise);
  std::int64_t integer(const std::string& key, std::int64_t otherwise);
  double number(const std::string& key, double otherwise);
  bool boolean(const std::string& key, bool otherwise);
  std::vector<std::string> texts(const std::string& key);  // a list of scalars; empty if absent
  // Required, and all of it one environment reference: "${env:NAME}", which is what is returned and
  // stored. Anything else is InvalidArgument "must be an environment reference" (the value is not
  // repeated).
  std::string secret(const std::string& key);
  YAML::Node node(const std::string& key);  // required
  // Required: a list of at least one `of` ("{pattern, name}").
  YAML::Node list(const std::string& key, const std::string& of);
  std::optional<YAML::Node> find(const std::string& key);
  std::string path(const std::string& key) const;                     // "spec.entries[0].name"
  std::string path(const std::string& key, std::size_t index) const;  // of an element of a list
  void finish();  // InvalidArgument for unknown keys

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// InvalidArgument "line 12, spec.patterns: <problem>".
[[noreturn]] void config_error(const YAML::Node& node, const std::string& path,
                               const std::string& problem, const std::string& hint = {});

}  // namespace pond::factory

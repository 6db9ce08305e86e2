// pond check: do the configured resources still work? Their configuration, the environment it
// refers to, and whether what they read is there.
#include <yaml-cpp/yaml.h>

#include <arrow/record_batch.h>
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/resources.h"

namespace pond::cli {
namespace {

struct Options {
  std::vector<std::string> names;
  bool json = false;
};

// Throws what is wrong.
void check_one(Context& context, const Resource& resource) {
  context.registry().validate(resource.spec.factory, YAML::Load(resource.spec.config),
                              resource.path);
  factory::substitute_environment(resource.spec.config);
  const tinyfs::NodeInfo info = resource.node->info();
  if (info.kind == tinyfs::Kind::Directory) {
    dynamic_cast<const tinyfs::Directory&>(*resource.node).entries();
  } else if (info.kind == tinyfs::Kind::Table || info.kind == tinyfs::Kind::Series) {
    query::Session& session = context.session(false);
    const tinyfs::NodePath node(resource.path, resource.node);
    session.query("SELECT * FROM source LIMIT 0", {{"source", session.relation(node)}});
  }
}

void check(Context& context, const Options& options) {
  std::vector<Resource> resources;
  if (options.names.empty()) resources = all_resources(context);
  for (const std::string& name : options.names)
    resources.push_back(find_resource(context, name));
  std::size_t failed = 0;
  for (const Resource& resource : resources) {
    std::string problem;
    try {
      check_one(context, resource);
    } catch (const Error& error) {
      problem = error.what();
      ++failed;
    }
    if (options.json) {
      nlohmann::ordered_json row = {{"path", resource.path}, {"ok", problem.empty()}};
      if (!problem.empty()) row["problem"] = problem;
      std::cout << row.dump() << '\n';
    } else {
      std::cout << (problem.empty() ? "ok         " : "failed     ") << resource.path
                << (problem.empty() ? "" : ": ") << problem << '\n';
    }
  }
  if (failed > 0)
    throw Error(
        ErrorCode::InvalidArgument,
        std::to_string(failed) + " of " + std::to_string(resources.size()) + " resources failed");
}

}  // namespace

void add_check(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "check", "Checks that configured resources work", "pond check hydrovu");
  command->add_option("PATH|NAME", options->names, "The resources (default: all)");
  command->add_flag("--json", options->json, "One JSON object a line");
  command->callback([&context, options] { check(context, *options); });
}

}  // namespace pond::cli

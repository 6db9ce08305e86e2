// pond mknod: a node made by a factory from a YAML configuration.
#include <yaml-cpp/yaml.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/paths.h"
#include "cli/yaml_text.h"

namespace pond::cli {
namespace {

struct Options {
  std::string factory;
  std::string path;
  std::string config_path;
  bool overwrite = false;
};

void mknod(Context& context, const Options& options) {
  const YAML::Node yaml = options.config_path.empty() ? YAML::Node(YAML::NodeType::Map)
                                                      : read_yaml(context, options.config_path);
  const std::string config = context.registry().validate(
      options.factory, yaml, options.config_path.empty() ? options.factory : options.config_path);
  tinyfs::WD root = context.root();
  const std::string path = pond_path(options.path, "mknod");
  tinyfs::Transaction transaction = context.fs().begin();
  const std::optional<tinyfs::NodePath> there = root.find_link(path);
  if (!there || !options.overwrite) {
    if (there)
      throw Error(ErrorCode::AlreadyExists, "already exists: " + there->path(),
                  "--overwrite gives it a new configuration");
    root.create_dynamic(path, options.factory, config);
  } else {
    const std::optional<tinyfs::DynamicSpec> spec =
        context.fs().backend().dynamic_spec(*there->node());
    if (!spec)
      throw Error(ErrorCode::InvalidArgument, there->path() + " is stored, not made by a factory",
                  "pond rm " + there->path() + " first");
    if (spec->factory == options.factory && spec->config == config) return;
    context.fs().backend().update_dynamic(*there->node(), options.factory, config);
  }
  context.commit(transaction);
}

}  // namespace

void add_mknod(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "mknod", "Makes a node that a factory computes",
                  "pond mknod sql-derived-series /warm.series --config-path warm.yaml");
  command
      ->add_option("FACTORY", options->factory,
                   "Its kind, such as sql-derived-table or dynamic-dir")
      ->required();
  command->add_option("PATH", options->path, "Where the node goes")->required();
  command->add_option("--config-path", options->config_path, "A YAML file of the host")
      ->type_name("FILE");
  command->add_flag("--overwrite", options->overwrite, "Gives an existing node this configuration");
  command->callback([&context, options] { mknod(context, *options); });
}

}  // namespace pond::cli

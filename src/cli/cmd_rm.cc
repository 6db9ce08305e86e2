// pond rm: removes files, links and directories. Older versions stay in the log.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/paths.h"

namespace pond::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool recursive = false;
  bool force = false;
};

void rm(Context& context, const Options& options) {
  tinyfs::WD root = context.root();
  tinyfs::Transaction transaction = context.fs().begin();
  for (const std::string& argument : options.paths) {
    const std::string path = pond_path(argument, "rm");
    if (options.force && !tinyfs::has_wildcards(path) && !root.find_link(path)) continue;
    for (const tinyfs::NodePath& node : matching(root, path)) {
      // A glob like /** also matches what went with the directory above it.
      if (root.find_link(node.path())) root.remove(node.path(), options.recursive);
    }
  }
  context.commit(transaction);
}

}  // namespace

void add_rm(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "rm", "Removes files, links and directories",
                                  "pond rm -r /sensors/old '/drop/*.csv'");
  command->add_flag("-r,--recursive", options->recursive, "Directories with all that is in them");
  command->add_flag("-f,--force", options->force, "No error when the path does not exist");
  command->add_option("PATH", options->paths, "Paths or patterns")->required();
  command->callback([&context, options] { rm(context, *options); });
}

}  // namespace pond::cli

// pond mkdir: directories.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/paths.h"

namespace pond::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool parents = false;
};

void mkdir(Context& context, const Options& options) {
  tinyfs::WD root = context.root();
  tinyfs::Transaction transaction = context.fs().begin();
  for (const std::string& argument : options.paths) {
    const std::string path = pond_path(argument, "mkdir");
    if (options.parents) {
      root.create_directories(path);
    } else {
      root.create_directory(path);
    }
  }
  context.commit(transaction);
}

}  // namespace

void add_mkdir(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "mkdir", "Makes directories", "pond mkdir -p /sensors/dock");
  command->add_flag("-p,--parents", options->parents,
                    "Makes the directories above too; no error when it exists");
  command->add_option("PATH", options->paths, "Paths of the new directories")->required();
  command->callback([&context, options] { mkdir(context, *options); });
}

}  // namespace pond::cli

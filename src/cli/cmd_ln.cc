// pond ln: symbolic links.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/paths.h"

namespace pond::cli {
namespace {

struct Options {
  bool symbolic = false;
  bool force = false;
  std::string target;
  std::string path;
};

void ln(Context& context, const Options& options) {
  if (!options.symbolic)
    throw Error(ErrorCode::InvalidArgument, "a pond has symbolic links only",
                "pond ln -s " + options.target + " " + options.path);
  tinyfs::WD root = context.root();
  std::string path = pond_path(options.path, "ln");
  tinyfs::Transaction transaction = context.fs().begin();
  const std::optional<tinyfs::NodePath> there = root.find_link(path);
  if (there && there->kind() == tinyfs::Kind::Directory) {
    path = below(path, base_name(options.target));
  } else if (there && there->kind() == tinyfs::Kind::Symlink && options.force) {
    root.remove(path);
  }
  root.create_symlink(path, options.target);
  context.commit(transaction);
}

}  // namespace

void add_ln(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "ln", "Makes a symbolic link", "pond ln -s /sensors/dock /dock");
  command->add_flag("-s,--symbolic", options->symbolic, "Symbolic: the only kind there is");
  command->add_flag("-f,--force", options->force, "Replaces a link that is there");
  command->add_option("TARGET", options->target, "What the link says; need not exist")->required();
  command->add_option("PATH", options->path, "The link")->required();
  command->callback([&context, options] { ln(context, *options); });
}

}  // namespace pond::cli

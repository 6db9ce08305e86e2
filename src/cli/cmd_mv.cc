// pond mv: moves and renames.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/paths.h"

namespace pond::cli {
namespace {

struct Options {
  std::string from;
  std::string to;
};

void mv(Context& context, const Options& options) {
  tinyfs::WD root = context.root();
  tinyfs::Transaction transaction = context.fs().begin();
  root.rename(pond_path(options.from, "mv"), pond_path(options.to, "mv"));
  context.commit(transaction);
}

}  // namespace

void add_mv(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "mv", "Moves or renames", "pond mv /sensors/dock /sensors/pier");
  command->add_option("FROM", options->from, "What to move")->required();
  command->add_option("TO", options->to, "Its new path, or the directory to put it in")->required();
  command->callback([&context, options] { mv(context, *options); });
}

}  // namespace pond::cli

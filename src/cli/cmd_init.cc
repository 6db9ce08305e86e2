// pond init: a new pond.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"

namespace pond::cli {
namespace {

void init(Context& context, const tinylogfs::PondOptions& options) {
  tinylogfs::OpLogBackend::create(context.pond_directory(), options, context.note());
}

}  // namespace

void add_init(CLI::App& app, Context& context) {
  auto options = std::make_shared<tinylogfs::PondOptions>();
  CLI::App* command = add_command(app, "init", "Makes a new pond",
                                  "pond --pond ./station init --birthplace pier-3");
  command
      ->add_option("--birthplace", options->birthplace,
                   "Where this pond is made (default: the host's name)")
      ->type_name("NAME");
  command->callback([&context, options] { init(context, *options); });
}

}  // namespace pond::cli

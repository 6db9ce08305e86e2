// pond run: does what a configured collector or job does.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/copy.h"
#include "cli/progress.h"
#include "cli/resources.h"

namespace pond::cli {
namespace {

struct Options {
  std::string name;
  std::vector<std::string> arguments;
};

void run(Context& context, const Options& options) {
  const Resource resource = find_resource(context, options.name);
  const factory::FactoryType& type = context.registry().get(resource.spec.factory);
  if (type.run == nullptr)
    throw Error(
        ErrorCode::InvalidArgument,
        resource.path + " has nothing to run: " + type.name + " is computed when it is read",
        "pond cat " + resource.path);
  factory::RunContext run_context{
      .fs = context.fs(),
      .session = context.session(false),
      .progress = context.progress(),
      .command = context.command_line,
      .arguments = options.arguments,
      .registry = &context.registry(),
      .host_directory = context.host_root(),
      .copy = [&context](const std::string& source, const std::string& destination) {
        return copy_for_job(context, source, destination);
      }};
  const factory::RunReport report = type.run(resource.spec, run_context);
  context.progress().wipe();
  for (const std::string& line : report.lines)
    std::cout << line << '\n';
}

}  // namespace

void add_run(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "run", "Runs a configured collector or job", "pond run hydrovu");
  command->add_option("PATH|NAME", options->name, "The resource: its path or its name")->required();
  command->add_option("ARGS", options->arguments,
                      "What the job is told; after -- if it starts with a dash");
  command->callback([&context, options] { run(context, *options); });
}

}  // namespace pond::cli

// pond copy: into the pond, out of it, and within it.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/copy.h"

namespace pond::cli {
namespace {

struct Options {
  std::vector<std::string> paths;  // the last is the destination
  CopyOptions copy;
};

void copy(Context& context, const Options& options) {
  const std::vector<std::string> sources(options.paths.begin(), options.paths.end() - 1);
  const Url destination = Url::parse(options.paths.back());
  if (destination.host) {
    copy_out(context, sources, destination, options.copy);
  } else {
    copy_in(context, sources, destination, options.copy);
  }
}

}  // namespace

void add_copy(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "copy", "Copies into, out of and within the pond",
                                  "pond copy host+csv+series:///drop/may.csv /sensors/dock.series\n"
                                  "  pond copy '/sensors/*.series' host:///tmp/out");
  command->alias("cp");
  command
      ->add_option(
          "SRC... DST", options->paths,
          "host:///f (bytes), host+table:///f.parquet, host+series:///f.parquet (appends), "
          "host+csv+series:///f.csv; or paths of the pond. A trailing / means into a directory")
      ->required()
      ->expected(2, -1);
  command
      ->add_option("--strip-prefix", options->copy.strip_prefix,
                   "Out: this part of the pond path is left away below the target")
      ->type_name("PATH");
  command
      ->add_option("--time-column", options->copy.time_column,
                   "In: the column of a series' times (default: timestamp)")
      ->type_name("NAME");
  command->callback([&context, options] { copy(context, *options); });
}

}  // namespace pond::cli

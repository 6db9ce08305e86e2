// pond site: builds the web site that a `site` node configures, and serves it on this machine.
#include "pond/site.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/resources.h"

namespace pond::cli {
namespace {

struct BuildOptions {
  std::string first;  // the node, or with nothing after it the directory
  std::string second;
  bool force = false;
};

struct ServeOptions {
  std::string directory;
  site::ServeOptions serve;
};

// The node that is named, or the pond's only site.
Resource find_site(Context& context, const std::string& name) {
  if (!name.empty()) return find_resource(context, name);
  std::vector<Resource> sites = all_resources(context);
  std::erase_if(sites, [](const Resource& resource) { return resource.spec.factory != "site"; });
  if (sites.size() == 1) return std::move(sites.front());
  if (sites.empty())
    throw Error(ErrorCode::NotFound, "this pond has no site",
                "pond mknod site /site --config-path site.yaml makes one");
  std::string paths;
  for (const Resource& resource : sites)
    paths += (paths.empty() ? "" : ", ") + resource.path;
  throw Error(ErrorCode::InvalidArgument, "this pond has several sites", "name one of " + paths);
}

void build(Context& context, const BuildOptions& options) {
  const bool named = !options.second.empty();
  const Resource resource = find_site(context, named ? options.first : "");
  if (resource.spec.factory != "site")
    throw Error(ErrorCode::InvalidArgument,
                resource.path + " is a " + resource.spec.factory + ", not a site");
  const std::filesystem::path directory = context.host_path(named ? options.second : options.first);
  const site::BuildReport report =
      site::build_site(context.fs(), context.session(false), site::parse_spec(resource.spec.config),
                       directory, {.force = options.force, .progress = &context.progress()});
  context.progress().wipe();
  for (const std::string& warning : report.warnings)
    std::cerr << "warning: " << warning << '\n';
  std::cout << "built " << directory.string() << ": " << grouped(report.files_written)
            << " files written (" << human_size(report.bytes_written) << "), "
            << grouped(report.files_unchanged) << " unchanged, " << grouped(report.files_removed)
            << " removed\n";
}

void serve(Context& context, ServeOptions options) {
  options.serve.fs = context.find_fs();
  site::serve(context.host_path(options.directory), options.serve, [](const site::Server& server) {
    std::cerr << "serving " << server.url() << " (Ctrl-C stops)" << std::endl;
  });
}

}  // namespace

void add_site(CLI::App& app, Context& context) {
  CLI::App* command = add_command(app, "site", "Builds and serves the web site",
                                  "pond site build /site ./public && pond site serve ./public");
  command->require_subcommand(1);

  auto build_options = std::make_shared<BuildOptions>();
  CLI::App* build_command = add_command(*command, "build", "Writes or updates the site's files",
                                        "pond site build /site ./public");
  build_command
      ->add_option(
          "NODE|DIR", build_options->first,
          "The site node, or with one argument the directory: then the node is the pond's only one")
      ->required();
  build_command->add_option("DIR", build_options->second, "The directory to write");
  build_command->add_flag("--force", build_options->force,
                          "Writes everything, whatever has changed");
  build_command->callback([&context, build_options] { build(context, *build_options); });

  auto serve_options = std::make_shared<ServeOptions>();
  CLI::App* serve_command = add_command(*command, "serve", "A local web server of a built site",
                                        "pond site serve ./public --port 8080");
  serve_command->add_option("DIR", serve_options->directory, "The built site")->required();
  serve_command->add_option("--port", serve_options->serve.port, "0: any free one")
      ->capture_default_str();
  serve_command->add_option("--host", serve_options->serve.host, "The address to listen on")
      ->capture_default_str();
  serve_command->callback([&context, serve_options] { serve(context, *serve_options); });
}

}  // namespace pond::cli

// pond get: the configured resources, or one as the document that `apply` takes.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/print.h"
#include "cli/resources.h"
#include "cli/yaml_text.h"
#include "pond/time.h"

namespace pond::cli {
namespace {

struct Options {
  std::string name;
  bool json = false;
};

void list_all(Context& context, bool json) {
  using enum Columns::Align;
  Columns columns({Left, Left, Left, Left});
  for (const Resource& resource : all_resources(context)) {
    const tinyfs::DynamicSpec& spec = resource.spec;
    if (json) {
      std::cout << nlohmann::ordered_json{{"path", resource.path},
                                          {"factory", spec.factory},
                                          {"version", spec.version},
                                          {"time", format_time(spec.time_us)},
                                          {"config", nlohmann::ordered_json::parse(spec.config)}}
                       .dump()
                << '\n';
    } else {
      columns.add({spec.factory + " ", "v" + std::to_string(spec.version) + " ",
                   list_time(spec.time_us) + " ", resource.path});
    }
  }
  columns.print(std::cout);
}

void get(Context& context, const Options& options) {
  if (options.name.empty()) return list_all(context, options.json);
  const Resource resource = find_resource(context, options.name);
  nlohmann::ordered_json document;
  document["version"] = "v1";
  document["kind"] = "mknod";
  document["metadata"]["path"] = resource.path;
  document["spec"]["factory"] = resource.spec.factory;
  document["spec"]["config"] = nlohmann::ordered_json::parse(resource.spec.config);
  if (options.json) {
    std::cout << document.dump() << '\n';
  } else {
    std::cout << yaml_text(document);
  }
}

}  // namespace

void add_get(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "get", "Shows the configured resources, or one as YAML",
                                  "pond get hydrovu > hydrovu.yaml");
  command->add_option("PATH|NAME", options->name, "One resource, as the document that apply takes");
  command->add_flag("--json", options->json, "JSON instead");
  command->callback([&context, options] { get(context, *options); });
}

}  // namespace pond::cli

// pond config: what the pond is.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/context.h"

namespace pond::cli {
namespace {

void config(Context& context, bool json) {
  const oplog::OpLog& oplog = context.backend().oplog();
  if (json) {
    std::cout << nlohmann::ordered_json{{"id", oplog.pond_id().to_string()},
                                        {"birthplace", oplog.birthplace()}}
                     .dump()
              << '\n';
    return;
  }
  std::cout << "Pond ID:        " << oplog.pond_id().to_string() << '\n'
            << "Birthplace:     " << oplog.birthplace() << '\n';
}

}  // namespace

void add_config(CLI::App& app, Context& context) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = add_command(app, "config", "Shows the pond's identity", "pond config");
  command->add_flag("--json", *json, "A JSON object");
  command->callback([&context, json] { config(context, *json); });
}

}  // namespace pond::cli

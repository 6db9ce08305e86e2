// pond delete: removes configured resources, and only those.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/resources.h"

namespace pond::cli {
namespace {

void remove(Context& context, const std::vector<std::string>& names) {
  tinyfs::WD root = context.root();
  tinyfs::Transaction transaction = context.fs().begin();
  std::vector<std::string> removed;
  for (const std::string& name : names) {
    removed.push_back(find_resource(context, name).path);
    root.remove(removed.back());
  }
  context.commit(transaction);
  for (const std::string& path : removed)
    std::cout << "deleted    " << path << '\n';
}

}  // namespace

void add_delete(CLI::App& app, Context& context) {
  auto names = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      add_command(app, "delete", "Removes configured resources; what they stored stays",
                  "pond delete /system/run/hydrovu");
  command->add_option("PATH|NAME", *names, "The resources")->required();
  command->callback([&context, names] { remove(context, *names); });
}

}  // namespace pond::cli

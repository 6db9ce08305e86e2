// pond config: what the pond is, and its settings.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/context.h"
#include "pond/error.h"

namespace pond::cli {
namespace {

void config(Context& context, bool json) {
  const oplog::OpLog& oplog = context.backend().oplog();
  const auto retention = oplog::Retention::of(oplog.snapshot().metadata());
  if (json) {
    std::cout << nlohmann::ordered_json{{"id", oplog.pond_id().to_string()},
                                        {"birthplace", oplog.birthplace()},
                                        {"maintenance",
                                         {{"keep_commits", retention.keep_commits},
                                          {"keep_minutes", retention.keep_minutes},
                                          {"most_commits", retention.most_commits}}}}
                     .dump()
              << '\n';
    return;
  }
  std::cout << "Pond ID:        " << oplog.pond_id().to_string() << '\n'
            << "Birthplace:     " << oplog.birthplace() << '\n'
            << "maintenance.keep_commits  " << retention.keep_commits << '\n'
            << "maintenance.keep_minutes  " << retention.keep_minutes << '\n'
            << "maintenance.most_commits  " << retention.most_commits << '\n';
}

void set(Context& context, const std::string& key, const std::string& value) {
  constexpr std::string_view kMaintenance = "maintenance.";
  if (!key.starts_with(kMaintenance))
    throw Error(ErrorCode::InvalidArgument, "no setting '" + key + "'",
                "pond config lists them: maintenance.keep_commits and others");
  context.backend().oplog().configure(key.substr(kMaintenance.size()), value,
                                      {.command = context.command_line});
}

}  // namespace

void add_config(CLI::App& app, Context& context) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command =
      add_command(app, "config", "Shows the pond's identity and settings, or changes a setting",
                  "pond config\n  pond config set maintenance.keep_commits 500");
  command->require_subcommand(0, 1);
  command->add_flag("--json", *json, "A JSON object");
  struct Setting {
    std::string key, value;
  };
  auto setting = std::make_shared<Setting>();
  CLI::App* change = add_command(*command, "set", "Changes a setting of this pond",
                                 "pond config set maintenance.keep_commits 500");
  change->add_option("KEY", setting->key, "maintenance.keep_commits, .keep_minutes, .most_commits")
      ->required();
  change->add_option("VALUE", setting->value, "A number")->required();
  command->callback([&context, json, change, setting] {
    if (change->parsed()) {
      set(context, setting->key, setting->value);
    } else {
      config(context, *json);
    }
  });
}

}  // namespace pond::cli

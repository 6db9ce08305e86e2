// pond apply: brings the pond to the state that YAML documents describe.
#include "pond/apply.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/copy.h"

namespace pond::cli {
namespace {

struct Options {
  std::vector<std::string> files;
  std::vector<std::string> variables;  // NAME=VALUE
  bool dry_run = false;
  bool json = false;
};

std::string read_text(const Context& context, const std::string& argument) {
  if (argument == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (argument.find("://") == std::string::npos) return read_file(argument);
  return read_file(host_files(Url::parse(argument), context.host_root()).front());
}

std::map<std::string, std::string> parse_variables(const std::vector<std::string>& arguments) {
  std::map<std::string, std::string> variables;
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    if (equals == 0 || equals == std::string::npos)
      throw Error(ErrorCode::InvalidArgument, "not a variable: '" + argument + "'",
                  "write -v NAME=VALUE");
    variables[argument.substr(0, equals)] = argument.substr(equals + 1);
  }
  return variables;
}

void print_text(const factory::ApplyReport& report, const Options& options) {
  bool changed = false;
  for (const factory::ApplyItem& item : report.items) {
    std::string status(to_string(item.status));
    status.resize(std::string_view("unchanged  ").size(), ' ');
    std::cout << status << item.path << '\n';
    if (options.dry_run)
      for (const std::string& line : item.difference)
        std::cout << "  " << line << '\n';
    changed = changed || item.status != factory::ApplyStatus::Unchanged;
  }
  if (!changed) {
    std::cout << "no transaction\n";
  } else if (report.transaction) {
    std::cout << "transaction " << *report.transaction << '\n';
  } else {
    std::cout << "dry run: nothing was changed\n";
  }
}

void print_json(const factory::ApplyReport& report) {
  for (const factory::ApplyItem& item : report.items) {
    nlohmann::ordered_json row = {{"status", to_string(item.status)}, {"path", item.path}};
    if (!item.difference.empty()) row["difference"] = item.difference;
    if (report.transaction) row["txn"] = *report.transaction;
    std::cout << row.dump() << '\n';
  }
}

void apply(Context& context, const Options& options) {
  std::vector<factory::ApplyFile> files;
  for (const std::string& file : options.files)
    files.push_back({file, read_text(context, file)});
  factory::ApplyOptions apply_options;
  apply_options.variables = parse_variables(options.variables);
  apply_options.dry_run = options.dry_run;
  apply_options.command = context.command_line;
  apply_options.copy = [&context](const factory::CopyRequest& request, tinyfs::FS&) {
    return copy_pending(context, request.source, request.path);
  };
  const factory::ApplyReport report =
      factory::apply(context.fs(), context.registry(), files, apply_options);
  if (options.json) return print_json(report);
  print_text(report, options);
}

}  // namespace

void add_apply(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "apply", "Brings the pond to what YAML documents describe, all or nothing",
                  "pond apply -f station.yaml -v SITE=pier-3 --dry-run");
  command->add_option("-f,--file", options->files, "YAML files of the host; - is stdin")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("-v,--var,--variable", options->variables,
                   "What ${NAME} stands for in the documents")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  command->add_flag("--dry-run", options->dry_run, "Says what would change, and changes nothing");
  command->add_flag("--json", options->json, "One JSON object a line");
  command->callback([&context, options] { apply(context, *options); });
}

}  // namespace pond::cli

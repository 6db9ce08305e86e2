// pond fsck: is everything that was stored still there and unharmed?
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/paths.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "pond/check.h"

namespace pond::cli {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool quick = false;
  bool json = false;
};

CheckReport check(Context& context, const Options& options) {
  CheckOptions wanted;
  wanted.quick = options.quick;
  for (const std::string& path : options.paths)
    wanted.paths.push_back(tinyfs::normalise_path(pond_path(path, "fsck")));
  wanted.progress = [&](std::uint64_t done, std::uint64_t total) {
    context.progress().step(done, total, "bytes");
  };
  try {
    return check_pond(context.backend().oplog(), wanted);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::Corrupt) throw;
    CheckReport report;
    report.damages.push_back({context.pond_directory().string(), error.what()});
    return report;
  }
}

void print_json(const CheckReport& report) {
  nlohmann::ordered_json row = {
      {"good", report.damages.empty()}, {"root", report.root},
      {"commits", report.commits},      {"nodes", report.nodes},
      {"versions", report.versions},    {"files", report.files},
      {"bytes", report.bytes},          {"damages", nlohmann::ordered_json::array()}};
  for (const Damage& damage : report.damages)
    row["damages"].push_back({{"where", damage.where}, {"what", damage.what}});
  std::cout << row.dump() << '\n';
}

void fsck(Context& context, const Options& options) {
  const CheckReport report = check(context, options);
  context.progress().wipe();
  if (options.json) {
    print_json(report);
  } else {
    for (const Damage& damage : report.damages)
      std::cerr << "damaged  " << damage.where << ": " << one_line(damage.what) << '\n';
    std::cerr << "good     " << grouped(report.nodes) << " nodes with " << grouped(report.versions)
              << " versions, " << grouped(report.files) << " files, "
              << (options.quick ? std::string("not read") : human_size(report.bytes)) << ", "
              << grouped(static_cast<std::uint64_t>(report.commits)) << " commits\n";
    if (!report.root.empty()) std::cout << report.root << '\n';
  }
  if (!report.damages.empty())
    throw Error(ErrorCode::Corrupt,
                std::to_string(report.damages.size()) +
                    (report.damages.size() == 1 ? " damage" : " damages") + " in " +
                    context.pond_directory().string(),
                "restore what is lost from a backup; 'pond recover --dry-run' tells which "
                "transaction is the newest that is whole");
}

}  // namespace

void add_fsck(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "fsck", "Checks that everything stored is there and unharmed",
                  "pond fsck\n  pond fsck --quick\n  pond fsck /sensors/dock.series");
  command->add_option("PATH", options->paths, "Only these, and what is below them")
      ->type_name("PATH");
  command->add_flag("--quick", options->quick, "Names, sizes and the log; reads no contents");
  command->add_flag("--json", options->json, "A JSON object");
  command->callback([&context, options] { fsck(context, *options); });
}

}  // namespace pond::cli

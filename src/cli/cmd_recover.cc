// pond recover: back to the newest transaction that is whole.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/print.h"
#include "pond/check.h"

namespace pond::cli {
namespace {

struct Options {
  RecoverOptions recover;
  bool json = false;
};

void recover(Context& context, const Options& options) {
  const RecoverReport report = recover_pond(context.pond_directory(), options.recover);
  if (options.json) {
    nlohmann::ordered_json row = {{"good", report.good},
                                  {"newest", report.newest},
                                  {"set_aside", report.set_aside},
                                  {"aside", report.aside},
                                  {"damages", nlohmann::ordered_json::array()}};
    for (const Damage& damage : report.damages)
      row["damages"].push_back({{"where", damage.where}, {"what", damage.what}});
    std::cout << row.dump() << '\n';
    return;
  }
  for (const Damage& damage : report.damages)
    std::cerr << "damaged  " << damage.where << ": " << one_line(damage.what) << '\n';
  if (report.good == report.newest) {
    std::cout << "transaction " << report.good << " is whole: nothing to recover\n";
    return;
  }
  const std::int64_t lost = report.newest - report.good;
  std::cout << "the newest whole transaction is " << report.good << "; " << lost
            << (lost == 1 ? " comes" : " come") << " after it\n";
  if (options.recover.dry_run) return;
  std::cout << "now at transaction " << report.good << "; " << report.set_aside.size()
            << " files set aside in " << report.aside << '\n';
}

}  // namespace

void add_recover(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(
      app, "recover", "Goes back to the newest transaction that is whole, keeping the rest aside",
      "pond recover --dry-run\n  pond recover");
  command->add_flag("--dry-run", options->recover.dry_run, "Only says what it would do");
  command->add_flag("--unreadable", options->recover.unreadable,
                    "Counts files that the disk does not give as damaged");
  command->add_flag("--json", options->json, "A JSON object");
  command->callback([&context, options] { recover(context, *options); });
}

}  // namespace pond::cli

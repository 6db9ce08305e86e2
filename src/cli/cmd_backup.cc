// pond backup: where this pond is backed up to.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/print.h"
#include "cli/remote_work.h"
#include "pond/remote.h"

namespace pond::cli {
namespace {

struct Options {
  remote::Remote remote;
  std::string keep;
  bool bidirectional = false;
  bool json = false;
};

void add(Context& context, Options options) {
  remote::Remote& remote = options.remote;
  if (options.bidirectional) remote.mode = remote::Mode::Both;
  if (!options.keep.empty()) remote.keep = remote::parse_keep(options.keep);
  remote::Remotes remotes(context.backend().oplog().directory());
  if (remotes.find(remote.name)) remotes.add(remote);  // says that it is there
  // Only what works is added.
  const auto report = push_to(context, remote);
  remotes.add(remote);
  std::cout << "added remote " << remote.name << " mode=" << to_string(remote.mode) << '\n'
            << push_text(report, remote.name) << '\n';
}

std::string tip_text(const remote::Tip& tip) {
  return tip.txn < 0 ? "-" : std::to_string(tip.txn) + ":" + tip.chain.substr(0, 12);
}

void list(Context& context, bool json) {
  remote::Remotes remotes(context.backend().oplog().directory());
  if (!json) std::cout << "NAME URL MODE MOUNT PUSHED_TIP PULLED_TIP\n";
  for (const remote::Remote& remote : remotes.all()) {
    const std::string mount = remote.mount.empty() ? "-" : remote.mount;
    if (json) {
      std::cout << nlohmann::ordered_json{{"name", remote.name},
                                          {"url", remote.location.url},
                                          {"mode", to_string(remote.mode)},
                                          {"mount", mount},
                                          {"pushed_tip", tip_text(remote.pushed)},
                                          {"pulled_tip", tip_text(remote.pulled)}}
                       .dump()
                << '\n';
    } else {
      std::cout << remote.name << ' ' << remote.location.url << ' ' << to_string(remote.mode) << ' '
                << mount << ' ' << tip_text(remote.pushed) << ' ' << tip_text(remote.pulled)
                << '\n';
    }
  }
}

}  // namespace

void add_backup(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "backup", "Where this pond is backed up to",
                                  "pond backup add home s3://bucket/station-7\n  pond backup list");
  command->require_subcommand(1);
  CLI::App* added = add_command(*command, "add", "Adds a backup, and pushes to it at once",
                                "pond backup add usb file:///media/usb/station-7");
  added->add_option("NAME", options->remote.name, "What to call it")->required();
  added->add_option("URL", options->remote.location.url, "s3://bucket/prefix or file:///directory")
      ->required();
  add_location_options(*added, options->remote.location);
  added->add_option("--keep", options->keep,
                    "Old states to keep: daily=14,weekly=8,monthly=all (default: every one)");
  added->add_flag("--bidirectional", options->bidirectional, "mode=both");
  added->callback([&context, options] { add(context, *options); });
  CLI::App* listed = add_command(*command, "list", "Lists the backups", "pond backup list");
  listed->add_flag("--json", options->json, "One JSON object per line");
  listed->callback([&context, options] { list(context, options->json); });
  CLI::App* removed = add_command(*command, "remove", "Forgets a backup; what is there stays",
                                  "pond backup remove usb");
  removed->add_option("NAME", options->remote.name, "Which")->required();
  removed->callback([&context, options] {
    remote::Remotes(context.backend().oplog().directory()).remove(options->remote.name);
    std::cout << "detached " << options->remote.name << '\n';
  });
}

}  // namespace pond::cli

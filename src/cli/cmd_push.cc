// pond push, restore, verify: to a backup, from it, and whether it is whole.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/remote_work.h"
#include "pond/remote.h"

namespace pond::cli {
namespace {

struct Options {
  std::string name;
  std::string url;
  remote::Location location;
};

remote::ProgressFunction bar(Context& context) {
  return [&context](std::uint64_t done, std::uint64_t total) {
    context.progress().step(done, total, "bytes");
  };
}

void push(Context& context, const std::string& name) {
  remote::Remotes remotes(context.backend().oplog().directory());
  const auto lock = remotes.lock(name);
  remote::Remote remote = remotes.get(name);
  const auto report = push_to(context, remote);
  remotes.update(remote);
  std::cout << push_text(report, name) << '\n';
}

void restore(Context& context, Options options) {
  options.location.url = options.url.empty() ? options.name : options.url;
  const auto report = remote::restore(options.location, context.pond_directory(),
                                      context.command_line, bar(context));
  context.progress().wipe();
  std::cout << "restore complete files: " << report.files << '\n';
}

void verify(Context& context, Options options) {
  if (!remote::is_remote_url(options.name))
    options.location =
        remote::Remotes(context.backend().oplog().directory()).get(options.name).location;
  else
    options.location.url = options.name;
  const auto scratch =
      std::filesystem::temp_directory_path() / ("pond-verify-" + Uuid::v7().to_string());
  struct Gone {
    const std::filesystem::path& path;
    ~Gone() {
      std::error_code ignored;
      std::filesystem::remove_all(path, ignored);
    }
  } const gone{scratch};
  const auto report = remote::verify(remote::open_store(options.location), scratch, bar(context));
  context.progress().wipe();
  for (const Damage& damage : report.damages)
    std::cerr << "damaged  " << damage.where << ": " << one_line(damage.what) << '\n';
  std::cerr << "good     " << grouped(report.objects) << " objects read, "
            << human_size(report.bytes) << '\n';
  if (!report.root.empty()) std::cout << report.root << '\n';
  if (!report.damages.empty())
    throw Error(ErrorCode::Corrupt,
                std::to_string(report.damages.size()) + " damaged in " + options.location.url,
                "push to a new prefix while this pond is whole");
  if (remote::is_remote_url(options.name)) return;
  CheckOptions quick;
  quick.quick = true;
  const CheckReport live = check_pond(context.backend().oplog(), quick);
  std::cout << (live.root == report.root ? "live data matches remote tip\n"
                                         : "live data has gone on since the last push\n");
}

}  // namespace

void add_location_options(CLI::App& command, remote::Location& location) {
  command.add_option("--endpoint", location.endpoint, "Of an S3 server other than AWS's")
      ->type_name("URL");
  command.add_option("--region", location.region, "Of the bucket")->type_name("NAME");
  command.add_option("--profile", location.profile, "Of AWS's files")->type_name("NAME");
  command.add_option("--access-key", location.access_key, "'${env:NAME}', never the key itself");
  command.add_option("--secret-key", location.secret_key, "'${env:NAME}', never the key itself");
}

remote::PushReport push_to(Context& context, remote::Remote& remote) {
  const auto report = remote::push(context.backend().oplog(), remote, bar(context));
  context.progress().wipe();
  return report;
}

std::string push_text(const remote::PushReport& report, const std::string& name) {
  return report.commits == 0 && report.files == 0
             ? "push " + name + " complete already up to date"
             : "push " + name + " complete files: " + std::to_string(report.files);
}

void add_push(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "push", "Brings a backup up to this pond", "pond push home");
  command->add_option("NAME", options->name, "A backup of 'pond backup list'")->required();
  command->callback([&context, options] { push(context, options->name); });
}

void add_restore(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "restore", "Makes a new pond of a backup",
                                  "pond --pond ./station restore s3://bucket/station-7");
  command->add_option("NAME", options->name, "A name to call it, or the URL")->required();
  command->add_option("URL", options->url, "s3://bucket/prefix or file:///directory");
  add_location_options(*command, options->location);
  command->callback([&context, options] { restore(context, *options); });
}

void add_verify(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "verify", "Reads a whole backup and checks every object",
                                  "pond verify home");
  command->add_option("NAME", options->name, "A backup, or a URL")->required();
  add_location_options(*command, options->location);
  command->callback([&context, options] { verify(context, *options); });
}

}  // namespace pond::cli

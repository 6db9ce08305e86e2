// pond maintain: what automatic housekeeping leaves to a person's decision.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/print.h"
#include "cli/progress.h"

namespace pond::cli {
namespace {

struct Options {
  bool compact = false;
  std::optional<std::int64_t> keep_versions;
  bool vacuum = false;
  bool dry_run = false;
  bool json = false;
};

void maintain(Context& context, const Options& options) {
  if (options.dry_run && !options.vacuum)
    throw CLI::ValidationError("--dry-run says what --vacuum would remove: give both");
  oplog::OpLog& log = context.backend().oplog();
  nlohmann::ordered_json row = nlohmann::ordered_json::object();
  if (options.compact || options.keep_versions) {
    const oplog::CompactReport report =
        log.compact({.keep_versions = options.keep_versions,
                     .progress =
                         [&](std::uint64_t done, std::uint64_t total) {
                           context.progress().step(done, total, "partitions");
                         }},
                    {.command = context.command_line});
    context.progress().wipe();
    row["compacted"] = {{"commits", report.commits},
                        {"files_fewer", report.files},
                        {"versions_retired", report.versions}};
    if (!options.json) {
      std::cout << "compacted: " << grouped(static_cast<std::uint64_t>(report.files))
                << " files fewer, in " << report.commits
                << (report.commits == 1 ? " commit\n" : " commits\n");
      if (options.keep_versions)
        std::cout << "retired: " << grouped(static_cast<std::uint64_t>(report.versions))
                  << (report.versions == 1 ? " version\n" : " versions\n");
    }
  }
  if (!options.dry_run) {
    log.keep_house(oplog::Retention::of(log.snapshot().metadata()));
    row["checkpoint"] = log.txn();
    if (!options.json) std::cout << "checkpoint: transaction " << log.txn() << '\n';
  }
  if (options.vacuum) {
    const oplog::VacuumReport report = log.vacuum(options.dry_run);
    row["vacuum"] = {
        {"files", report.removed.size()}, {"bytes", report.bytes}, {"removed", report.removed}};
    if (!options.json) {
      if (options.dry_run)
        for (const std::string& file : report.removed)
          std::cout << file << '\n';
      std::cout << (options.dry_run ? "would remove " : "removed ")
                << grouped(report.removed.size()) << " unreferenced files, "
                << human_size(static_cast<std::uint64_t>(report.bytes)) << '\n';
    }
  }
  if (options.json) std::cout << row.dump() << '\n';
}

}  // namespace

void add_maintain(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "maintain", "Compacts, retires old versions, removes what nothing refers to",
                  "pond maintain --compact --vacuum\n  pond maintain --keep-versions 3 --vacuum");
  command->add_flag("--compact", options->compact,
                    "One file of rows for each directory, long runs for each series");
  command
      ->add_option("--keep-versions", options->keep_versions,
                   "Retires all but the last N versions of tables, data and configurations")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  command->add_flag("--vacuum", options->vacuum, "Removes files that nothing refers to");
  command->add_flag("--dry-run", options->dry_run, "With --vacuum: lists them instead");
  command->add_flag("--json", options->json, "A JSON object");
  command->callback([&context, options] { maintain(context, *options); });
}

}  // namespace pond::cli

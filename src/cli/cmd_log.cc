// pond log: the transactions, newest first.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/print.h"
#include "pond/time.h"

namespace pond::cli {
namespace {

struct Options {
  std::size_t limit = 0;
  bool json = false;
};

void log(Context& context, const Options& options) {
  bool first = true;
  for (const oplog::CommitSummary& commit : context.backend().oplog().log(options.limit)) {
    if (options.json) {
      std::cout << nlohmann::ordered_json{{"txn", commit.txn},
                                          {"status", "COMMITTED"},
                                          {"time", format_time(commit.time_us)},
                                          {"command", commit.command},
                                          {"author", commit.author},
                                          {"records", commit.records},
                                          {"bytes", commit.bytes},
                                          {"chain", commit.chain}}
                       .dump()
                << '\n';
      continue;
    }
    if (!first) std::cout << '\n';
    first = false;
    std::cout << "Transaction " << commit.txn << " COMMITTED " << format_time(commit.time_us)
              << '\n'
              << "  Command  : " << commit.command << '\n'
              << "  Author   : " << commit.author << '\n'
              << "  Changes  : " << grouped(static_cast<std::uint64_t>(commit.records))
              << (commit.records == 1 ? " record, " : " records, ")
              << human_size(static_cast<std::uint64_t>(commit.bytes)) << '\n';
  }
}

}  // namespace

void add_log(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "log", "Shows the transactions, newest first", "pond log --limit 5");
  command->add_option("-n,--limit", options->limit, "At most so many (default: all that are kept)")
      ->type_name("N");
  command->add_flag("--json", options->json, "One JSON object a line");
  command->callback([&context, options] { log(context, *options); });
}

}  // namespace pond::cli

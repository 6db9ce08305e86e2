// pond sql: queries over the pond, one given or many from a prompt.
#include <unistd.h>

#include <arrow/record_batch.h>
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/statements.h"

namespace pond::cli {
namespace {

struct Options {
  std::string sql;
  std::string format = "table";
  bool json = false;
  bool explain = false;
};

void run(query::Session& session, const std::string& sql, const Options& options) {
  if (options.explain) {
    std::cout << session.explain(sql) << '\n';
    return;
  }
  const query::Output format =
      options.json ? query::Output::Json : query::parse_output(options.format);
  query::write_result(*session.query(sql), format, std::cout);
}

constexpr const char* kPromptHelp =
    "A statement ends with ';'. Paths and URLs are tables:\n"
    "  SELECT count(*) FROM '/sensors/*.series';\n"
    ".quit leaves (so does Ctrl-D), .help shows this.\n";

// On a terminal an error is shown and the prompt goes on; in a pipe it ends the run.
void prompt(query::Session& session, const Options& options) {
  const bool terminal = isatty(STDIN_FILENO) != 0;
  StatementReader reader;
  const auto ask = [&] {
    if (terminal) std::cout << (reader.pending() ? "  ...> " : "pond> ") << std::flush;
  };
  const auto answer = [&](const std::string& sql) {
    try {
      run(session, sql, options);
      std::cout << std::flush;
    } catch (const Error& error) {
      if (!terminal) throw;
      std::cerr << "error: " << error.what() << '\n';
      if (!error.hint().empty()) std::cerr << "hint: " << error.hint() << '\n';
    }
  };
  ask();
  for (std::string line; std::getline(std::cin, line); ask()) {
    if (!reader.pending() && line.starts_with('.')) {
      if (line == ".quit" || line == ".exit") return;
      std::cout << kPromptHelp;
      continue;
    }
    reader.add(line + "\n");
    while (const std::optional<std::string> sql = reader.next())
      answer(*sql);
  }
  if (const std::optional<std::string> sql = reader.rest()) answer(*sql);
  if (terminal) std::cout << '\n';
}

void sql(Context& context, const Options& options) {
  query::Session& session = context.session(true);
  if (options.sql.empty()) return prompt(session, options);
  run(session, options.sql, options);
}

}  // namespace

void add_sql(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(
      app, "sql", "Runs a query over paths of the pond; without one, a prompt",
      "pond sql \"SELECT max(temp) FROM '/sensors/*.series' WHERE timestamp > '2024-05-01'\"");
  command->add_option("Q", options->sql,
                      "The query (default: statements from the prompt or a pipe)");
  command->add_option("--format", options->format, "table, csv, json, parquet or arrow")
      ->type_name("FORMAT");
  command->add_flag("--json", options->json, "One JSON object a line");
  command->add_flag("--explain", options->explain, "How the query would run");
  command->callback([&context, options] { sql(context, *options); });
}

}  // namespace pond::cli

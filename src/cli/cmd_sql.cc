// pond sql: queries over the pond, one given or many from a prompt.
#include <arrow/record_batch.h>
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/sql_prompt.h"

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

void sql(Context& context, const Options& options) {
  query::Session& session = context.session(true);
  if (!options.sql.empty()) return run(session, options.sql, options);
  sql_prompt(context, [&](const std::string& text) { run(session, text, options); });
}

}  // namespace

void add_sql(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(
      app, "sql", "Runs a query over paths of the pond; without one, a prompt",
      "pond sql \"SELECT max(temp) FROM '/sensors/*.series' WHERE timestamp > '2024-05-01'\"");
  command->add_option("Q", options->sql,
                      "The query (default: statements from the prompt or a pipe)");
  command->add_option("--attach", context.attached, "Another pond, whose tables are 'NAME:///path'")
      ->type_name("NAME=DIR")
      ->allow_extra_args(false);
  command->add_option("--format", options->format, "table, csv, json, parquet or arrow")
      ->type_name("FORMAT");
  command->add_flag("--json", options->json, "One JSON object a line");
  command->add_flag("--explain", options->explain, "How the query would run");
  command->callback([&context, options] { sql(context, *options); });
}

}  // namespace pond::cli

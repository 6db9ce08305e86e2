// pond cat: the contents of a file, or a query over it.
#include <unistd.h>

#include <arrow/record_batch.h>
#include <CLI/CLI.hpp>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/export.h"
#include "pond/time.h"

namespace pond::cli {
namespace {

struct Options {
  std::string path;
  std::string sql;
  std::string format;
  bool json = false;
  bool explain = false;
  std::optional<std::uint64_t> version;
  std::string at;
};

query::AsOf as_of(const Options& options, const Url& url) {
  query::AsOf as_of{.version = options.version ? options.version : url.version, .time_us = {}};
  if (!options.at.empty()) as_of.time_us = parse_time(options.at);
  if (as_of.version && as_of.time_us)
    throw Error(ErrorCode::InvalidArgument, "--version and --at together", "give one of them");
  return as_of;
}

// Rows: what --sql asks of the path, or all of it.
void cat_rows(Context& context, const Options& options, const query::AsOf& as_of) {
  query::Session& session = context.session(true);
  const std::string sql = options.sql.empty() ? "SELECT * FROM source" : options.sql;
  const std::map<std::string, std::string> tables = {
      {"source", session.relation(options.path, as_of)}};
  if (options.explain) {
    std::cout << session.explain(sql, tables) << '\n';
    return;
  }
  query::Output format = isatty(STDOUT_FILENO) != 0 ? query::Output::Table : query::Output::Parquet;
  if (!options.format.empty() && options.format != "raw")
    format = query::parse_output(options.format);
  if (options.format == "raw") format = query::Output::Parquet;
  if (options.json) format = query::Output::Json;
  query::write_result(*session.query(sql, tables), format, std::cout);
}

void cat_host_bytes(const Context& context, const Url& url) {
  for (const auto& file : host_files(url, context.host_root())) {
    std::ifstream in(file, std::ios::binary);
    if (!in || std::filesystem::is_directory(file))
      throw io_error("cannot read", file.string(), in ? EISDIR : errno);
    if (in.peek() != std::ifstream::traits_type::eof()) std::cout << in.rdbuf();
  }
}

void cat(Context& context, const Options& options) {
  const Url url = Url::parse(options.path);
  const query::AsOf when = as_of(options, url);
  const bool asks_rows = !options.sql.empty() || options.explain || options.json ||
                         (!options.format.empty() && options.format != "raw");
  const bool as_stored = url.format == Format::Auto || url.format == Format::Data;
  if (asks_rows || (url.host && !as_stored)) return cat_rows(context, options, when);
  if (url.host) return cat_host_bytes(context, url);
  if (tinyfs::has_wildcards(url.path) || !as_stored) {
    bool bytes = as_stored;
    const auto matches = context.root().glob(url.path);
    for (const auto& match : matches)
      bytes = bytes && match.node.kind() == tinyfs::Kind::Data;
    if (!bytes || matches.empty()) return cat_rows(context, options, when);
    for (const auto& match : matches)
      write_data(match.node, when, std::cout);
    return;
  }
  const tinyfs::NodePath node = context.root().get(url.path);
  switch (node.kind()) {
    case tinyfs::Kind::Directory:
      throw Error(
          ErrorCode::InvalidArgument, "is a directory: " + node.path(),
          "pond list " + (node.path() == "/" ? "/" : node.path() + "/") + " shows what is inside");
    case tinyfs::Kind::Table:
    case tinyfs::Kind::Series:
      if (options.format == "raw" || isatty(STDOUT_FILENO) == 0)
        return write_parquet(context, node, when, std::cout);
      return cat_rows(context, options, when);
    case tinyfs::Kind::Data:
    case tinyfs::Kind::Symlink:
      return write_data(node, when, std::cout);
  }
}

}  // namespace

void add_cat(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "cat", "Prints a file, or a query over it",
                  "pond cat /dock.series --format table --sql 'SELECT avg(temp) FROM source'\n"
                  "  pond cat 'host+csv+gzip:///drop/*.csv.gz' --format table");
  command->add_option("PATH", options->path, "A path, pattern or URL")->required();
  command->add_option("--sql,--query", options->sql, "A query; 'source' is the file")
      ->type_name("Q");
  command
      ->add_option(
          "--format", options->format,
          "table, csv, json, parquet, arrow or raw (default: table on a terminal, else the "
          "bytes of data and Parquet of rows)")
      ->type_name("FORMAT");
  command->add_flag("--json", options->json, "Rows as one JSON object a line");
  command->add_flag("--explain", options->explain, "How the query would run");
  command->add_option("--version", options->version, "As it was at this version")->type_name("N");
  command->add_option("--at", options->at, "As it was at this time")->type_name("TIME");
  command->callback([&context, options] {
    try {
      cat(context, *options);
    } catch (const Error& error) {
      // A file does not know its path.
      if (!std::string_view(error.what()).starts_with("no version")) throw;
      throw Error(error.code(), options->path + ": " + error.what(), error.hint());
    }
  });
}

}  // namespace pond::cli

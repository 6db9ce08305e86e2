// pond describe: what files are: kind, schema, rows, versions, times, size.
#include <arrow/api.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/node_text.h"
#include "cli/paths.h"
#include "cli/print.h"
#include "pond/time.h"

namespace pond::cli {
namespace {

struct Options {
  std::vector<std::string> patterns;
  bool gaps = false;
  bool json = false;
};

struct Span {
  std::int64_t begin_us = 0, end_us = 0;
};

struct Description {
  std::string path;
  std::string format;  // where neither the node nor its kind tells it
  tinyfs::NodeInfo info;
  std::size_t versions = 0;
  std::shared_ptr<arrow::Schema> schema;  // of what is tabular
  std::uint64_t rows = 0;
  std::string time_column;
  std::optional<std::int64_t> min_time_us, max_time_us;
  std::size_t overlaps = 0;     // versions of a series that begin before an earlier one ends
  std::optional<Span> silence;  // the longest without a row, when it was asked for
  std::string target;           // of a symlink
  std::size_t entries = 0;      // of a directory
};

// From the log alone: no content is read.
void describe_stored(const tinylogfs::OpLogFile& file, Description& description) {
  const auto versions = file.details();
  description.versions = versions.size();
  if (description.info.kind == tinyfs::Kind::Data || description.info.version == 0) return;
  description.schema = file.schema();
  for (const tinylogfs::Segment& segment : file.segments()) {
    description.rows += segment.last_row - segment.first_row;
    if (segment.min_time_us &&
        (!description.min_time_us || *segment.min_time_us < *description.min_time_us))
      description.min_time_us = segment.min_time_us;
    if (segment.max_time_us &&
        (!description.max_time_us || *segment.max_time_us > *description.max_time_us))
      description.max_time_us = segment.max_time_us;
  }
  if (description.info.kind != tinyfs::Kind::Series) return;
  description.time_column = file.time_column();
  std::optional<std::int64_t> latest_us;
  for (const tinylogfs::VersionDetail& version : versions) {
    if (!version.min_time_us || !version.max_time_us) continue;
    if (latest_us && *version.min_time_us <= *latest_us) ++description.overlaps;
    latest_us = std::max(latest_us.value_or(*version.max_time_us), *version.max_time_us);
  }
}

std::optional<std::int64_t> time_at(const arrow::RecordBatch& batch, int column) {
  const auto scalar = batch.column(column)->GetScalar(0);
  if (!scalar.ok() || !(*scalar)->is_valid || (*scalar)->type->id() != arrow::Type::TIMESTAMP)
    return {};
  const auto us = (*scalar)->CastTo(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"));
  if (!us.ok()) return {};
  return static_cast<const arrow::TimestampScalar&>(**us).value;
}

// The only row of an answer; null when there is none.
std::shared_ptr<arrow::RecordBatch> only_row(query::Session& session, const std::string& sql,
                                             const std::map<std::string, std::string>& tables) {
  std::shared_ptr<arrow::RecordBatch> row;
  query::for_each_batch(*session.query(sql, tables), [&](const auto& batch) { row = batch; });
  return row;
}

// Rows that something else holds or computes: asked of the query engine.
void describe_rows(query::Session& session, const std::string& relation, Description& description) {
  const std::map<std::string, std::string> tables = {{"source", relation}};
  description.schema = session.query("SELECT * FROM source LIMIT 0", tables)->schema();
  std::string sql = "SELECT count(*)";
  const auto timestamp = description.schema->GetFieldByName("timestamp");
  const bool timed = timestamp != nullptr && timestamp->type()->id() == arrow::Type::TIMESTAMP;
  if (timed) sql += ", min(\"timestamp\"), max(\"timestamp\")";
  const auto answer = only_row(session, sql + " FROM source", tables);
  if (answer == nullptr) return;
  const auto& batch = *answer;
  description.rows =
      static_cast<std::uint64_t>(static_cast<const arrow::Int64Array&>(*batch.column(0)).Value(0));
  if (!timed) return;
  description.time_column = "timestamp";
  description.min_time_us = time_at(batch, 1);
  description.max_time_us = time_at(batch, 2);
}

// The two neighbouring times that are furthest apart.
void find_silence(query::Session& session, const std::string& relation, Description& description) {
  if (description.time_column.empty()) return;
  const std::string time = query::quote_identifier(description.time_column);
  const auto answer =
      only_row(session,
               "SELECT t, n FROM (SELECT " + time + " AS t, lead(" + time + ") OVER (ORDER BY " +
                   time + ") AS n FROM source) WHERE n > t ORDER BY n - t DESC, t LIMIT 1",
               {{"source", relation}});
  if (answer == nullptr) return;
  const auto begin = time_at(*answer, 0), end = time_at(*answer, 1);
  if (begin && end) description.silence = {*begin, *end};
}

Description describe_node(Context& context, const tinyfs::NodePath& node, const Options& options) {
  Description description;
  description.path = node.path();
  description.info = node.info();
  switch (description.info.kind) {
    case tinyfs::Kind::Directory:
      description.entries = node.as_directory().entries().size();
      return description;
    case tinyfs::Kind::Symlink:
      description.target = node.as_symlink().target();
      return description;
    case tinyfs::Kind::Data:
    case tinyfs::Kind::Table:
    case tinyfs::Kind::Series:
      break;
  }
  if (const tinylogfs::OpLogFile* file = tinylogfs::as_oplog_file(*node.node())) {
    describe_stored(*file, description);
    if (options.gaps && description.rows > 1)
      find_silence(context.session(false), context.session(false).relation(node), description);
    return description;
  }
  description.versions = node.as_file().versions().size();
  if (description.info.kind != tinyfs::Kind::Data) {
    query::Session& session = context.session(false);
    const std::string relation = session.relation(node);
    describe_rows(session, relation, description);
    if (options.gaps) find_silence(session, relation, description);
  }
  return description;
}

std::string format_text(const Description& description) {
  if (!description.format.empty()) return description.format;
  if (description.info.dynamic) return "Computed by " + description.info.factory;
  return description.info.kind == tinyfs::Kind::Data ? "Raw data" : "Parquet";
}

// "3 d 04:05:06", "00:30:00"
std::string duration_text(std::int64_t us) {
  const std::int64_t seconds = us / 1'000'000;
  const std::string days = seconds >= 86'400 ? std::to_string(seconds / 86'400) + " d " : "";
  return days +
         fmt::format("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

std::string time_range(const Description& description) {
  return format_time(*description.min_time_us) + " .. " + format_time(*description.max_time_us);
}

void print_text(const Description& description) {
  const tinyfs::NodeInfo& info = description.info;
  std::cout << description.path << '\n' << "  Kind: " << kind_text(info) << '\n';
  if (info.kind == tinyfs::Kind::Directory) {
    std::cout << "  Entries: " << description.entries << '\n';
    return;
  }
  if (info.kind == tinyfs::Kind::Symlink) {
    std::cout << "  Target: " << description.target << '\n';
    return;
  }
  std::cout << "  Format: " << format_text(description) << '\n';
  if (description.versions > 0) {
    if (!info.dynamic) std::cout << "  Size: " << grouped(info.size) << " bytes\n";
    std::cout << "  Versions: " << description.versions << '\n';
  }
  if (description.schema == nullptr) return;
  std::cout << "  Rows: " << grouped(description.rows) << '\n';
  if (description.min_time_us && description.max_time_us)
    std::cout << "  Times: " << time_range(description) << " (" << description.time_column << ")\n";
  if (description.overlaps > 0)
    std::cout << "  Overlaps: " << grouped(description.overlaps) << " of "
              << grouped(description.versions) << " versions begin before an earlier one ends\n";
  if (description.silence)
    std::cout << "  Longest silence: "
              << duration_text(description.silence->end_us - description.silence->begin_us) << ", "
              << format_time(description.silence->begin_us) << " .. "
              << format_time(description.silence->end_us) << '\n';
  std::cout << "  Schema: " << description.schema->num_fields()
            << (description.schema->num_fields() == 1 ? " column\n" : " columns\n");
  Columns columns({Columns::Align::Left, Columns::Align::Left});
  for (const auto& field : description.schema->fields())
    columns.add({"    " + field->name() + " ", field->type()->ToString()});
  columns.print(std::cout);
}

void print_json(const Description& description) {
  const tinyfs::NodeInfo& info = description.info;
  nlohmann::ordered_json row = {
      {"path", description.path}, {"kind", to_string(info.kind)}, {"dynamic", info.dynamic}};
  if (info.dynamic) row["factory"] = info.factory;
  if (info.kind == tinyfs::Kind::Directory) {
    row["entries"] = description.entries;
  } else if (info.kind == tinyfs::Kind::Symlink) {
    row["target"] = description.target;
  } else {
    row["format"] = format_text(description);
    row["size"] = info.size;
    row["versions"] = description.versions;
  }
  if (description.schema != nullptr) {
    row["rows"] = description.rows;
    if (description.min_time_us && description.max_time_us) {
      row["time_column"] = description.time_column;
      row["min_time"] = format_time(*description.min_time_us);
      row["max_time"] = format_time(*description.max_time_us);
    }
    if (description.info.kind == tinyfs::Kind::Series && !description.info.dynamic)
      row["overlaps"] = description.overlaps;
    if (description.silence)
      row["longest_silence"] = {
          {"seconds",
           static_cast<double>(description.silence->end_us - description.silence->begin_us) / 1e6},
          {"begin", format_time(description.silence->begin_us)},
          {"end", format_time(description.silence->end_us)}};
    row["schema"] = nlohmann::ordered_json::array();
    for (const auto& field : description.schema->fields())
      row["schema"].push_back({{"name", field->name()}, {"type", field->type()->ToString()}});
  }
  std::cout << row.dump() << '\n';
}

std::vector<Description> describe_argument(Context& context, const std::string& argument,
                                           const Options& options) {
  const Url url = Url::parse(argument);
  std::vector<Description> found;
  if (url.host || (url.format != Format::Auto && url.format != Format::Data)) {
    Description description;
    description.path = argument;
    description.info.kind = url.kind.value_or(tinyfs::Kind::Table);
    if (url.format == Format::Delta) description.format = "Delta Lake";
    query::Session& session = context.session(false);
    const std::string relation = session.relation(argument);
    describe_rows(session, relation, description);
    if (options.gaps) find_silence(session, relation, description);
    found.push_back(std::move(description));
    return found;
  }
  const tinyfs::WD root = context.root();
  std::vector<tinyfs::NodePath> nodes;
  if (url.path.ends_with('/')) {
    for (const auto& match : root.glob(url.path))
      nodes.push_back(match.node);
  } else {
    nodes = matching(root, url.path);
  }
  for (const tinyfs::NodePath& node : nodes)
    found.push_back(describe_node(context, node, options));
  return found;
}

void describe(Context& context, const Options& options) {
  bool first = true;
  for (const std::string& pattern : options.patterns) {
    for (const Description& description : describe_argument(context, pattern, options)) {
      if (options.json) {
        print_json(description);
        continue;
      }
      if (!first) std::cout << '\n';
      first = false;
      print_text(description);
    }
  }
}

}  // namespace

void add_describe(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      add_command(app, "describe", "Shows kind, schema, rows, versions, times and size",
                  "pond describe '/sensors/*.series'");
  command->add_option("PATTERN", options->patterns, "Paths, patterns or URLs")->required();
  command->add_flag("--gaps", options->gaps, "Also the longest silence: reads all times");
  command->add_flag("--json", options->json, "One JSON object a line");
  command->callback([&context, options] { describe(context, *options); });
}

}  // namespace pond::cli

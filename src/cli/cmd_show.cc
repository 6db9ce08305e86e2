// pond show: what one transaction changed.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/paths.h"
#include "cli/print.h"
#include "pond/time.h"

namespace pond::cli {
namespace {

struct Options {
  std::optional<std::int64_t> txn;
  bool json = false;
};

// A change, with the path that its node has today ("(gone)" after it was removed).
struct Change {
  std::string path;
  oplog::Record record;
};

void index_paths(const std::string& path, const tinyfs::Node& node,
                 std::unordered_map<Uuid, std::string>& paths) {
  paths.emplace(node.id(), path);
  const tinyfs::NodeInfo info = node.info();
  if (info.kind != tinyfs::Kind::Directory || info.dynamic) return;
  for (const tinyfs::DirEntry& entry : dynamic_cast<const tinyfs::Directory&>(node).entries())
    index_paths(below(path, entry.name), *entry.node, paths);
}

std::vector<Change> changes_of(Context& context, std::int64_t txn) {
  std::unordered_map<Uuid, std::string> paths;
  index_paths("/", *context.root().get("/").node(), paths);
  std::vector<Change> changes;
  for (oplog::Record& record : context.backend().oplog().show(txn)) {
    const auto path = paths.find(record.node_id);
    changes.push_back({path == paths.end() ? "(gone) " + record.node_id.to_string() : path->second,
                       std::move(record)});
  }
  std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
    return std::pair(a.path, a.record.version) < std::pair(b.path, b.record.version);
  });
  return changes;
}

nlohmann::ordered_json to_json(const Change& change) {
  const oplog::Record& record = change.record;
  nlohmann::ordered_json row = {{"path", change.path},
                                {"node", record.node_id.to_string()},
                                {"kind", oplog::to_string(record.kind)},
                                {"version", record.version},
                                {"time", format_time(record.time_us)},
                                {"txn", record.txn},
                                {"size", record.size},
                                {"rows", record.rows},
                                {"hash", record.hash},
                                {"location", record.location}};
  if (record.min_time_us) row["min_time"] = format_time(*record.min_time_us);
  if (record.max_time_us) row["max_time"] = format_time(*record.max_time_us);
  return row;
}

void show(Context& context, const Options& options) {
  const oplog::OpLog& oplog = context.backend().oplog();
  const std::int64_t txn = options.txn.value_or(oplog.txn());
  if (txn < 0 || txn > oplog.txn())
    throw Error(ErrorCode::NotFound, "no transaction " + std::to_string(txn),
                "the newest is " + std::to_string(oplog.txn()) + "; pond log lists them");
  const std::vector<Change> changes = changes_of(context, txn);
  if (options.json) {
    for (const Change& change : changes)
      std::cout << to_json(change).dump() << '\n';
    return;
  }
  std::cout << "Transaction " << txn << '\n';
  using enum Columns::Align;
  Columns columns({Left, Left, Right, Right, Left, Left});
  for (const Change& change : changes) {
    const oplog::Record& record = change.record;
    const bool rows = record.kind == oplog::RowKind::Table || record.kind == oplog::RowKind::Series;
    columns.add({"  " + std::string(oplog::to_string(record.kind)),
                 "v" + std::to_string(record.version),
                 human_size(static_cast<std::uint64_t>(record.size)),
                 rows ? grouped(static_cast<std::uint64_t>(record.rows)) + " rows" : "",
                 record.is_inline() ? "inline " : "content", change.path});
  }
  columns.print(std::cout);
}

}  // namespace

void add_show(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "show", "Shows what a transaction changed", "pond show 12");
  command->add_option("TXN", options->txn, "The transaction's number (default: the newest)");
  command->add_flag("--json", options->json, "One JSON object a line");
  command->callback([&context, options] { show(context, *options); });
}

}  // namespace pond::cli

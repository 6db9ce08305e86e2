// pond status: the pond at a glance.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/paths.h"
#include "cli/print.h"
#include "pond/time.h"

namespace pond::cli {
namespace {

struct Counts {
  std::uint64_t directories = 0, data = 0, tables = 0, series = 0, symlinks = 0, dynamic = 0;
  std::uint64_t bytes = 0;                // of the latest contents; of a series, all of it
  std::uint64_t rows = 0;                 // of tables and series
  std::optional<std::int64_t> newest_us;  // of the series' time columns
  std::string newest_path;
};

void count(const tinyfs::Directory& directory, const std::string& path, Counts& counts) {
  for (const tinyfs::DirEntry& entry : directory.entries()) {
    const tinyfs::NodeInfo info = entry.node->info();
    if (info.dynamic) {
      ++counts.dynamic;
      continue;
    }
    const std::string entry_path = below(path, entry.name);
    switch (info.kind) {
      case tinyfs::Kind::Directory:
        ++counts.directories;
        count(dynamic_cast<const tinyfs::Directory&>(*entry.node), entry_path, counts);
        continue;
      case tinyfs::Kind::Symlink:
        ++counts.symlinks;
        continue;
      case tinyfs::Kind::Data:
        ++counts.data;
        break;
      case tinyfs::Kind::Table:
        ++counts.tables;
        break;
      case tinyfs::Kind::Series:
        ++counts.series;
        break;
    }
    counts.bytes += info.size;
    const tinylogfs::OpLogFile* file = tinylogfs::as_oplog_file(*entry.node);
    if (file == nullptr || info.kind == tinyfs::Kind::Data || info.version == 0) continue;
    for (const tinylogfs::Segment& segment : file->segments()) {
      counts.rows += segment.last_row - segment.first_row;
      if (segment.max_time_us && segment.max_time_us > counts.newest_us) {
        counts.newest_us = segment.max_time_us;
        counts.newest_path = entry_path;
      }
    }
  }
}

void status(Context& context, bool json) {
  const oplog::OpLog& oplog = context.backend().oplog();
  Counts counts;
  count(context.root().get("/").as_directory(), "/", counts);
  const std::vector<oplog::CommitSummary> last = oplog.log(1);
  if (json) {
    nlohmann::ordered_json row = {{"pond", oplog.directory().string()},
                                  {"id", oplog.pond_id().to_string()},
                                  {"birthplace", oplog.birthplace()},
                                  {"txn", oplog.txn()},
                                  {"directories", counts.directories},
                                  {"data", counts.data},
                                  {"tables", counts.tables},
                                  {"series", counts.series},
                                  {"symlinks", counts.symlinks},
                                  {"dynamic", counts.dynamic},
                                  {"bytes", counts.bytes},
                                  {"rows", counts.rows}};
    if (!last.empty()) {
      row["last_commit"] = format_time(last.front().time_us);
      row["last_command"] = last.front().command;
    }
    if (counts.newest_us) {
      row["newest_data"] = format_time(*counts.newest_us);
      row["newest_path"] = counts.newest_path;
    }
    std::cout << row.dump() << '\n';
    return;
  }
  std::cout << "Pond:           " << oplog.directory().string() << '\n'
            << "Pond ID:        " << oplog.pond_id().to_string() << '\n'
            << "Birthplace:     " << oplog.birthplace() << '\n'
            << "Transaction:    " << oplog.txn() << '\n';
  if (!last.empty())
    std::cout << "Last commit:    " << format_time(last.front().time_us) << "  "
              << last.front().command << '\n';
  std::cout << "Directories:    " << grouped(counts.directories) << '\n'
            << "Files:          " << grouped(counts.data) << " data, " << grouped(counts.tables)
            << " tables, " << grouped(counts.series) << " series, " << grouped(counts.symlinks)
            << " symlinks, " << grouped(counts.dynamic) << " dynamic\n"
            << "Stored:         " << human_size(counts.bytes) << " in " << grouped(counts.rows)
            << " rows\n";
  if (counts.newest_us)
    std::cout << "Newest data:    " << format_time(*counts.newest_us) << "  " << counts.newest_path
              << '\n';
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = add_command(app, "status", "Shows the pond at a glance", "pond status");
  command->add_flag("--json", *json, "A JSON object");
  command->callback([&context, json] { status(context, *json); });
}

}  // namespace pond::cli

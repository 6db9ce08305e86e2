// fsck: the log's chain, the files that the log names, and the tree from the root down.
#include "pond/check.h"

#include <arrow/io/file.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/sha256.h"
#include "oplog/chain.h"
#include "oplog/content.h"
#include "oplog/inner.h"
#include "oplog/record.h"
#include "oplog/row_files.h"
#include "oplog/state.h"
#include "pond/error.h"
#include "pond/tinyfs.h"

namespace pond {
namespace {

namespace fs = std::filesystem;
using oplog::DirectoryOp;
using oplog::Record;
using oplog::RowKind;

// Rows that a Parquet file says it has.
std::int64_t rows_of_parquet(const fs::path& path) {
  try {
    return parquet::ParquetFileReader::OpenFile(path.string())->metadata()->num_rows();
  } catch (const parquet::ParquetException& error) {
    throw Error(ErrorCode::Corrupt, std::string("not a whole Parquet file: ") + error.what());
  }
}

bool is_below(const std::string& path, const std::string& directory) {
  return path == directory || directory == "/" || path.starts_with(directory + "/");
}

class Checker {
 public:
  Checker(const oplog::OpLog& log, const CheckOptions& options, CheckReport& report)
      : log_(log), options_(options), report_(report) {}

  void run() {
    for (const auto& file : log_.snapshot().files())
      total_ += static_cast<std::uint64_t>(file.size);
    check_row_files();
    wanted_.insert(options_.paths.begin(), options_.paths.end());
    complete_ = options_.paths.empty();
    walk("/", tinyfs::kRootId);
    for (const auto& path : wanted_)
      if (!seen_.contains(path))
        throw Error(ErrorCode::NotFound, "not found: " + path,
                    report_.damages.empty() ? "" : "or what leads to it is damaged");
    if (complete_) report_.root = tree_.finish();
  }

 private:
  using Rows = std::vector<oplog::StoredRecord>;
  using Nodes = std::unordered_map<Uuid, Rows>;

  void damage(std::string where, std::string what) {
    report_.damages.push_back({std::move(where), std::move(what)});
    complete_ = false;
  }

  void step(std::uint64_t bytes) {
    ++report_.files;
    report_.bytes += bytes;
    if (options_.progress) options_.progress(report_.bytes, std::max(total_, report_.bytes));
  }

  // The oplog files of the snapshot: there, of their size, and with the hash that the log gives
  // them.
  void check_row_files() {
    for (const auto& file : log_.snapshot().files()) {
      std::string harm;
      try {
        if (log_.is_partial()) (void)log_.store().local_path(file.path);
        harm = oplog::harm_of(log_.directory(), file, options_.quick);
      } catch (const Error& error) {
        harm = error.what();
      }
      if (!harm.empty()) damage(file.path, harm);
      step(options_.quick ? 0 : static_cast<std::uint64_t>(file.size));
    }
  }

  // A partition's rows by node. What cannot be read is a damage at `path`.
  Nodes& partition(const Uuid& part_id, const std::string& path) {
    if (const auto known = partitions_.find(part_id); known != partitions_.end())
      return known->second;
    if (partitions_.size() > 64) partitions_.clear();  // those of moved nodes come one by one
    Nodes nodes;
    try {
      for (auto& row : log_.read_partition(part_id)) {
        auto& rows = nodes[row.node_id];
        rows.push_back(std::move(row));
      }
    } catch (const Error& error) {
      if (broken_.insert(part_id).second)
        damage(path, std::string("the rows stored here cannot be read: ") + error.what());
    }
    return partitions_.emplace(part_id, std::move(nodes)).first->second;
  }

  bool wanted(const std::string& path) const {
    return wanted_.empty() || std::any_of(wanted_.begin(), wanted_.end(),
                                          [&](const auto& root) { return is_below(path, root); });
  }
  bool leads_to_wanted(const std::string& path) const {
    return wanted(path) || std::any_of(wanted_.begin(), wanted_.end(),
                                       [&](const auto& root) { return is_below(root, path); });
  }

  void walk(const std::string& path, const Uuid& id) {
    if (wanted_.contains(path)) seen_.insert(path);
    if (!visited_.insert(id).second) {
      damage(path, "is a directory that is also above itself, or in two places");
      return;
    }
    Nodes& nodes = partition(id, path);
    const auto own = nodes.find(id);
    if (own == nodes.end()) {
      if (!broken_.contains(id)) damage(path, "the directory has no rows");
      return;
    }
    std::map<std::string, DirectoryOp> entries;
    if (!read_entries(path, own->second, entries)) return;
    add_to_tree(path, own->second.back(), {});
    ++report_.nodes;
    for (const auto& [name, entry] : entries) {
      const std::string below = (path == "/" ? "" : path) + "/" + name;
      if (!leads_to_wanted(below)) continue;
      if (entry.kind == RowKind::Directory) {
        walk(below, entry.node_id);
      } else if (wanted(below)) {
        if (wanted_.contains(below)) seen_.insert(below);
        check_node(below, entry);
      }
    }
    partitions_.erase(id);
  }

  bool read_entries(const std::string& path, Rows& rows,
                    std::map<std::string, DirectoryOp>& entries) {
    std::int64_t next = 1;
    for (auto& row : rows) {
      if (row.first_version > next)
        return damage(path, "changes " + std::to_string(next) + " to " +
                                std::to_string(row.first_version - 1) +
                                " of the directory are missing"),
               false;
      next = row.version + 1;
      try {
        log_.load(row);
        if (!options_.quick && Sha256::of(row.content) != row.hash)
          return damage(path, "a change of the directory differs from its hash"), false;
        for (auto& op : oplog::decode_directory(row.content, path)) {
          if (op.insert) {
            entries.insert_or_assign(op.name, std::move(op));
          } else {
            entries.erase(op.name);
          }
        }
      } catch (const Error& error) {
        return damage(path, error.what()), false;
      }
    }
    return true;
  }

  void check_node(const std::string& path, const DirectoryOp& entry) {
    Nodes& nodes = partition(entry.part_id, path);
    const auto found = nodes.find(entry.node_id);
    if (found == nodes.end()) {
      if (!broken_.contains(entry.part_id)) damage(path, "has no rows");
      return;
    }
    const std::size_t before = report_.damages.size();
    Rows& rows = found->second;
    std::vector<oplog::HistoryEntry> versions;
    std::int64_t next = 0;
    for (auto& row : rows) {
      if (row.kind != entry.kind)
        damage(path, "is a " + std::string(oplog::to_string(entry.kind)) + " by name and a " +
                         std::string(oplog::to_string(row.kind)) + " by its rows");
      // Only a series needs its earlier versions: of others, maintain may have retired them.
      if (row.kind == RowKind::Series && next > 0 && row.first_version > next)
        damage(path, versions_text(next, row.first_version - 1) + " missing");
      next = row.version + 1;
      check_row(path, row, versions);
    }
    for (const auto& version : versions)
      add_to_tree(path, rows.back(), &version);
    if (versions.empty()) add_to_tree(path, rows.back(), {});
    if (report_.damages.size() != before) return;
    ++report_.nodes;
    report_.versions += versions.size();
  }

  static std::string versions_text(std::int64_t first, std::int64_t last) {
    return first == last
               ? "version " + std::to_string(first) + " is"
               : "versions " + std::to_string(first) + " to " + std::to_string(last) + " are";
  }

  void check_row(const std::string& path, oplog::StoredRecord& row,
                 std::vector<oplog::HistoryEntry>& versions) {
    const std::string which =
        versions_text(std::max<std::int64_t>(row.first_version, 0), row.version);
    try {
      if (!options_.quick || row.first_version < row.version) log_.load(row);
      std::int64_t rows = 0;
      for (auto& version : oplog::history_of(row)) {
        rows += version.rows;
        if (row.version > 0) versions.push_back(std::move(version));
      }
      if (rows != row.rows)
        damage(path, which + " damaged: " + std::to_string(row.rows) + " rows, and " +
                         std::to_string(rows) + " by their history");
      if (row.is_inline()) {
        if (options_.quick) return;
        if (Sha256::of(row.content) != row.hash)
          damage(path, which + " damaged: the content differs from its hash");
        return;
      }
      check_content(path, which, row);
    } catch (const Error& error) {
      damage(path, which + " damaged: " + error.what());
    }
  }

  void check_content(const std::string& path, const std::string& which, const Record& row) {
    if (options_.content) {
      const std::string harm = options_.content(row);
      if (!harm.empty()) damage(path, which + " damaged: " + row.location + " " + harm);
      return;
    }
    const fs::path file = log_.content_file(row.location);
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) return damage(path, which + " lost: " + row.location + " is missing");
    if (size != static_cast<std::uint64_t>(row.size))
      return damage(path, which + " damaged: " + row.location + " has " + std::to_string(size) +
                              " bytes, not " + std::to_string(row.size));
    step(options_.quick ? 0 : size);
    if (options_.quick) return;
    if (oplog::hash_of_file(file) != row.hash)
      return damage(path, which + " damaged: " + row.location + " differs from its hash");
    if (row.kind == RowKind::Data) return;
    const std::int64_t rows = rows_of_parquet(file);
    if (rows != row.rows)
      damage(path, which + " damaged: " + row.location + " has " + std::to_string(rows) +
                       " rows, not " + std::to_string(row.rows));
  }

  // What the root checksum is over. A run's rows count version by version, as they were before it.
  void add_to_tree(const std::string& path, const Record& node,
                   const oplog::HistoryEntry* version) {
    std::string line = path + '\0' + std::string(oplog::to_string(node.kind)) + '\0' +
                       node.node_id.to_string() + '\0';
    if (version != nullptr) {
      line += std::to_string(version->version) + '\0' + std::to_string(version->time_us) + '\0' +
              std::to_string(version->size) + '\0' + version->hash + '\0' + version->attributes;
    }
    tree_.update(line + "\n");
  }

  const oplog::OpLog& log_;
  const CheckOptions& options_;
  CheckReport& report_;
  std::uint64_t total_ = 0;
  bool complete_ = true;
  Sha256 tree_;
  std::set<std::string> wanted_, seen_;
  std::set<Uuid> visited_, broken_;
  std::unordered_map<Uuid, Nodes> partitions_;
};

}  // namespace

CheckReport check_pond(const oplog::OpLog& log, const CheckOptions& options) {
  CheckReport report;
  report.damages = oplog::check_chain(log, !options.quick, report.commits);
  Checker(log, options, report).run();
  return report;
}

}  // namespace pond

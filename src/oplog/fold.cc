#include "oplog/fold.h"

#include <arrow/api.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>

#include "base/arrow_result.h"
#include "base/sha256.h"
#include "oplog/inner.h"
#include "oplog/record.h"

namespace pond::oplog {
namespace {

constexpr std::size_t kFanIn = 8;
constexpr std::int64_t kFirstTier = std::int64_t{16} << 10U;  // bytes of an oplog file
constexpr std::int64_t kFlushBytes = std::int64_t{64}
                                     << 10U;  // inline rows above this become Parquet
constexpr std::int64_t kWholeRun = std::int64_t{64} << 20U;  // what compaction makes of runs
constexpr int kFinalTier = 3;  // runs of 8 * 8 * kFlushBytes (4 MiB) and more are left as they are

int tier_of(std::int64_t size, std::int64_t first) {
  int tier = 0;
  for (std::int64_t limit = first; size >= limit; limit *= static_cast<std::int64_t>(kFanIn))
    ++tier;
  return tier;
}

// 0 for inline runs.
int tier_of_run(const Record& run) {
  return run.is_inline() ? 0 : std::max(1, tier_of(run.size, kFlushBytes));
}

bool follows(const Record& next, const Record& run) {
  return next.first_version == run.version + 1;
}

std::optional<std::int64_t> least(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
  return a && b ? std::min(*a, *b) : (a ? a : b);
}
std::optional<std::int64_t> greatest(std::optional<std::int64_t> a, std::optional<std::int64_t> b) {
  return a && b ? std::max(*a, *b) : (a ? a : b);
}

// Consecutive changes of one directory as one row: of each name only the last change counts, and
// removals only while there may be an insertion before this run.
Record merge_directory(std::span<const Record> rows) {
  std::map<std::string, DirectoryOp> last;
  for (const auto& row : rows)
    for (auto& op : decode_directory(row.content, "directory " + row.node_id.to_string()))
      last.insert_or_assign(op.name, std::move(op));
  const bool whole = rows.front().first_version <= 1;
  std::vector<DirectoryOp> ops;
  for (auto& [name, op] : last)
    if (op.insert || !whole) ops.push_back(std::move(op));
  Record merged = rows.back();
  merged.first_version = rows.front().first_version;
  merged.content = encode_directory(ops);
  merged.size = static_cast<std::int64_t>(merged.content.size());
  merged.hash = Sha256::of(merged.content);
  return merged;
}

std::shared_ptr<arrow::Table> rows_of(const OpLog& log, const Record& run) {
  return run.is_inline() ? decode_table(run.content, "series " + run.node_id.to_string())
                         : read_parquet(log.content_path(run.location));
}

// Consecutive runs of one series as one run; nullopt when their columns cannot stand in one table.
std::optional<Record> merge_series(OpLog& log, std::span<const Record> runs) {
  std::vector<std::shared_ptr<arrow::Table>> tables;
  for (const auto& run : runs)
    tables.push_back(rows_of(log, run));
  auto options = arrow::ConcatenateTablesOptions::Defaults();
  options.unify_schemas = true;
  auto concatenated = arrow::ConcatenateTables(tables, options);
  if (concatenated.status().IsTypeError() || concatenated.status().IsInvalid()) return std::nullopt;
  auto table = unwrap(std::move(concatenated), "series " + runs.front().node_id.to_string());
  table = table->ReplaceSchemaMetadata(tables.back()->schema()->metadata());
  table = unwrap(table->CombineChunks(), "series", ErrorCode::Io);

  Record merged = runs.back();
  merged.first_version = runs.front().first_version;
  merged.min_time_us.reset();
  merged.max_time_us.reset();
  merged.rows = 0;
  std::vector<HistoryEntry> history;
  for (const auto& run : runs) {
    merged.rows += run.rows;
    merged.min_time_us = least(merged.min_time_us, run.min_time_us);
    merged.max_time_us = greatest(merged.max_time_us, run.max_time_us);
    for (auto& entry : history_of(run))
      history.push_back(std::move(entry));
  }
  merged.schema = encode_schema(*table->schema());
  merged.history = encode_history(history);
  std::string ipc = encode_table(*table);
  if (static_cast<std::int64_t>(ipc.size()) < kFlushBytes) {
    merged.location = "inline";
    merged.size = static_cast<std::int64_t>(ipc.size());
    merged.hash = Sha256::of(ipc);
    merged.content = std::move(ipc);
    return merged;
  }
  const auto staged = log.staging_path(".parquet");
  OpLog::Content content;
  try {
    write_parquet(*table, staged);
    content = log.adopt_staged(staged, run_extension());
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(staged, ignored);
    throw;
  }
  merged.location = content.location;
  merged.size = content.size;
  merged.hash = content.hash;
  merged.content.clear();
  return merged;
}

// Replaces, from the finest tier up, each stretch of consecutive runs of at most that tier by one
// run where enough of them are of the tier itself: a long run is not rewritten for a few short
// ones.
void merge_runs(OpLog& log, std::vector<Record>& runs) {
  for (int tier = 0; tier < kFinalTier; ++tier) {
    const std::size_t least_count = tier == 0 ? 2 : kFanIn;
    for (std::size_t begin = 0; begin < runs.size(); ++begin) {
      std::size_t end = begin, of_tier = 0;
      while (end < runs.size() && tier_of_run(runs[end]) <= tier &&
             (end == begin || follows(runs[end], runs[end - 1])))
        of_tier += tier_of_run(runs[end++]) == tier ? 1 : 0;
      if (of_tier < least_count) continue;
      if (auto merged = merge_series(log, std::span(runs).subspan(begin, end - begin))) {
        runs[begin] = std::move(*merged);
        runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(begin) + 1,
                   runs.begin() + static_cast<std::ptrdiff_t>(end));
      }
    }
  }
}

// Replaces stretches of consecutive runs by one run each, of about kWholeRun bytes. A long Parquet
// file that was copied in stays as it is.
void merge_all_runs(OpLog& log, std::vector<Record>& runs) {
  for (std::size_t begin = 0; begin < runs.size(); ++begin) {
    const auto ours = [](const Record& run) {
      return run.is_inline() || is_run_content(run.location);
    };
    std::int64_t bytes = 0;
    std::size_t end = begin;
    while (end < runs.size() && ours(runs[end]) && bytes + runs[end].size <= kWholeRun &&
           (end == begin || follows(runs[end], runs[end - 1])))
      bytes += runs[end++].size;
    if (end - begin < 2) continue;
    if (auto merged = merge_series(log, std::span(runs).subspan(begin, end - begin))) {
      runs[begin] = std::move(*merged);
      runs.erase(runs.begin() + static_cast<std::ptrdiff_t>(begin) + 1,
                 runs.begin() + static_cast<std::ptrdiff_t>(end));
    }
  }
}

}  // namespace

std::string run_extension() {
  return "-" + Uuid::v7().to_string() + ".parquet";
}

std::string appended_extension(std::int64_t size) {
  return tier_of(size, kFlushBytes) < kFinalTier ? run_extension() : ".parquet";
}

bool is_run_content(const std::string& location) {
  static const std::size_t length =
      std::string("content/aa/").size() + Sha256::of("").size() + run_extension().size();
  return location.size() == length && location.starts_with("content/");
}

std::vector<const delta::AddFile*> files_due(const std::vector<const delta::AddFile*>& files) {
  if (files.size() < kFanIn) return {};
  std::array<std::size_t, 24> count{};
  for (const auto* file : files)
    ++count[std::min<std::size_t>(static_cast<std::size_t>(tier_of(file->size, kFirstTier)),
                                  count.size() - 1)];
  int due = -1;
  std::size_t carried = 0;  // what merging the tiers below adds to this one
  for (std::size_t tier = 0; tier < count.size(); ++tier) {
    if (count[tier] + carried < kFanIn) {
      if (carried > 0) break;
      continue;
    }
    due = static_cast<int>(tier);
    carried = 1;
  }
  std::vector<const delta::AddFile*> chosen;
  for (const auto* file : files)
    if (tier_of(file->size, kFirstTier) <= due) chosen.push_back(file);
  return chosen;
}

std::int64_t collapse_versions(std::vector<Record>& rows, std::int64_t keep) {
  std::sort(rows.begin(), rows.end(), by_node_and_version);
  std::vector<Record> kept;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bool replaced = i + static_cast<std::size_t>(keep) < rows.size() &&
                          rows[i + static_cast<std::size_t>(keep)].node_id == rows[i].node_id;
    const RowKind kind = rows[i].kind;
    if (replaced && (kind == RowKind::Data || kind == RowKind::Table || kind == RowKind::Dynamic))
      continue;
    kept.push_back(std::move(rows[i]));
  }
  const auto retired = static_cast<std::int64_t>(rows.size() - kept.size());
  rows = std::move(kept);
  return retired;
}

std::vector<Record> fold_records(OpLog& log, std::vector<Record> rows, Effort effort) {
  std::sort(rows.begin(), rows.end(), by_node_and_version);
  std::vector<Record> folded;
  for (std::size_t begin = 0; begin < rows.size();) {
    std::size_t end = begin;
    while (end < rows.size() && rows[end].node_id == rows[begin].node_id)
      ++end;
    std::vector<Record> node(
        std::make_move_iterator(rows.begin() + static_cast<std::ptrdiff_t>(begin)),
        std::make_move_iterator(rows.begin() + static_cast<std::ptrdiff_t>(end)));
    begin = end;
    if (node.front().kind == RowKind::Directory) {
      for (std::size_t from = 0; from < node.size();) {
        std::size_t to = from + 1;
        while (to < node.size() && follows(node[to], node[to - 1]))
          ++to;
        folded.push_back(to - from == 1
                             ? std::move(node[from])
                             : merge_directory(std::span(node).subspan(from, to - from)));
        from = to;
      }
      continue;
    }
    if (node.front().kind == RowKind::Series) {
      // The row of a series made and never written says nothing once there are others.
      if (node.size() > 1 && node.front().version == 0) node.erase(node.begin());
      if (effort == Effort::Whole) {
        merge_all_runs(log, node);
      } else {
        merge_runs(log, node);
      }
    }
    std::move(node.begin(), node.end(), std::back_inserter(folded));
  }
  return folded;
}

}  // namespace pond::oplog

// What automatic housekeeping leaves to a person's decision: compaction, collapse of versions,
// vacuum.
#include <algorithm>
#include <set>

#include "base/file.h"
#include "oplog/commit_info.h"
#include "oplog/fold.h"
#include "oplog/record.h"
#include "oplog/row_files.h"
#include "oplog/state.h"
#include "pond/error.h"
#include "pond/oplog.h"

namespace pond::oplog {
namespace fs = std::filesystem;

CompactReport OpLog::compact(const CompactOptions& compaction, const CommitOptions& options) {
  state_->lock.write();
  CompactReport report;
  // One commit a partition: what was done stays done when a later one is refused.
  std::set<Uuid> parts;
  for (const auto& file : state_->snapshot.files())
    parts.insert(partition_of(file));
  for (const auto& part : parts) {
    if (compaction.progress) compaction.progress(report.partitions, parts.size());
    ++report.partitions;
    compact_partition(part, compaction, options, report);
  }
  state_->lock.done();
  return report;
}

void OpLog::compact_partition(const Uuid& part_id, const CompactOptions& compaction,
                              const CommitOptions& options, CompactReport& report) {
  delta::Table& table = state_->table;
  const auto files = state_->snapshot.files_of_partition(part_id.to_string());
  Folded folded = fold(part_id, files, Effort::Whole, compaction.keep_versions);
  if (files.size() == 1 && folded.rows.size() == folded.rows_before)
    return;  // as compact as it gets

  const auto make = [&](std::int64_t version, const delta::Snapshot& below) {
    CommitDraft draft = draft_of(version, below, options, 0);
    draft.retired = folded.retired;
    std::vector<delta::Action> actions;
    for (const auto* file : files)
      actions.emplace_back(removal(*file, draft.time_ms));
    actions.emplace_back(write_rows(table.store(), part_id, folded.rows, folded.versions > 0));
    table.store().sync_names(paths_of(actions));
    actions.emplace_back(make_commit_info(actions, draft));
    return actions;
  };
  // Rows that others have added meanwhile stay beside the file of this one. (Others that folded the
  // same files make this a conflict: they are gone.)
  auto result =
      table.commit(state_->snapshot, make, [](const delta::CommitEntry&) { return true; });
  advance(std::move(result.snapshot));
  report.files += static_cast<std::int64_t>(files.size()) - 1;
  report.versions += folded.versions;
  ++report.commits;
  keep_house_if_due();
}

VacuumReport OpLog::vacuum(bool dry_run) {
  VacuumReport report;
  if (!state_->lock.sweep())
    throw Error(ErrorCode::Conflict,
                "another process writes to " + state_->directory.string() + " at this moment",
                "try again when it is done");
  advance(state_->table.refresh(state_->snapshot));
  // Files that the log knows, live or not let go of yet, and contents that any of their rows uses.
  std::set<std::string> known;
  const auto use = [&](const std::string& path, const delta::PartitionValues& values) {
    known.insert(path);
    const auto part = values.find("part_id");
    if (part == values.end() || !part->second) return;
    std::string bytes;
    try {
      bytes = state_->table.store().read(path);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::NotFound) return;  // of a tombstone, let go of already
      throw;
    }
    for (const auto& row : decode_records(std::move(bytes), Uuid::parse(*part->second), path, 0))
      if (!row.is_inline()) known.insert(row.location);
  };
  for (const auto& file : state_->snapshot.files())
    use(file.path, file.partition_values);
  for (const auto& tombstone : state_->snapshot.tombstones())
    use(tombstone.path, tombstone.partition_values);

  // What recover has set aside keeps its contents, too.
  std::error_code nothing;
  for (fs::recursive_directory_iterator it(state_->directory / "recovered", nothing), end;
       it != end; it.increment(nothing)) {
    if (nothing) break;
    const std::string part = it->path().parent_path().filename().string();
    if (!part.starts_with("part_id=") || !it->is_regular_file()) continue;
    use(it->path().lexically_relative(state_->directory).generic_string(),
        {{"part_id", part.substr(part.find('=') + 1)}});
  }

  const auto sweep = [&](const fs::path& directory) {
    std::error_code none;
    for (fs::recursive_directory_iterator it(directory, none), end; it != end; it.increment(none)) {
      if (none) break;
      if (!it->is_regular_file(none)) continue;
      const std::string key = it->path().lexically_relative(state_->directory).generic_string();
      if (known.contains(key)) continue;
      const bool temporary = it->path().filename().string().starts_with(".tmp-");
      const bool of_the_log = key.starts_with("_delta_log/") || key.starts_with("history/");
      if (of_the_log && !temporary) continue;
      report.bytes += static_cast<std::int64_t>(it->file_size(none));
      report.removed.push_back(key);
    }
  };
  for (const auto& item : fs::directory_iterator(state_->directory)) {
    const std::string name = item.path().filename().string();
    if (name == "content" || name == "_delta_log" || name == "history" ||
        name.starts_with("part_id="))
      sweep(item.path());
  }
  std::sort(report.removed.begin(), report.removed.end());
  if (!dry_run) {
    for (const auto& key : report.removed)
      state_->table.store().remove(key);
  }
  state_->lock.done();
  return report;
}

}  // namespace pond::oplog

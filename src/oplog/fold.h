// Folding: the amortised work inside commits that keeps the number of files and rows flat. Small
// oplog files of a partition become one; a directory's changes become one row; a series' small runs
// become one run, and once large enough a Parquet content file (a *flush*).
#pragma once

#include <vector>

#include "pond/oplog.h"

namespace pond::oplog {

// Ends the name of a run's content file, after the hash: a name that no other row can have, so that
// the file can go as soon as its run is part of a longer one.
std::string run_extension();
// The same for rows of `size` bytes that are appended to a series: short runs will be part of
// longer ones, and long ones, which stay, share one file where their bytes are the same.
std::string appended_extension(std::int64_t size);
bool is_run_content(const std::string& location);

// The files of one partition that should become one now; empty when there is nothing to do. Sizes
// are sorted into tiers, each eight times the one before, and a tier that holds eight files is due:
// so a row is rewritten a number of times that grows with the logarithm of the partition's size.
std::vector<const delta::AddFile*> files_due(const std::vector<const delta::AddFile*>& files);

// How far to go: what a commit can afford, or what somebody waits for.
enum class Effort : std::uint8_t { Amortised, Whole };

// The rows of such files, merged where they may be. All contents must be loaded. May write content
// files.
std::vector<Record> fold_records(OpLog& log, std::vector<Record> rows,
                                 Effort effort = Effort::Amortised);

// Leaves of each table, file of bytes and configuration the last `keep` rows; how many went.
std::int64_t collapse_versions(std::vector<Record>& rows, std::int64_t keep);

}  // namespace pond::oplog

// The commitInfo of a pond's commits: who, why, and the chain over them. docs/storage-format.md
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pond/oplog.h"

namespace pond::oplog {

struct CommitDraft {
  std::int64_t version = 0;
  std::int64_t time_ms = 0;   // of the commit: commit_time_ms()
  std::string previous_info;  // the commitInfo of the version before; empty for version 0
  Uuid pond_id;
  CommitOptions options;
  std::size_t records = 0;
  std::vector<std::string> retired;  // content files that a fold has replaced
};

// To be the last of the actions.
delta::CommitInfo make_commit_info(const std::vector<delta::Action>& actions,
                                   const CommitDraft& draft);

// A time for the commit after the one with this commitInfo: now, and later than that one even if
// the clock was set back, so that the order of times is the order of commits.
std::int64_t next_time_ms(const std::string& previous_info);

// The chain's link for a commit: SHA-256 over the link before it, a line break, and the text of its
// log entry with the link itself left empty. So every byte of an entry counts, and its place in the
// order.
std::string chain_link(const std::string& previous_chain, std::string entry,
                       const std::string& chain);

// What a commitInfo says; its fields are empty where it says nothing.
struct CommitFacts {
  CommitSummary summary;
  std::vector<std::string> retired;
};
CommitFacts read_commit_info(std::int64_t version, std::int64_t entry_time_ms,
                             const std::string& json);

// The commitInfo among an entry's actions, or empty.
std::string commit_info_of(const std::vector<delta::Action>& actions);

}  // namespace pond::oplog

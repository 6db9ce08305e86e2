#include "oplog/chain.h"

#include <algorithm>

#include "delta/actions_json.h"
#include "delta/log_names.h"
#include "oplog/commit_info.h"
#include "oplog/history.h"
#include "pond/error.h"

namespace pond::oplog {
namespace {

class Follower {
 public:
  explicit Follower(std::vector<Damage>& damages) : damages_(damages) {}

  // What follows cannot be held against what came before.
  void lose() { known_ = false; }

  void missing(std::int64_t first, std::int64_t last) {
    const std::string which = first == last ? "transaction " + std::to_string(first) + " is"
                                            : "transactions " + std::to_string(first) + " to " +
                                                  std::to_string(last) + " are";
    damages_.push_back({delta::entry_key(first), which + " missing from the log"});
    known_ = false;
  }

  void follow(std::int64_t version, const std::string& text, const std::string& where) {
    std::vector<delta::Action> actions;
    try {
      actions = delta::from_json_lines(text, where);
    } catch (const Error& error) {
      damages_.push_back({where, error.what()});
      known_ = false;
      return;
    }
    const CommitFacts facts = read_commit_info(version, 0, commit_info_of(actions));
    const bool first = version == 0;
    if (known_ || first) {
      if (chain_link(first ? "" : chain_, text, facts.summary.chain) != facts.summary.chain)
        damages_.push_back({where, "transaction " + std::to_string(version) +
                                       " was altered: its link of the chain does not fit"});
    }
    chain_ = facts.summary.chain;
    known_ = true;
  }

 private:
  std::vector<Damage>& damages_;
  bool known_ = false;
  std::string chain_;
};

}  // namespace

std::vector<Damage> check_chain(const OpLog& log, bool whole, std::int64_t& commits) {
  std::vector<Damage> damages;
  Follower follower(damages);
  ObjectStore* const store = &log.store();
  const delta::LogListing listing = delta::list_log(*store);
  std::int64_t next = listing.entries.empty() ? log.txn() + 1 : listing.entries.front();
  if (whole) {
    const History history(*store);
    std::int64_t expected = 0;
    for (const auto& file : history.files()) {
      EntryTexts entries;
      try {
        entries = history.read(file);
      } catch (const Error& error) {
        damages.push_back({file.key, error.what()});
        expected = file.last + 1;
        follower.lose();
        continue;
      }
      for (const auto& [version, text] : entries) {
        if (version < expected) continue;  // also in the file before
        if (version > expected) follower.missing(expected, version - 1);
        follower.follow(version, text, file.key);
        ++commits;
        expected = version + 1;
      }
    }
    // Of a partial pond, entries between are where the rest of it is.
    if (!log.is_partial() && expected < next) follower.missing(expected, next - 1);
    next = log.is_partial() ? expected : std::max(next, expected);
  }
  // Entries beyond the transaction in use: one between was taken out, and opening stopped there.
  const std::int64_t last = std::max(log.txn(), listing.latest());
  for (; next <= last; ++next) {
    const std::string key = delta::entry_key(next);
    std::string text;
    try {
      text = store->read(key);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::NotFound) throw;
      follower.missing(next, next);
      continue;
    }
    follower.follow(next, text, key);
    ++commits;
  }
  return damages;
}

}  // namespace pond::oplog

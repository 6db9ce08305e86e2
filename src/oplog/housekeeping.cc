// What keeps a pond small however long it runs: checkpoints, and letting go of the past.
#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "delta/actions_json.h"
#include "delta/log_names.h"
#include "oplog/commit_info.h"
#include "oplog/state.h"
#include "pond/error.h"
#include "pond/oplog.h"
#include "pond/time.h"

namespace pond::oplog {
namespace {

constexpr std::int64_t kCheckpointInterval = 10;

// So many entries are let go of together at least: a file of the history for fewer would not be
// worth its sync.
constexpr std::int64_t kBatch = 50;
constexpr std::int64_t kWeekMs = std::int64_t{7} * 86'400'000;

struct Setting {
  std::string_view name;
  std::int64_t Retention::*value;
};
constexpr std::array<Setting, 3> kSettings = {{{"keep_commits", &Retention::keep_commits},
                                               {"keep_minutes", &Retention::keep_minutes},
                                               {"most_commits", &Retention::most_commits}}};

}  // namespace

Retention Retention::of(const delta::Metadata& metadata) {
  Retention retention;
  for (const auto& [key, text] : metadata.configuration) {
    if (!key.starts_with(kMaintenancePrefix)) continue;
    const std::string name = key.substr(kMaintenancePrefix.size());
    const auto setting = std::find_if(kSettings.begin(), kSettings.end(),
                                      [&](const Setting& s) { return s.name == name; });
    if (setting == kSettings.end()) {
      std::vector<std::string> names;
      for (const Setting& s : kSettings)
        names.emplace_back(s.name);
      const std::string near = nearest(name, names);
      throw Error(ErrorCode::InvalidArgument, "no setting maintenance." + name,
                  near.empty()
                      ? "there are maintenance.keep_commits, .keep_minutes and .most_commits"
                      : "did you mean maintenance." + near + "?");
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0)
      throw Error(ErrorCode::InvalidArgument,
                  "maintenance." + name + " is a number, 0 or more: not '" + text + "'");
    retention.*(setting->value) = value;
  }
  // Another program has promised its readers more.
  for (const char* property :
       {"delta.logRetentionDuration", "delta.deletedFileRetentionDuration"}) {
    if (!metadata.configuration.contains(property)) continue;
    const std::int64_t promised = delta::retention_ms(metadata, property).value_or(kWeekMs);
    retention.keep_minutes = std::max(retention.keep_minutes, promised / 60'000 + 1);
    retention.most_commits = std::numeric_limits<std::int64_t>::max();
  }
  return retention;
}

// The version from which on everything stays; one with a checkpoint, so that it can be read without
// what was before. nullopt when there is not enough to let go of.
std::optional<std::int64_t> OpLog::horizon(const Retention& retention) const {
  const delta::Table& table = state_->table;
  const std::int64_t newest = txn();
  const std::int64_t oldest = table.oldest_entry();
  if (newest - oldest < retention.keep_commits + std::min(kBatch, retention.keep_commits))
    return {};
  const auto checkpoints = table.checkpoints();
  const std::int64_t old_enough_ms = now_us() / 1000 - retention.keep_minutes * 60'000;
  std::int64_t limit = newest - retention.keep_commits;
  for (auto it = checkpoints.rbegin(); it != checkpoints.rend() && *it > oldest; ++it) {
    if (*it > limit) continue;
    const bool old_enough =
        newest - *it >= retention.most_commits || table.entry_time_ms(*it) <= old_enough_ms;
    if (!old_enough) continue;
    const auto reading = state_->lock.oldest_below(*it);
    if (!reading) return *it;
    limit = *reading;
  }
  return {};
}

void OpLog::keep_house_if_due() {
  if (state_->snapshot.commits_since_checkpoint() >= kCheckpointInterval)
    keep_house(Retention::of(state_->snapshot.metadata()));
}

void OpLog::keep_house(const Retention& retention) {
  // What is being written here is no garbage to another process's vacuum.
  state_->lock.write();
  struct Done {
    PondLock& lock;
    ~Done() { lock.done(); }
  } const done{state_->lock};
  delta::Table& table = state_->table;
  ObjectStore& store = table.store();
  const auto from = horizon(retention);
  if (!from) {
    table.checkpoint(state_->snapshot);
    return;
  }
  state_->snapshot = table.remove_expired_files(state_->snapshot, table.entry_time_ms(*from));
  table.checkpoint(state_->snapshot);
  EntryTexts expired;
  std::vector<std::string> retired;
  for (std::int64_t version = table.oldest_entry(); version < *from; ++version) {
    const std::string key = delta::entry_key(version);
    std::string text;
    try {
      text = store.read(key);
    } catch (const Error& error) {  // another writer keeps house at the same time
      if (error.code() != ErrorCode::NotFound) throw;
      continue;
    }
    const auto facts =
        read_commit_info(version, 0, commit_info_of(delta::from_json_lines(text, key)));
    retired.insert(retired.end(), facts.retired.begin(), facts.retired.end());
    expired.emplace(version, std::move(text));
  }
  History(store).add(expired);
  for (const auto& location : retired)
    store.remove(location);
  table.remove_expired_entries(*from);
}

}  // namespace pond::oplog

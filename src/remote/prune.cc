// Letting go of old states of a backup.
#include <algorithm>
#include <chrono>
#include <set>

#include "delta/checkpoint.h"
#include "delta/log.h"
#include "delta/log_names.h"
#include "oplog/history.h"
#include "oplog/record.h"
#include "oplog/row_files.h"
#include "pond/error.h"
#include "pond/remote.h"

namespace pond::remote {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

struct State {
  std::int64_t version;
  std::int64_t time_ms;
};

std::int64_t month_of(std::int64_t time_ms) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time(std::chrono::milliseconds(time_ms)))};
  return static_cast<int>(date.year()) * 12 + static_cast<unsigned>(date.month());
}

// The newest state of each of the newest `count` periods.
template <typename PeriodOf>
void choose(const std::vector<State>& states, std::int64_t count, PeriodOf period_of,
            std::set<std::int64_t>& chosen) {
  std::set<std::int64_t> periods;
  for (auto state = states.rbegin(); state != states.rend(); ++state) {
    const std::int64_t period = period_of(state->time_ms);
    if (periods.contains(period)) continue;
    if (count >= 0 && periods.size() >= static_cast<std::size_t>(count)) return;
    periods.insert(period);
    chosen.insert(state->version);
  }
}

}  // namespace

std::uint64_t prune(ObjectStore& store, const Keep& keep) {
  // The store is not ours to own here.
  const std::shared_ptr<ObjectStore> shared(&store, [](ObjectStore*) {});
  const auto table = delta::Table::open(shared);
  const auto newest = table.snapshot();
  const auto listing = delta::list_log(store);
  std::set<std::string> there;
  for (const auto& object : store.list_all("part_id="))
    there.insert(object.key);
  for (const auto& object : store.list_all("content/"))
    there.insert(object.key);

  // A version is a state that was pushed when all its files are there.
  std::vector<State> states;
  const auto oldest = listing.oldest_readable();
  std::map<std::int64_t, delta::Snapshot> snapshots;
  std::set<std::int64_t> candidates;
  for (const auto& checkpoint : listing.checkpoints)
    candidates.insert(checkpoint.version);
  if (oldest)
    for (std::int64_t version = *oldest; version < newest.version(); ++version)
      candidates.insert(version);
  for (const std::int64_t version : candidates) {
    if (!store.head(delta::entry_key(version))) continue;
    std::optional<delta::Snapshot> snapshot;
    try {
      snapshot = table.snapshot_at(version);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::NotFound && error.code() != ErrorCode::Corrupt) throw;
      continue;
    }
    const auto& files = snapshot->files();
    if (!std::all_of(files.begin(), files.end(),
                     [&](const delta::AddFile& file) { return there.contains(file.path); }))
      continue;
    states.push_back({version, table.entry_time_ms(version)});
    snapshots.emplace(version, *snapshot);
  }
  std::set<std::int64_t> chosen{newest.version()};
  snapshots.insert_or_assign(newest.version(), newest);
  choose(
      states, keep.daily, [](std::int64_t ms) { return ms / kDayMs; }, chosen);
  // 1970-01-01 was a Thursday.
  choose(
      states, keep.weekly, [](std::int64_t ms) { return (ms / kDayMs + 3) / 7; }, chosen);
  choose(states, keep.monthly, month_of, chosen);

  // Each kept state by itself, before anything goes.
  const auto has_checkpoint = [&](std::int64_t version) {
    return std::any_of(listing.checkpoints.begin(), listing.checkpoints.end(),
                       [&](const auto& checkpoint) { return checkpoint.version == version; });
  };
  std::set<std::string> used;
  for (const std::int64_t version : chosen) {
    const auto& snapshot = snapshots.at(version);
    if (!has_checkpoint(version)) delta::Table::put_checkpoint(store, snapshot);
    for (const auto& file : snapshot.files()) {
      used.insert(file.path);
      for (const auto& row :
           oplog::read_records(store, oplog::partition_of(file), file.path, file.size))
        if (!row.is_inline()) used.insert(row.location);
    }
  }
  std::int64_t history_end = 0;
  for (const auto& file : oplog::History(store).files())
    history_end = std::max(history_end, file.last + 1);
  std::uint64_t removed = 0;
  const auto remove = [&](const std::string& key) {
    store.remove(key);
    ++removed;
  };
  // Entries before the newest state, which has a checkpoint now, as far as the history tells them.
  for (const std::int64_t version : listing.entries)
    if (version < std::min(history_end, newest.version()) && !chosen.contains(version))
      remove(delta::entry_key(version));
  for (const auto& checkpoint : listing.checkpoints)
    if (!chosen.contains(checkpoint.version))
      for (const auto& key : checkpoint.keys)
        remove(key);
  for (const auto& key : there)
    if (!used.contains(key)) remove(key);
  return removed;
}

}  // namespace pond::remote

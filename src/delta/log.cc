#include "delta/log.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "delta/actions_json.h"
#include "delta/checkpoint.h"
#include "delta/features.h"
#include "pond/error.h"
#include "pond/time.h"

namespace pond::delta {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kAnyVersion = std::numeric_limits<std::int64_t>::max();

// After so many entries without a checkpoint it pays to list the log and look for one.
constexpr int kEntriesBeforeListing = 64;

std::optional<std::string> read_if_there(const ObjectStore& store, const std::string& key) {
  try {
    return store.read(key);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::NotFound) throw;
    return std::nullopt;
  }
}

std::string versions(std::int64_t first, std::int64_t last) {
  return first == last
             ? "version " + std::to_string(first) + " is"
             : "versions " + std::to_string(first) + " to " + std::to_string(last) + " are";
}

// Which entries have times that the protocol keeps in order (PROTOCOL.md#in-commit-timestamps).
class CommitTimes {
 public:
  explicit CommitTimes(const Metadata& metadata) {
    if (!has_in_commit_timestamps(metadata)) return;
    first_version_ = number(metadata, "delta.inCommitTimestampEnablementVersion", 0);
    first_time_ms_ = number(metadata, "delta.inCommitTimestampEnablementTimestamp",
                            std::numeric_limits<std::int64_t>::min());
  }
  bool are_in_commit(std::int64_t version) const { return version >= first_version_; }
  bool are_in_commit_at(std::int64_t time_ms) const {
    return first_version_ != kAnyVersion && time_ms >= first_time_ms_;
  }

 private:
  static std::int64_t number(const Metadata& metadata, const char* key, std::int64_t otherwise) {
    const auto it = metadata.configuration.find(key);
    if (it == metadata.configuration.end()) return otherwise;
    std::int64_t value = otherwise;
    std::from_chars(it->second.data(), it->second.data() + it->second.size(), value);
    return value;
  }

  std::int64_t first_version_ = kAnyVersion;
  std::int64_t first_time_ms_ = kAnyVersion;
};

}  // namespace

std::optional<CommitEntry> Log::entry(std::int64_t version) const {
  const std::string key = entry_key(version);
  const auto text = read_if_there(store_, key);
  if (!text) return std::nullopt;
  CommitEntry entry;
  entry.version = version;
  entry.actions = from_json_lines(*text, file(key));
  if (const auto time = commit_time_ms(entry.actions)) {
    entry.time_ms = *time;
  } else if (const auto info = store_.head(key)) {
    entry.time_ms = info->modified_us / 1000;
  }
  return entry;
}

std::optional<CheckpointFiles> Log::last_checkpoint() const {
  const auto text = read_if_there(store_, std::string(kLastCheckpointKey));
  if (!text) return std::nullopt;
  // PROTOCOL.md#last-checkpoint-file is only a hint: a damaged one is as good as none.
  const Json json = Json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("version")) return std::nullopt;
  const Json& version = json["version"];
  const Json parts = json.value("parts", Json(1));
  if (!version.is_number_integer() || version.get<std::int64_t>() < 0 ||
      version.get<std::int64_t>() == kAnyVersion)
    return std::nullopt;
  // Spark tells the name of a UUID-named checkpoint here; without it, a listing finds it.
  if (const auto v2 = json.find("v2Checkpoint"); v2 != json.end() && v2->is_object()) {
    const Json path = v2->value("path", Json());
    if (!path.is_string()) return std::nullopt;
    const auto name = path.get<std::string>();
    const std::string key = std::string(kLogPrefix) + name.substr(name.rfind('/') + 1);
    return CheckpointFiles{version.get<std::int64_t>(), {key}};
  }
  const std::int64_t count = parts.is_number_integer() ? parts.get<std::int64_t>() : 1;
  if (count < 1 || count > 100'000) return std::nullopt;
  return CheckpointFiles{version.get<std::int64_t>(), checkpoint_keys(version, count)};
}

StatePtr Log::finish(Replay& replay) const {
  StatePtr state = replay.finish(store_.describe());
  check_readable(*state->protocol, *state->metadata, store_.describe());
  return state;
}

StatePtr Log::read_checkpoint(const CheckpointFiles& files) const {
  Replay replay;
  const auto take = [&](std::vector<Action> actions) {
    replay.apply_checkpoint(files.version, std::move(actions));
  };
  for (const auto& key : files.keys) {
    for (const auto& sidecar : delta::read_checkpoint(store_.read(key), file(key), take)) {
      const std::string sidecar_file = sidecar_key(sidecar);
      delta::read_checkpoint(store_.read(sidecar_file), file(sidecar_file), take);
    }
  }
  return finish(replay);
}

bool Log::apply_compacted(const LogListing& listing, std::int64_t last, Replay& replay) const {
  const auto compacted = listing.compaction_after(replay.version(), last);
  if (!compacted) return false;
  const std::string key = compacted_key(*compacted);
  std::vector<Action> actions;
  try {
    actions = from_json_lines(store_.read(key), file(key));
  } catch (const Error& error) {
    // The entries say the same; where they are gone, the reader of the next one complains.
    if (error.code() != ErrorCode::Corrupt && error.code() != ErrorCode::NotFound) throw;
    return false;
  }
  replay.apply({compacted->last, 0, std::move(actions)});
  return true;
}

void Log::add_commit_info(Replay& replay) const {
  const auto own = entry(replay.version());
  for (const auto& action : own ? own->actions : std::vector<Action>()) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) replay.set_commit_info(info->json);
  }
}

StatePtr Log::newest_checkpoint(const LogListing& listing, std::int64_t version) const {
  std::optional<Error> first_error;
  for (auto it = listing.checkpoints.rbegin(); it != listing.checkpoints.rend(); ++it) {
    if (it->version > version) continue;
    try {
      return read_checkpoint(*it);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Corrupt && error.code() != ErrorCode::NotFound) throw;
      if (!first_error) first_error = error;
    }
  }
  const bool has_entry_0 = !listing.entries.empty() && listing.entries.front() == 0;
  if (first_error && !has_entry_0) throw *first_error;
  return nullptr;
}

StatePtr Log::latest() const {
  if (const auto last = last_checkpoint()) {
    StatePtr state;
    try {
      state = read_checkpoint(*last);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::Corrupt && error.code() != ErrorCode::NotFound) throw;
      state = newest_checkpoint(list_log(store_), kAnyVersion);
    }
    if (state) return without_gap(advance(std::move(state)));
  }
  return without_gap(advance(std::make_shared<Snapshot::State>()));
}

// An entry lost from the middle would make those after it, which were acknowledged, disappear, and
// the next commit take its place.
StatePtr Log::without_gap(StatePtr state) const {
  const auto entry_is_lost = [&] {
    const LogListing listing = list_log(store_);
    return !listing.entries.empty() && listing.entries.back() > state->version &&
           !store_.head(entry_key(state->version + 1));
  };
  if (!entry_is_lost()) return state;
  // Another process may have gone on, and its entries expired, since `state` was read.
  const std::int64_t before = state->version;
  state = advance(std::move(state));
  if (state->version != before || !entry_is_lost()) return state;
  // Or a checkpoint stands for what is not there.
  StatePtr checkpoint = newest_checkpoint(list_log(store_), kAnyVersion);
  if (!checkpoint || checkpoint->version <= before) throw_missing(before + 1);
  return advance(std::move(checkpoint));
}

StatePtr Log::advance(StatePtr base) const {
  Replay replay(base);
  int applied = 0;
  while (auto next = entry(replay.version() + 1)) {
    replay.apply(std::move(*next));
    if (++applied != kEntriesBeforeListing) continue;
    const LogListing listing = list_log(store_);
    StatePtr checkpoint = newest_checkpoint(listing, kAnyVersion);
    if (checkpoint && checkpoint->version > replay.version()) return advance(std::move(checkpoint));
    bool compacted = false;
    while (apply_compacted(listing, listing.latest(), replay))
      compacted = true;
    if (compacted) add_commit_info(replay);
  }
  if (applied > 0) return finish(replay);

  // Nothing follows `base`. When its own entry is there, it is the latest: expired entries go
  // oldest first.
  if (base->version >= 0) {
    if (!base->commit_info.empty()) {
      if (store_.head(entry_key(base->version))) return base;
    } else if (const auto own = entry(base->version)) {
      for (const auto& action : own->actions) {
        if (const auto* info = std::get_if<CommitInfo>(&action)) {
          replay.set_commit_info(info->json);
          return finish(replay);
        }
      }
      return base;
    }
  }
  const LogListing listing = list_log(store_);
  if (listing.empty() && base->version < 0) {
    throw Error(ErrorCode::NotFound, "no Delta table in " + store_.describe(),
                "its log would be " + file(std::string(kLogPrefix)));
  }
  StatePtr checkpoint = newest_checkpoint(listing, kAnyVersion);
  if (checkpoint && checkpoint->version > base->version) return advance(std::move(checkpoint));
  if (base->version >= 0 && listing.latest() <= base->version) return base;
  if (apply_compacted(listing, listing.latest(), replay)) {
    while (apply_compacted(listing, listing.latest(), replay)) {
    }
    add_commit_info(replay);
    return advance(finish(replay));
  }
  throw_missing(base->version + 1);
}

void Log::throw_missing(std::int64_t version) const {
  const std::int64_t last = list_log(store_).latest();
  throw Error(ErrorCode::Corrupt, file(entry_key(version)) + " is missing, although " +
                                      versions(last, last) + " there and no checkpoint covers it");
}

StatePtr Log::replay(StatePtr base, std::int64_t last, const LogListing& listing) const {
  Replay replay(base);
  bool has_commit_info = false;
  while (replay.version() < last) {
    has_commit_info = !apply_compacted(listing, last, replay);
    if (!has_commit_info) continue;
    auto next = entry(replay.version() + 1);
    if (!next)
      throw Error(ErrorCode::NotFound, file(entry_key(replay.version() + 1)) + " is missing");
    replay.apply(std::move(*next));
  }
  if (!has_commit_info) add_commit_info(replay);
  return finish(replay);
}

StatePtr Log::at(std::int64_t version) const {
  const LogListing listing = list_log(store_);
  const auto oldest = listing.oldest_readable();
  if (!oldest || version < *oldest || version > listing.latest()) {
    throw Error(ErrorCode::NotFound,
                "version " + std::to_string(version) + " of " + store_.describe() +
                    " is not there" +
                    (oldest ? ": " + versions(*oldest, listing.latest()) : std::string()));
  }
  StatePtr base = newest_checkpoint(listing, version);
  if (!base) base = std::make_shared<Snapshot::State>();
  return replay(std::move(base), version, listing);
}

std::int64_t Log::time_of_entry(std::int64_t version) const {
  const std::string key = entry_key(version);
  const std::string text = store_.read(key);
  // The commitInfo is normally the first line: spare the others.
  const std::string_view first = std::string_view(text).substr(0, text.find('\n'));
  if (const auto time = commit_time_ms(from_json_lines(first, file(key)))) return *time;
  if (const auto time = commit_time_ms(from_json_lines(text, file(key)))) return *time;
  const auto info = store_.head(key);
  return info ? info->modified_us / 1000 : 0;
}

std::int64_t Log::version_at(std::int64_t time_ms) const {
  const LogListing listing = list_log(store_);
  const auto oldest = listing.oldest_readable();
  const CommitTimes times(*latest()->metadata);
  std::optional<std::int64_t> found;
  std::optional<std::int64_t> begin;
  std::int64_t previous = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t version : listing.entries) {
    if (!oldest || version < *oldest) continue;
    // PROTOCOL.md#recommendations-for-readers-of-tables-with-in-commit-timestamps: of the two kinds
    // of time, the one in use at `time_ms` is compared. Those kept in commits are in order; where a
    // clock set back has put others out of order, they count as one millisecond after the one
    // before.
    const bool in_commit = times.are_in_commit(version);
    if (!in_commit && times.are_in_commit_at(time_ms)) continue;
    std::int64_t time = time_of_entry(version);
    if (!in_commit) time = std::max(time, previous + 1);
    if (!begin) begin = time;
    if (time > time_ms || (in_commit && !times.are_in_commit_at(time_ms))) break;
    previous = time;
    found = version;
  }
  if (found) return *found;
  std::string message = "no version of " + store_.describe() + " at " + format_time(time_ms * 1000);
  if (begin) message += ": the first one still there is of " + format_time(*begin * 1000);
  throw Error(ErrorCode::NotFound, message);
}

}  // namespace pond::delta

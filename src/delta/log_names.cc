#include "delta/log_names.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <limits>
#include <map>

namespace pond::delta {
namespace {

std::string zero_padded(std::int64_t number, int width) {
  char text[32];
  std::snprintf(text, sizeof text, "%0*lld", width, static_cast<long long>(number));
  return text;
}

// Exactly `width` digits taken from the front of `name`.
std::optional<std::int64_t> take_number(std::string_view& name, std::size_t width) {
  if (name.size() < width) return std::nullopt;
  const std::string_view digits = name.substr(0, width);
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; }))
    return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + width, number);
  if (error != std::errc() || end != digits.data() + width) return std::nullopt;
  name.remove_prefix(width);
  return number;
}

bool take(std::string_view& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return false;
  name.remove_prefix(prefix.size());
  return true;
}

// What follows "<version>.checkpoint." in the name of a UUID-named checkpoint: a UUID, and what the
// file is (PROTOCOL.md#uuid-named-checkpoint).
bool is_uuid_name(std::string_view name) {
  static constexpr std::size_t kUuid = 36;
  if (name.size() <= kUuid) return false;
  for (std::size_t i = 0; i < kUuid; ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? name[i] != '-' : std::isxdigit(static_cast<unsigned char>(name[i])) == 0)
      return false;
  }
  return name.substr(kUuid) == ".json" || name.substr(kUuid) == ".parquet";
}

}  // namespace

std::string entry_key(std::int64_t version) {
  return std::string(kLogPrefix) + zero_padded(version, 20) + ".json";
}

std::string checkpoint_key(std::int64_t version) {
  return std::string(kLogPrefix) + zero_padded(version, 20) + ".checkpoint.parquet";
}

std::vector<std::string> checkpoint_keys(std::int64_t version, std::int64_t parts) {
  if (parts <= 1) return {checkpoint_key(version)};
  std::vector<std::string> keys;
  for (std::int64_t part = 1; part <= parts; ++part) {
    keys.push_back(std::string(kLogPrefix) + zero_padded(version, 20) + ".checkpoint." +
                   zero_padded(part, 10) + "." + zero_padded(parts, 10) + ".parquet");
  }
  return keys;
}

std::string sidecar_key(std::string_view path) {
  return std::string(kLogPrefix) + "_sidecars/" + std::string(path.substr(path.rfind('/') + 1));
}

std::string compacted_key(const CompactedEntries& compacted) {
  return std::string(kLogPrefix) + zero_padded(compacted.first, 20) + "." +
         zero_padded(compacted.last, 20) + ".compacted.json";
}

std::int64_t LogListing::latest() const {
  std::int64_t version = -1;
  if (!entries.empty()) version = entries.back();
  if (!checkpoints.empty()) version = std::max(version, checkpoints.back().version);
  return version;
}

std::optional<std::int64_t> LogListing::oldest_readable() const {
  // Walk back from the latest version as far as the entries have no hole; what lies in that stretch
  // can be reached from its first entry when that is entry 0, otherwise from the first checkpoint
  // in it.
  std::int64_t first = latest() + 1;  // entries first … latest are all there
  const auto is_there = [&](std::int64_t version) {
    return std::binary_search(entries.begin(), entries.end(), version) ||
           std::any_of(compacted.begin(), compacted.end(), [&](const CompactedEntries& c) {
             return c.first <= version && version <= c.last;
           });
  };
  while (first > 0 && is_there(first - 1))
    --first;
  if (first == 0 && latest() >= 0) return 0;
  for (const auto& checkpoint : checkpoints) {
    if (checkpoint.version >= first - 1) return checkpoint.version;
  }
  return std::nullopt;
}

std::optional<CompactedEntries> LogListing::compaction_after(std::int64_t version,
                                                             std::int64_t last) const {
  std::optional<CompactedEntries> best;
  for (const auto& candidate : compacted) {
    // One that begins earlier says again what the state holds already, which changes nothing.
    if (candidate.first > version + 1 || candidate.last <= version || candidate.last > last)
      continue;
    if (!best || candidate.last > best->last) best = candidate;
  }
  return best;
}

LogListing list_log(const ObjectStore& store) {
  LogListing listing;
  // By version, then by number of parts: how many of the parts were seen.
  std::map<std::int64_t, std::map<std::int64_t, std::int64_t>> seen;
  std::vector<CheckpointFiles> uuid_named;
  for (const auto& object : store.list(std::string(kLogPrefix))) {
    std::string_view name = std::string_view(object.key).substr(kLogPrefix.size());
    const auto version = take_number(name, 20);
    if (!version || *version == std::numeric_limits<std::int64_t>::max()) continue;
    if (name == ".json") {
      listing.entries.push_back(*version);
    } else if (std::string_view range = name;
               take(range, ".") && range.ends_with(".compacted.json")) {
      const auto last = take_number(range, 20);
      if (last && *last > *version && range == ".compacted.json")
        listing.compacted.push_back({*version, *last});
    } else if (name == ".checkpoint.parquet") {
      seen[*version][1] = 1;
    } else if (take(name, ".checkpoint.")) {
      std::string_view rest = name;
      const auto part = take_number(rest, 10);
      if (part && take(rest, ".")) {
        const auto parts = take_number(rest, 10);
        if (parts && *parts > 1 && *part >= 1 && *part <= *parts && rest == ".parquet")
          ++seen[*version][*parts];
      } else if (is_uuid_name(name)) {
        uuid_named.push_back({*version, {object.key}});
      }
    }
  }
  std::sort(listing.entries.begin(), listing.entries.end());
  std::sort(listing.compacted.begin(), listing.compacted.end());
  for (const auto& [version, by_parts] : seen) {
    for (const auto& [parts, count] : by_parts) {
      if (count != parts) continue;  // PROTOCOL.md#checkpoints: ignore those with missing parts
      listing.checkpoints.push_back({version, checkpoint_keys(version, parts)});
      break;
    }
  }
  listing.checkpoints.insert(listing.checkpoints.end(), uuid_named.begin(), uuid_named.end());
  std::stable_sort(
      listing.checkpoints.begin(), listing.checkpoints.end(),
      [](const CheckpointFiles& a, const CheckpointFiles& b) { return a.version < b.version; });
  return listing;
}

}  // namespace pond::delta

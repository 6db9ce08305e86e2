#include "delta/log_names.h"

#include <algorithm>
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
  for (auto it = entries.rbegin(); it != entries.rend() && *it == first - 1; ++it)
    --first;
  if (first == 0 && latest() >= 0) return 0;
  for (const auto& checkpoint : checkpoints) {
    if (checkpoint.version >= first - 1) return checkpoint.version;
  }
  return std::nullopt;
}

LogListing list_log(const ObjectStore& store) {
  LogListing listing;
  // By version, then by number of parts: how many of the parts were seen.
  std::map<std::int64_t, std::map<std::int64_t, std::int64_t>> seen;
  for (const auto& object : store.list(std::string(kLogPrefix))) {
    std::string_view name = std::string_view(object.key).substr(kLogPrefix.size());
    const auto version = take_number(name, 20);
    if (!version || *version == std::numeric_limits<std::int64_t>::max()) continue;
    if (name == ".json") {
      listing.entries.push_back(*version);
    } else if (name == ".checkpoint.parquet") {
      seen[*version][1] = 1;
    } else if (take(name, ".checkpoint.")) {
      std::string_view rest = name;
      const auto part = take_number(rest, 10);
      if (part && take(rest, ".")) {
        const auto parts = take_number(rest, 10);
        if (parts && *parts > 1 && *part >= 1 && *part <= *parts && rest == ".parquet")
          ++seen[*version][*parts];
      } else {
        listing.has_v2_checkpoint = true;
      }
    }
  }
  std::sort(listing.entries.begin(), listing.entries.end());
  for (const auto& [version, by_parts] : seen) {
    for (const auto& [parts, count] : by_parts) {
      if (count != parts) continue;  // PROTOCOL.md#checkpoints: ignore those with missing parts
      listing.checkpoints.push_back({version, checkpoint_keys(version, parts)});
      break;
    }
  }
  return listing;
}

}  // namespace pond::delta

#include "oplog/history.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/arrow_result.h"
#include "oplog/inner.h"
#include "pond/error.h"

namespace pond::oplog {
namespace {

constexpr std::string_view kPrefix = "history/";
constexpr std::string_view kSuffix = ".parquet";
constexpr std::size_t kDigits = 20;
constexpr std::size_t kFanIn = 8;
// Files are sorted into tiers by their number of transactions; the newest are merged when eight of
// them are of one tier, with the smaller ones among them. So each is rewritten once a tier.
constexpr std::int64_t kLimits[] = {512, 4096, 32768, 262144};

std::string key_of(std::int64_t first, std::int64_t last) {
  char name[64];
  std::snprintf(name, sizeof name, "history/%020lld-%020lld.parquet", static_cast<long long>(first),
                static_cast<long long>(last));
  return name;
}

std::optional<std::int64_t> number(std::string_view digits) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<History::File> parse(const std::string& key) {
  const std::string_view name = std::string_view(key).substr(kPrefix.size());
  if (name.size() != 2 * kDigits + 1 + kSuffix.size() || !name.ends_with(kSuffix)) return {};
  const auto first = number(name.substr(0, kDigits));
  const auto last = number(name.substr(kDigits + 1, kDigits));
  if (!first || !last || *last < *first) return {};
  return History::File{*first, *last, key};
}

}  // namespace

std::vector<History::File> History::files() const {
  std::vector<File> all;
  for (const auto& object : store_.list(std::string(kPrefix)))
    if (auto file = parse(object.key)) all.push_back(std::move(*file));
  // The widest first among those that begin alike: what a merge that was cut short left lies inside
  // it.
  std::sort(all.begin(), all.end(), [](const File& a, const File& b) {
    return a.first != b.first ? a.first < b.first : a.last > b.last;
  });
  std::vector<File> outer;
  for (auto& file : all)
    if (outer.empty() || file.last > outer.back().last) outer.push_back(std::move(file));
  return outer;
}

EntryTexts History::read(const File& file) const {
  const auto table = decode_table(store_.read(file.key), file.key);
  const auto txns = table->GetColumnByName("txn");
  const auto texts = table->GetColumnByName("entry");
  if (txns == nullptr || texts == nullptr || txns->type()->id() != arrow::Type::INT64 ||
      texts->type()->id() != arrow::Type::STRING)
    throw Error(ErrorCode::Corrupt, file.key + ": not a file of the pond's history");
  EntryTexts entries;
  const auto combined = unwrap(table->CombineChunks(), file.key);
  if (combined->num_rows() == 0) return entries;
  const auto& txn =
      static_cast<const arrow::Int64Array&>(*combined->GetColumnByName("txn")->chunk(0));
  const auto& text =
      static_cast<const arrow::StringArray&>(*combined->GetColumnByName("entry")->chunk(0));
  for (std::int64_t i = 0; i < combined->num_rows(); ++i)
    entries.insert_or_assign(txn.Value(i), text.GetString(i));
  return entries;
}

void History::write(const EntryTexts& entries) {
  arrow::Int64Builder txn;
  arrow::StringBuilder text;
  for (const auto& [version, entry] : entries) {
    check(txn.Append(version), "history", ErrorCode::Io);
    check(text.Append(entry), "history", ErrorCode::Io);
  }
  const auto table =
      arrow::Table::Make(arrow::schema({arrow::field("txn", arrow::int64(), false),
                                        arrow::field("entry", arrow::utf8(), false)}),
                         {unwrap(txn.Finish(), "history", ErrorCode::Io),
                          unwrap(text.Finish(), "history", ErrorCode::Io)});
  store_.put(key_of(entries.begin()->first, entries.rbegin()->first), encode_parquet(*table));
}

void History::add(const EntryTexts& entries) {
  if (entries.empty()) return;
  write(entries);
  std::int64_t least = 0;
  for (const std::int64_t limit : kLimits) {
    const auto all = files();
    auto begin = all.end();
    std::size_t of_tier = 0;
    while (begin != all.begin()) {
      const std::int64_t size = (begin - 1)->last - (begin - 1)->first + 1;
      if (size >= limit) break;
      if (size >= least) ++of_tier;
      --begin;
    }
    least = limit;
    if (of_tier < kFanIn) continue;
    EntryTexts merged;
    for (auto file = begin; file != all.end(); ++file)
      merged.merge(read(*file));
    write(merged);
  }
  // What now lies inside another file.
  const auto kept = files();
  for (const auto& object : store_.list(std::string(kPrefix))) {
    const bool stays = std::any_of(kept.begin(), kept.end(),
                                   [&](const File& file) { return file.key == object.key; });
    if (!stays && parse(object.key)) store_.remove(object.key);
  }
  known_.reset();
  cache_.clear();
}

std::optional<std::string> History::entry(std::int64_t txn) {
  if (!known_) known_ = files();
  const auto file = std::find_if(known_->begin(), known_->end(), [&](const File& candidate) {
    return candidate.first <= txn && txn <= candidate.last;
  });
  if (file == known_->end()) return std::nullopt;
  if (cache_.empty() || cached_.key != file->key) {
    cache_ = read(*file);
    cached_ = *file;
  }
  const auto found = cache_.find(txn);
  if (found == cache_.end()) return std::nullopt;
  return found->second;
}

}  // namespace pond::oplog

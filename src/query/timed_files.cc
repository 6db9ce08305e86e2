#include "query/timed_files.h"

#include <algorithm>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "pond/error.h"
#include "pond/query.h"
#include "pond/time.h"
#include "query/sql_text.h"
#include "query/union_relation.h"

namespace pond::query {
namespace {

using Json = nlohmann::json;

// Times between, both included.
struct Range {
  std::int64_t first_us = std::numeric_limits<std::int64_t>::min();
  std::int64_t last_us = std::numeric_limits<std::int64_t>::max();
};

// Of a moment that has passed since, now() among them, a little more is taken.
constexpr std::int64_t kSlackUs = 60'000'000;

// "2016-05-01 00:00:00.25+00" as DuckDB prints it in UTC.
std::optional<std::int64_t> time_of(std::string text) {
  if (text.ends_with("+00")) text.resize(text.size() - 3);
  try {
    return parse_time(text + "Z");
  } catch (const Error&) {
    return std::nullopt;  // infinity, years before Christ
  }
}

// Narrows `range` by one comparison such as `timestamp>='2016-05-01 00:00:00+00'::TIMESTAMP WITH
// TIME ZONE`; false when it is something else.
bool narrow(Range& range, std::string_view term, const std::string& column) {
  if (!term.starts_with(column)) return false;
  term.remove_prefix(column.size());
  const std::size_t quote = term.find('\'');
  if (quote == std::string_view::npos) return false;
  const std::string_view comparison = term.substr(0, quote);
  term.remove_prefix(quote + 1);
  const std::size_t end = term.find('\'');
  if (end == std::string_view::npos || !term.substr(end + 1).starts_with("::TIMESTAMP"))
    return false;
  const auto time = time_of(std::string(term.substr(0, end)));
  if (!time) return false;
  const std::int64_t before = *time - kSlackUs, after = *time + kSlackUs;
  if (comparison == ">" || comparison == ">=") {
    range.first_us = std::max(range.first_us, before);
  } else if (comparison == "<" || comparison == "<=") {
    range.last_us = std::min(range.last_us, after);
  } else if (comparison == "=") {
    range.first_us = std::max(range.first_us, before);
    range.last_us = std::min(range.last_us, after);
  } else {
    return false;
  }
  return true;
}

// One filter of a scan: comparisons of one column, all of which hold. What is not understood
// narrows nothing.
void narrow_by(Range& range, std::string_view filter, const std::string& column) {
  if (filter.find(" OR ") != std::string_view::npos) return;
  constexpr std::string_view kAnd = " AND ";
  for (std::size_t begin = 0; begin <= filter.size();) {
    const std::size_t end = std::min(filter.find(kAnd, begin), filter.size());
    if (!narrow(range, filter.substr(begin, end - begin), column)) return;
    begin = end + kAnd.size();
  }
}

Range range_of(const Json& info, const std::string& column) {
  Range range;
  const auto filters = info.find("Filters");
  if (filters == info.end()) return range;
  if (filters->is_string()) narrow_by(range, filters->get<std::string>(), column);
  for (const auto& filter : filters->is_array() ? *filters : Json::array())
    if (filter.is_string()) narrow_by(range, filter.get<std::string>(), column);
  return range;
}

// Calls `use(table, info)` for each scan of a table in the plan.
template <typename Use>
void for_each_scan(const Json& node, const Use& use) {
  if (node.is_array()) {
    for (const auto& child : node)
      for_each_scan(child, use);
    return;
  }
  if (!node.is_object()) return;
  const auto info = node.find("extra_info");
  if (info != node.end() && info->is_object() && info->contains("Table") &&
      (*info)["Table"].is_string())
    use((*info)["Table"].get<std::string>(), *info);
  if (const auto children = node.find("children"); children != node.end())
    for_each_scan(*children, use);
}

// The plan of a statement as JSON; null when it has none.
Json plan_of(const Engine& engine, std::string_view sql) {
  constexpr std::string_view kExplain = "EXPLAIN ";
  if (sql.starts_with(kExplain)) sql.remove_prefix(kExplain.size());
  // What is known of an empty table's values would do away with its scan.
  engine.run("SET disabled_optimizers = 'statistics_propagation'");
  Json plan;
  try {
    // One alone: DuckDB would run what follows it.
    Result result = engine.run("EXPLAIN (FORMAT json) " + single_statement(sql));
    plan = Json::parse(first_text(result, 1), nullptr, false);
  } catch (const Error&) {
    plan = {};  // the statement itself will say what is wrong
  }
  engine.run("RESET disabled_optimizers");
  return plan;
}

// Of no file: the first one's columns.
std::string rows_of(const TimedFileList& list, const std::vector<std::string>& paths) {
  if (paths.empty() && !list.empty.empty()) return "SELECT * FROM " + list.empty;
  if (paths.empty())
    return "SELECT * FROM " + read_parquet_of({list.files.front().path}, false) + " LIMIT 0";
  return "SELECT * FROM " + read_parquet_of(paths, false);
}

}  // namespace

void TimedFiles::make_empty(Entry& entry, const Engine& engine) {
  if (entry.engine == engine.id() && !entry.open) return;
  if (entry.engine == engine.id()) engine.run("DROP VIEW " + entry.name);
  engine.run("CREATE TABLE " + entry.name + " AS " + rows_of(entry.list, {}));
  entry.engine = engine.id();
  entry.open = false;
}

void TimedFiles::open(Entry& entry, const Engine& engine, const std::vector<std::string>& paths) {
  for (const TimedFile& file : entry.list.files)
    if (file.fetch && std::find(paths.begin(), paths.end(), file.path) != paths.end()) file.fetch();
  engine.run("DROP TABLE " + entry.name);
  engine.run("CREATE VIEW " + entry.name + " AS " + rows_of(entry.list, paths));
  entry.open = true;
}

std::string TimedFiles::add(const Engine& engine, TimedFileList list, bool lasting) {
  Entry& entry = entries_.emplace_back();
  entry.name = "pond_files_" + std::to_string(++made_);
  entry.list = std::move(list);
  entry.lasting = lasting;
  make_empty(entry, engine);
  return "(SELECT * FROM memory.main." + entry.name + ")";
}

void TimedFiles::begin(const Engine& engine) {
  decisions_.clear();
  std::erase_if(entries_, [&](const Entry& entry) {
    if (entry.lasting) return false;
    if (entry.engine == engine.id())
      engine.run(std::string(entry.open ? "DROP VIEW " : "DROP TABLE ") + entry.name);
    return true;
  });
  for (Entry& entry : entries_)
    make_empty(entry, engine);
}

void TimedFiles::open_all(const Engine& engine) {
  for (Entry& entry : entries_) {
    if (entry.engine != engine.id() || entry.open) continue;
    std::vector<std::string> paths;
    for (const TimedFile& file : entry.list.files)
      paths.push_back(file.path);
    open(entry, engine, paths);
  }
}

void TimedFiles::decide(const Engine& engine, const std::string& sql) {
  if (std::all_of(entries_.begin(), entries_.end(), [](const Entry& entry) { return entry.open; }))
    return;
  std::map<std::string, std::vector<Range>> asked;
  std::map<std::string, const Entry*> by_table;
  for (const Entry& entry : entries_)
    by_table.emplace("memory.main." + entry.name, &entry);
  for_each_scan(plan_of(engine, sql), [&](const std::string& table, const Json& info) {
    if (const auto entry = by_table.find(table); entry != by_table.end())
      asked[table].push_back(range_of(info, entry->second->list.time_column));
  });
  for (Entry& entry : entries_) {
    if (entry.open) continue;
    const auto ranges = asked.find("memory.main." + entry.name);
    std::vector<std::string> paths;
    for (const TimedFile& file : entry.list.files) {
      // A scan that the plan does not show may need anything.
      const bool wanted =
          ranges == asked.end() ||
          std::any_of(ranges->second.begin(), ranges->second.end(), [&](const Range& range) {
            return file.max_time_us >= range.first_us && file.min_time_us <= range.last_us;
          });
      if (wanted) paths.push_back(file.path);
    }
    if (ranges != asked.end())
      decisions_.push_back(entry.list.shown + ": " + std::to_string(paths.size()) + " of " +
                           std::to_string(entry.list.files.size()) + " files can match");
    open(entry, engine, paths);
  }
}

}  // namespace pond::query

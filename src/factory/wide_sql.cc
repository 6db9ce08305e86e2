#include "factory/wide_sql.h"

#include <strings.h>
#include <algorithm>

#include "pond/query.h"

namespace pond::factory {
namespace {

using query::quote_identifier;

// More rows than a part has.
constexpr std::int64_t kPartRows = std::int64_t{1} << 42;

std::string part_sql(const std::string& time_column, const WidePart& part, std::size_t number) {
  const std::string time = quote_identifier(time_column);
  std::string sql = "SELECT " + time + "::TIMESTAMPTZ AS " + time + ", row_number() OVER () + " +
                    std::to_string(static_cast<std::int64_t>(number) * kPartRows) + " AS pond_row";
  for (const auto& [there, here] : part.columns)
    sql += ", " + quote_identifier(there) + " AS " + quote_identifier(here);
  sql += " FROM " + part.relation + " WHERE " + time + " IS NOT NULL";
  const auto limit = [&](const std::optional<std::int64_t>& us, const char* comparison) {
    if (us) sql += " AND " + time + comparison + "make_timestamptz(" + std::to_string(*us) + ")";
  };
  limit(part.range.begin_us, " >= ");
  limit(part.range.end_us, " < ");
  return sql;
}

}  // namespace

std::string wide_sql(const std::string& time_column, const std::vector<WidePart>& parts) {
  const std::string time = quote_identifier(time_column);
  std::string all;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) all += " UNION ALL BY NAME ";
    all += part_sql(time_column, parts[i], i);
    for (const auto& [there, here] : parts[i].columns) {
      // DuckDB's columns are the same if only the case of their names differs.
      const bool known = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return ::strcasecmp(name.c_str(), here.c_str()) == 0;
      });
      if (!known) names.push_back(here);
    }
  }
  std::string sql = "(SELECT " + time;
  for (const auto& name : names)
    sql += ", arg_max(" + quote_identifier(name) + ", pond_row) AS " + quote_identifier(name);
  return sql + " FROM (" + all + ") GROUP BY " + time + " ORDER BY " + time + ")";
}

}  // namespace pond::factory

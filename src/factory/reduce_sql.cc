#include "factory/reduce_sql.h"

#include "pond/query.h"

namespace pond::factory {
namespace {

using query::quote_identifier;

// Integer arithmetic on microseconds: half the cost of time_bucket on TIMESTAMPTZ, which goes
// through the calendar. The second modulo makes the remainder of times before the epoch positive.
std::string bucket_sql(const std::string& time, const Resolution& resolution) {
  const std::string us = "epoch_us(" + time + ")";
  const std::string width = std::to_string(resolution.width_us);
  const std::string shifted = resolution.offset_us == 0
                                  ? us
                                  : "(" + us + " - " + std::to_string(resolution.offset_us) + ")";
  return us + " - ((" + shifted + " % " + width + " + " + width + ") % " + width + ")";
}

// The columns that partials keep of a column, each with what computes it from a raw one, what
// merges it, and its type.
struct Kept {
  std::string name;
  std::string from_rows;
  std::string from_partials;
  std::string type;
};

std::vector<Kept> kept(const std::vector<ReducedColumn>& columns) {
  std::vector<Kept> all{{"count", "count(*)", "sum(\"count\")::BIGINT", "BIGINT"}};
  for (const auto& column : columns) {
    const std::string raw = quote_identifier(column.name);
    const auto keep = [&](const std::string& suffix, const std::string& function,
                          const std::string& type) {
      const std::string name = column.name + "." + suffix;
      const std::string merge = suffix == "count" ? "sum" : function;
      all.push_back({name, function + "(" + raw + (suffix == "count" ? ")" : "::DOUBLE)"),
                     merge + "(" + quote_identifier(name) + ")::" + type, type});
    };
    if (column.keeps_count()) keep("count", "count", "BIGINT");
    if (column.numeric && column.keeps_sum()) keep("sum", "sum", "DOUBLE");
    if (column.numeric && column.keeps_min()) keep("min", "min", "DOUBLE");
    if (column.numeric && column.keeps_max()) keep("max", "max", "DOUBLE");
  }
  return all;
}

// All partials one below the other, with every column there: the first part has no rows and every
// name.
std::string union_sql(const std::vector<std::string>& partials, const std::vector<Kept>& all) {
  std::string sql = "(SELECT NULL::TIMESTAMPTZ AS \"timestamp\"";
  for (const auto& column : all)
    sql += ", NULL::" + column.type + " AS " + quote_identifier(column.name);
  sql += " WHERE false";
  for (const auto& part : partials)
    sql += " UNION ALL BY NAME SELECT * FROM " + part;
  return sql + ")";
}

}  // namespace

std::string partials_sql(const std::string& relation, const std::string& time_column,
                         const Resolution& resolution, const std::vector<ReducedColumn>& columns) {
  const std::string time = quote_identifier(time_column);
  const auto all = kept(columns);
  std::string inner = "SELECT " + bucket_sql(time, resolution) + " AS pond_bucket";
  std::string outer = "SELECT make_timestamptz(pond_bucket) AS \"timestamp\"";
  for (const auto& column : all) {
    inner += ", " + column.from_rows + " AS " + quote_identifier(column.name);
    outer += ", " + quote_identifier(column.name);
  }
  // A run of versions from before a column appeared does not have it: the first part names every
  // column. Its NULLs have no type of their own and take that of whatever they meet, so nothing is
  // converted.
  std::string names = "SELECT NULL AS " + time;
  for (const auto& column : columns)
    names += ", NULL AS " + quote_identifier(column.name);
  return outer + " FROM (" + inner + " FROM (" + names +
         " WHERE false UNION ALL BY NAME SELECT * FROM " + relation + ") WHERE " + time +
         " IS NOT NULL GROUP BY 1)";
}

std::string merged_sql(const std::vector<std::string>& partials, const Resolution& resolution,
                       const std::vector<ReducedColumn>& columns) {
  const auto all = kept(columns);
  std::string inner = "SELECT " + bucket_sql("\"timestamp\"", resolution) + " AS pond_bucket";
  std::string outer = "SELECT make_timestamptz(pond_bucket) AS \"timestamp\"";
  for (const auto& column : all) {
    inner += ", " + column.from_partials + " AS " + quote_identifier(column.name);
    outer += ", " + quote_identifier(column.name);
  }
  return outer + " FROM (" + inner + " FROM " + union_sql(partials, all) + " GROUP BY 1)";
}

std::string result_sql(const std::vector<std::string>& partials, const std::string& time_column,
                       const std::vector<ReducedColumn>& columns) {
  const auto output = [](const std::string& sql, const std::string& name) {
    return ", " + sql + " AS " + quote_identifier(name);
  };
  std::string sql = "SELECT \"timestamp\" AS " + quote_identifier(time_column) +
                    output("sum(\"count\")::BIGINT", time_column + ".count");
  for (const auto& column : columns) {
    const auto part = [&](const char* suffix) {
      return quote_identifier(column.name + "." + suffix);
    };
    for (const auto& aggregate : column.aggregates) {
      const std::string name = column.name + "." + aggregate;
      if (aggregate == "avg")
        sql += output("sum(" + part("sum") + ") / nullif(sum(" + part("count") + "), 0)", name);
      else if (aggregate == "count")
        sql += output("coalesce(sum(" + part("count") + "), 0)::BIGINT", name);
      else
        sql += output(aggregate + "(" + part(aggregate.c_str()) + ")", name);
    }
  }
  return sql + " FROM " + union_sql(partials, kept(columns)) +
         " GROUP BY \"timestamp\" ORDER BY \"timestamp\"";
}

}  // namespace pond::factory

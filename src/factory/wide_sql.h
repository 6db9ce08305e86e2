// One wide series of several narrow ones: a row for every time that any of them has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pond::factory {

// From begin on and before end, so that ranges that meet share no row.
struct TimeRange {
  std::optional<std::int64_t> begin_us;
  std::optional<std::int64_t> end_us;
};

struct WidePart {
  std::string relation;
  std::vector<std::pair<std::string, std::string>> columns;  // its name there, its name here
  TimeRange range;
};

// A SELECT of the time column and all other columns in the order of their first appearance, ordered
// by time. Several rows of one time are one row: of each column the last value that is not null,
// where a later part counts as later, and within a part a later row. Rows without a time are left
// out.
//
// That is one aggregation over the parts laid one below the other, not a chain of joins: a row of
// one part has nulls in the columns of the others, which the aggregates pass over.
std::string wide_sql(const std::string& time_column, const std::vector<WidePart>& parts);

}  // namespace pond::factory

// The SQL of a temporal-reduce.
//
// *Partials* are rows (timestamp, count, and per column c some of c.count, c.sum, c.min, c.max): of
// a bucket there may be any number of them, and any set of partials can be merged: counts and sums
// by sum, min by min, max by max. All numbers are DOUBLE (counts BIGINT), so that a column that
// turns from integer to double stays one column. Sums are DuckDB's sum() of doubles; merged in
// another order they differ from a sum over all rows by rounding alone. NULL is not counted and
// takes part in nothing; NaN is a value, as in DuckDB: it makes sum and avg NaN, is above every
// number for max, and is the min only of a bucket without numbers.
#pragma once

#include <string>
#include <vector>

#include "factory/reduce_config.h"

namespace pond::factory {

// Partials of the rows of `relation`, grouped into buckets of `resolution`.
std::string partials_sql(const std::string& relation, const std::string& time_column,
                         const Resolution& resolution, const std::vector<ReducedColumn>& columns);

// Partials of partials: one row per bucket. `partials` are FROM-able, all of resolutions that this
// one divides into (or the same). A column that is in none of them is NULL.
std::string merged_sql(const std::vector<std::string>& partials, const Resolution& resolution,
                       const std::vector<ReducedColumn>& columns);

// What a reader sees: time column, its count, and column.aggregate, ordered by time.
std::string result_sql(const std::vector<std::string>& partials, const std::string& time_column,
                       const std::vector<ReducedColumn>& columns);

}  // namespace pond::factory

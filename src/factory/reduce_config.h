// The configuration of a temporal-reduce, and what it makes of an input's columns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace YAML {
class Node;
}
namespace arrow {
class Schema;
}

namespace pond::factory {

class Registry;

// Buckets are [offset + k·width, offset + (k+1)·width) for whole k: whole weeks start on a Monday
// (1970-01-05 was one), everything else is counted from 1970-01-01T00:00:00Z.
struct Resolution {
  std::string label;  // "1h", as configured
  std::int64_t width_us = 0;
  std::int64_t offset_us = 0;

  // Is every bucket of this one a union of whole buckets of `finer`?
  bool divides_into(const Resolution& finer) const {
    return width_us > finer.width_us && width_us % finer.width_us == 0 &&
           (offset_us - finer.offset_us) % finer.width_us == 0;
  }
};

Resolution make_resolution(const std::string& label);  // InvalidArgument

struct Aggregation {
  std::string type;                  // avg, min, max, sum or count
  std::vector<std::string> columns;  // globs (fnmatch); empty: all numeric ones
};

struct ReduceConfig {
  std::string in_pattern;
  std::string out_pattern;
  std::string time_column;
  std::vector<Resolution> resolutions;  // finest first
  std::vector<Aggregation> aggregations;

  static std::string validate(const YAML::Node& config, const Registry& registry);  // JSON
  static ReduceConfig parse(const std::string& json);

  // Identifies what stored partials depend on: time column, resolutions, aggregations.
  std::string fingerprint() const;
};

// One input column that is aggregated.
struct ReducedColumn {
  std::string name;
  std::vector<std::string> aggregates;  // wanted, in the order of the configuration
  bool numeric = true;                  // else it can only be counted
  bool operator==(const ReducedColumn&) const = default;

  bool wants(std::string_view aggregate) const;
  // What is kept of it: avg needs the sum and the count.
  bool keeps_count() const { return wants("count") || wants("avg"); }
  bool keeps_sum() const { return wants("sum") || wants("avg"); }
  bool keeps_min() const { return wants("min"); }
  bool keeps_max() const { return wants("max"); }
};

// The columns of `schema` that the configuration aggregates, in the schema's order. InvalidArgument
// naming `input` when the time column is not there or is no time.
std::vector<ReducedColumn> reduced_columns(const ReduceConfig& config, const arrow::Schema& schema,
                                           const std::string& input);

// Adds to `columns` those of `more` that it lacks.
void merge_columns(std::vector<ReducedColumn>& columns, const std::vector<ReducedColumn>& more);

}  // namespace pond::factory

// Readings as instruments send them, in any order and more than once, and the wide table they
// become.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace arrow {
class KeyValueMetadata;
class Table;
}  // namespace arrow

namespace pond::tinylogfs {
class OpLogFile;
}
namespace pond::query {
class Session;
}

namespace pond::collect {

// One value of one column at one time. Two readings are the same when all three are.
struct Reading {
  std::int64_t time_us = 0;
  std::uint32_t column = 0;  // an index into the names that go with a batch
  double value = 0;

  friend bool operator==(const Reading&, const Reading&) = default;
};

// By time, then column, then as they came; the same reading only once.
void sort_and_unite(std::vector<Reading>& readings);

// Takes from `readings` (sorted) those that the series holds already, so that a reading is stored
// once however often it is sent. Reads the stored rows between the first and the last time of
// `readings`, as a stream.
void subtract_stored(std::vector<Reading>& readings, const std::vector<std::string>& columns,
                     const tinylogfs::OpLogFile& series, query::Session& session);

// How many rows of the wide table `readings` (sorted) make, from its front, at most `limit`; the
// readings that make them.
struct Rows {
  std::uint64_t rows = 0;
  std::size_t readings = 0;
};
Rows count_rows(const std::vector<Reading>& readings, std::uint64_t limit);

// One row a time: `timestamp` (timestamp[us, UTC]) and a float64 column for each of `columns` that
// has a reading, null where there is none. Several values of one column at one time (a correction,
// a clock set back) get rows of their own, the first in the row of that time. `readings` are
// sorted.
std::shared_ptr<arrow::Table> wide_table(
    const std::vector<Reading>& readings, const std::vector<std::string>& columns,
    const std::shared_ptr<const arrow::KeyValueMetadata>& metadata);

}  // namespace pond::collect

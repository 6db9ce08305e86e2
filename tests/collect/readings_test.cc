#include "collect/readings.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

namespace pond::collect {
namespace {

// "time column value" of each.
std::string show(const std::vector<Reading>& readings) {
  std::string text;
  for (const Reading& r : readings) {
    text += std::to_string(r.time_us) + (r.column == 0 ? "a" : "b") +
            std::to_string(static_cast<int>(r.value)) + " ";
  }
  return text;
}

TEST(Readings, AreSortedAndUnited) {
  std::vector<Reading> readings{{30, 0, 1}, {10, 1, 5}, {10, 0, 7},
                                {10, 0, 6}, {30, 0, 1}, {10, 0, 7}};
  sort_and_unite(readings);
  EXPECT_EQ(show(readings), "10a7 10a6 10b5 30a1 ");
}

TEST(Readings, JoinOnTimeAndKeepSecondValuesInRowsOfTheirOwn) {
  std::vector<Reading> readings{{10, 0, 7}, {10, 0, 6}, {10, 1, 5}, {30, 0, 1}};
  const auto table = wide_table(readings, {"t.C", "d.m", "unused.x"}, nullptr);
  EXPECT_EQ(table->schema()->ToString(),
            "timestamp: timestamp[us, tz=UTC] not null\nt.C: double\nd.m: double");
  EXPECT_EQ(table->num_rows(), 3);
  const auto a = std::static_pointer_cast<arrow::DoubleArray>(table->column(1)->chunk(0));
  const auto b = std::static_pointer_cast<arrow::DoubleArray>(table->column(2)->chunk(0));
  EXPECT_EQ(a->ToString(), "[\n  7,\n  6,\n  1\n]");
  EXPECT_EQ(b->ToString(), "[\n  5,\n  null,\n  null\n]");
}

TEST(Readings, RowsAreCountedUpToALimitThatNeverPartsATime) {
  std::vector<Reading> readings{{10, 0, 7}, {10, 0, 6}, {10, 1, 5}, {30, 0, 1}, {40, 1, 1}};
  const auto counted = [&](std::uint64_t limit) {
    const Rows rows = count_rows(readings, limit);
    return std::to_string(rows.rows) + "/" + std::to_string(rows.readings);
  };
  EXPECT_EQ(counted(100), "4/5");
  EXPECT_EQ(counted(3), "3/4");
  EXPECT_EQ(counted(2), "2/3");
  EXPECT_EQ(counted(1), "2/3");
}

}  // namespace
}  // namespace pond::collect

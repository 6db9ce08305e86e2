// Series and tables: versions, segments, flushes and what a reader sees.
#include <fstream>
#include <functional>

#include "oplog/inner.h"
#include "scene.h"

namespace pond::tinylogfs {
namespace {

using tinyfs::Kind;

// The values of column `level` that segments hold, in their order.
std::vector<double> levels(const std::vector<Segment>& segments) {
  std::vector<double> values;
  for (const auto& segment : segments) {
    const auto table = segment.ipc ? oplog::decode_table(segment.ipc->ToString(), "test")
                                   : oplog::read_parquet(segment.parquet);
    EXPECT_EQ(static_cast<std::uint64_t>(table->num_rows()), segment.rows);
    const auto rows = table->Slice(static_cast<std::int64_t>(segment.first_row),
                                   static_cast<std::int64_t>(segment.last_row - segment.first_row));
    const auto combined = rows->CombineChunks().ValueOrDie();
    if (combined->num_rows() == 0) continue;
    const auto& column =
        static_cast<const arrow::DoubleArray&>(*combined->GetColumnByName("level")->chunk(0));
    for (std::int64_t i = 0; i < column.length(); ++i)
      values.push_back(column.Value(i));
  }
  return values;
}

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(PondTest, SeriesAppends) {
  commit([&] { make("/level", Kind::Series).append(*readings({10, 20}, {1, 2})); });
  commit([&] { file("/level").append(*readings({30}, {3})); });
  reopen();
  EXPECT_EQ(levels(file("/level").segments()), (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(levels(file("/level").segments(1)), (std::vector<double>{1, 2}));
  EXPECT_EQ(levels(file("/level").segments_after(1)), (std::vector<double>{3}));
  const auto details = file("/level").details();
  ASSERT_EQ(details.size(), 2U);
  EXPECT_EQ(details[1].version, 2U);
  EXPECT_EQ(details[1].min_time_us, 30'000'000);
  EXPECT_EQ(root().get("/level").info().version, 2U);
}

TEST_F(PondTest, TableIsReplaced) {
  commit([&] { make("/t", Kind::Table).append(*readings({1}, {1})); });
  commit([&] { file("/t").append(*readings({1, 2}, {5, 6}, "level")); });
  reopen();
  EXPECT_EQ(levels(file("/t").segments()), (std::vector<double>{5, 6}));
  EXPECT_EQ(levels(file("/t").segments(1)), (std::vector<double>{1}));
}

TEST_F(PondTest, PendingRowsAreVisibleInsideTheTransaction) {
  commit([&] { make("/level", Kind::Series).append(*readings({10}, {1})); });
  auto txn = fs->begin();
  file("/level").append(*readings({20}, {2}));
  EXPECT_EQ(levels(file("/level").segments()), (std::vector<double>{1, 2}));
  txn.restore();
  EXPECT_EQ(levels(file("/level").segments()), (std::vector<double>{1}));
}

TEST_F(PondTest, ManySmallAppendsAreFlushedAndTimeTravelStillEndsInsideARun) {
  commit([&] { make("/level", Kind::Series).append(*readings({0}, {0})); });
  std::vector<double> expected{0};
  for (int i = 1; i < 100; ++i) {
    commit([&] { file("/level").append(*many_readings(i * 200, 200)); });
    for (int k = 0; k < 200; ++k)
      expected.push_back(1.0 / (i * 200 + k + 1));
  }
  reopen();
  auto& level = file("/level");
  EXPECT_LT(level.segments().size(), 30U) << "small runs were not merged";
  EXPECT_EQ(levels(level.segments()), expected);
  EXPECT_EQ(level.details().size(), 100U);
  for (const std::uint64_t version : {1U, 2U, 37U, 64U, 99U}) {
    const auto count = 1 + (version - 1) * 200;
    const std::vector<double> head(expected.begin(),
                                   expected.begin() + static_cast<std::ptrdiff_t>(count));
    EXPECT_EQ(levels(level.segments(version)), head) << version;
    const std::vector<double> tail(expected.begin() + static_cast<std::ptrdiff_t>(count),
                                   expected.end());
    EXPECT_EQ(levels(level.segments_after(version)), tail) << version;
  }
  // One version's bytes, also from inside a run.
  const auto bytes = tinyfs::read_all(*level.open(37));
  EXPECT_EQ(oplog::decode_table(bytes, "v37")->num_rows(), 200);
  // Files in the partition stay few.
  EXPECT_LT(backend->oplog().snapshot().files().size(), 20U);
}

TEST_F(PondTest, ColumnsMayComeLater) {
  commit([&] { make("/s", Kind::Series).append(*readings({1}, {1})); });
  commit([&] { file("/s").append(*readings({2}, {2}, "salinity")); });
  reopen();
  EXPECT_EQ(file("/s").schema()->field_names(),
            (std::vector<std::string>{"timestamp", "level", "salinity"}));
}

TEST_F(PondTest, ColumnsMayNotBecomeAnotherThing) {
  commit([&] { make("/s", Kind::Series).append(*readings({1}, {1})); });
  arrow::StringBuilder words;
  ASSERT_TRUE(words.Append("high").ok());
  auto table = readings({2}, {2});
  table = table
              ->SetColumn(1, arrow::field("level", arrow::utf8()),
                          std::make_shared<arrow::ChunkedArray>(words.Finish().ValueOrDie()))
              .ValueOrDie();
  const auto said = error_of([&] { commit([&] { file("/s").append(*table); }); });
  EXPECT_NE(said.find("column 'level' is string here, but double in the versions before"),
            std::string::npos)
      << said;
}

TEST_F(PondTest, SeriesNeedTheirTime) {
  const auto table = readings({1}, {1})->RemoveColumn(0).ValueOrDie();
  const auto said = error_of([&] { commit([&] { make("/s", Kind::Series).append(*table); }); });
  EXPECT_NE(said.find("a series needs the time column 'timestamp'"), std::string::npos) << said;
  EXPECT_FALSE(root().find("/s")) << "the failed change left something";
}

TEST_F(PondTest, AnotherTimeColumnIsRemembered) {
  auto table = readings({1, 2}, {1, 2});
  table = table->RenameColumns({"when", "level"}).ValueOrDie();
  commit([&] { make("/s", Kind::Series).append(*table, R"({"time_column":"when"})"); });
  reopen();
  EXPECT_EQ(file("/s").time_column(), "when");
  commit([&] { file("/s").append(*table); });
  EXPECT_EQ(file("/s").details()[1].max_time_us, 2'000'000);
}

TEST_F(PondTest, ALargeTableBecomesAParquetFile) {
  commit([&] { make("/s", Kind::Series).append(*many_readings(0, 50'000)); });
  reopen();
  const auto segments = file("/s").segments();
  ASSERT_EQ(segments.size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(segments[0].parquet));
  EXPECT_EQ(segments[0].parquet.extension(), ".parquet");
  EXPECT_EQ(levels(segments).size(), 50'000U);
}

TEST_F(PondTest, BatchesAreTakenAsTheyCome) {
  const auto table = many_readings(0, 300'000);
  arrow::TableBatchReader reader(*table);
  reader.set_chunksize(1000);
  commit([&] { make("/s", Kind::Series).append(reader); });
  reopen();
  EXPECT_EQ(levels(file("/s").segments()).size(), 300'000U);
  EXPECT_EQ(file("/s").details()[0].max_time_us, 299'999 * std::int64_t{1'000'000});
}

TEST_F(PondTest, NotParquet) {
  const auto path = directory.path() / "x.txt";
  std::ofstream(path) << "hello";
  const auto said = error_of([&] { commit([&] { make("/t", Kind::Table).adopt_parquet(path); }); });
  EXPECT_NE(said.find("not a valid parquet file (no PAR1 magic bytes)"), std::string::npos) << said;
}

TEST_F(PondTest, LargeDataIsStoredOnceAndByHash) {
  const auto path = directory.path() / "big";
  std::ofstream(path) << std::string(10'000'000, 'x');
  commit([&] {
    make("/a", Kind::Data).adopt_bytes(path);
    make("/b", Kind::Data).adopt_bytes(path);
  });
  reopen();
  EXPECT_EQ(tinyfs::read_all(*file("/b").open()).size(), 10'000'000U);
  EXPECT_EQ(file("/a").details()[0].hash, file("/b").details()[0].hash);
  std::size_t files = 0;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(directory.path() / "pond" / "content"))
    files += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, 1U);
}

TEST_F(PondTest, TwoWritersOnDifferentFilesBothLand) {
  commit([&] {
    make("/a", Kind::Series).append(*readings({1}, {1}));
    make("/b", Kind::Series).append(*readings({1}, {1}));
  });
  tinyfs::FS other(OpLogBackend::open(directory.path() / "pond"));
  auto mine = fs->begin();
  auto theirs = other.begin();
  file("/a").append(*readings({2}, {2}));
  keep(other.root().get("/b")).append(*readings({3}, {3}));
  theirs.commit({});
  mine.commit({});
  EXPECT_EQ(levels(file("/a").segments()), (std::vector<double>{1, 2}));
  EXPECT_EQ(levels(file("/b").segments()), (std::vector<double>{1, 3}));
}

TEST_F(PondTest, TwoWritersOnOneFileConflict) {
  commit([&] { make("/a", Kind::Series).append(*readings({1}, {1})); });
  tinyfs::FS other(OpLogBackend::open(directory.path() / "pond"));
  auto mine = fs->begin();
  auto theirs = other.begin();
  file("/a").append(*readings({2}, {2}));
  keep(other.root().get("/a")).append(*readings({3}, {3}));
  theirs.commit({});
  try {
    mine.commit({});
    FAIL() << "both landed";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::Conflict) << error.what();
  }
  reopen();
  EXPECT_EQ(levels(file("/a").segments()), (std::vector<double>{1, 3}));
}

TEST_F(PondTest, RemovingWhatAnotherWriterChangesConflicts) {
  commit([&] { make("/a", Kind::Series).append(*readings({1}, {1})); });
  tinyfs::FS other(OpLogBackend::open(directory.path() / "pond"));
  auto mine = fs->begin();
  root().remove("/a");
  auto theirs = other.begin();
  keep(other.root().get("/a")).append(*readings({3}, {3}));
  theirs.commit({});
  EXPECT_THROW(mine.commit({}), Error);
  reopen();
  EXPECT_TRUE(root().find("/a"));
}

TEST_F(PondTest, VersionAtATime) {
  commit([&] { make("/a", Kind::Series).append(*readings({1}, {1})); });
  const auto between = file("/a").details()[0].time_us;
  commit([&] { file("/a").append(*readings({2}, {2})); });
  EXPECT_EQ(file("/a").version_at(between), 1U);
  EXPECT_THROW(file("/a").version_at(0), Error);
}

}  // namespace
}  // namespace pond::tinylogfs

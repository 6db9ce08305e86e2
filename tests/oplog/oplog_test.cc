// The operation log by itself: rows, commits, folding, and what it refuses.
#include "pond/oplog.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/sha256.h"
#include "oplog/fold.h"
#include "oplog/inner.h"
#include "oplog/record.h"
#include "pond/error.h"

namespace pond::oplog {
namespace {

namespace fs = std::filesystem;

class OpLogTest : public testing::Test {
 protected:
  OpLogTest() : where(fs::temp_directory_path() / ("oplog-test-" + Uuid::v7().to_string())) {}
  ~OpLogTest() override {
    std::error_code ignored;
    fs::remove_all(where, ignored);
  }
  OpLog create() { return OpLog::create(where, Uuid::v7(), "here", {}, {.command = "pond init"}); }

  fs::path where;
};

Record data_row(const Uuid& part, const Uuid& node, std::int64_t version,
                const std::string& content) {
  Record row;
  row.part_id = part;
  row.node_id = node;
  row.version = row.first_version = version;
  row.kind = RowKind::Data;
  row.time_us = 1'700'000'000'000'000 + version;
  row.location = "inline";
  row.size = static_cast<std::int64_t>(content.size());
  row.hash = Sha256::of(content);
  row.content = content;
  return row;
}

TEST(Records, SurviveTheRoundTrip) {
  const Uuid part = Uuid::v7();
  Record data = data_row(part, Uuid::v7(), 3, std::string("bytes\0with nul", 14));
  Record series = data_row(part, Uuid::v7(), 9, "");
  series.kind = RowKind::Series;
  series.first_version = 2;
  series.location = "content/ab/abcd.parquet";
  series.content.clear();
  series.history = "history";
  series.schema = "schema";
  series.rows = 17;
  series.min_time_us = -5;
  series.max_time_us = 5;
  series.attributes = R"({"a":1})";
  for (const std::size_t eager : {std::size_t{0}, std::size_t{1} << 20U}) {
    auto rows = decode_records(encode_records({data, series}), part, "file", eager);
    ASSERT_EQ(rows.size(), 2U);
    for (auto& row : rows)
      load_record(encode_records({data, series}), row);
    EXPECT_EQ(rows[0].content, data.content);
    EXPECT_EQ(rows[0].node_id, data.node_id);
    EXPECT_EQ(rows[0].min_time_us, std::nullopt);
    EXPECT_EQ(rows[1].history, "history");
    EXPECT_EQ(rows[1].schema, "schema");
    EXPECT_EQ(rows[1].first_version, 2);
    EXPECT_EQ(rows[1].rows, 17);
    EXPECT_EQ(rows[1].min_time_us, -5);
    EXPECT_EQ(rows[1].attributes, R"({"a":1})");
    EXPECT_EQ(rows[1].location, "content/ab/abcd.parquet");
  }
}

TEST(Records, GarbageIsCorrupt) {
  for (const std::string bytes :
       {"", "PAR1", "PAR1xxxxxxxxxxxxxxxxPAR1", "hello world, this is no Parquet"}) {
    try {
      (void)decode_records(bytes, Uuid::v7(), "some-file", 1 << 20);
      FAIL() << bytes;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("some-file"), std::string::npos) << error.what();
    }
  }
}

TEST_F(OpLogTest, ACommitIsThereAfterReopening) {
  const Uuid part = Uuid::v7(), node = Uuid::v7();
  {
    OpLog log = create();
    EXPECT_EQ(log.txn(), 0);
    EXPECT_EQ(log.commit({data_row(part, node, 1, "one")}, {}, {.command = "first"}), 1);
  }
  OpLog log = OpLog::open(where);
  const auto rows = log.read_partition(part);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].content, "one");
  EXPECT_EQ(rows[0].txn, 1);
  const auto commits = log.log(0);
  ASSERT_EQ(commits.size(), 2U);
  EXPECT_EQ(commits[0].command, "first");
  EXPECT_EQ(commits[1].command, "pond init");
  EXPECT_EQ(commits[0].chain.size(), 64U);
  EXPECT_NE(commits[0].chain, commits[1].chain);
  EXPECT_EQ(log.show(1).size(), 1U);
}

TEST_F(OpLogTest, FilesStayFewOverManyCommitsAndNoRowIsLost) {
  OpLog log = create();
  const Uuid part = Uuid::v7();
  std::vector<Uuid> nodes;
  for (int i = 0; i < 200; ++i) {
    nodes.push_back(Uuid::v7());
    log.commit({data_row(part, nodes.back(), 1, "content " + std::to_string(i))}, {},
               {.command = "test"});
    EXPECT_LE(log.snapshot().files().size(), 24U);
  }
  OpLog again = OpLog::open(where);
  const auto rows = again.read_partition(part);
  ASSERT_EQ(rows.size(), 200U);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].node_id, nodes[i]);
    EXPECT_EQ(rows[i].txn, static_cast<std::int64_t>(i) + 1);
  }
}

TEST_F(OpLogTest, ADirectorysChangesFoldIntoOneRow) {
  OpLog log = create();
  const Uuid directory = Uuid::v7();
  std::vector<Record> rows;
  for (int i = 1; i <= 5; ++i) {
    Record row = data_row(directory, directory, i, "");
    row.kind = RowKind::Directory;
    std::vector<DirectoryOp> ops{
        {.name = "n" + std::to_string(i), .node_id = Uuid::v7(), .part_id = directory}};
    if (i == 5)
      ops.push_back({.name = "n1", .node_id = Uuid::v7(), .part_id = directory, .insert = false});
    row.content = encode_directory(ops);
    rows.push_back(row);
  }
  const auto whole = fold_records(log, rows);
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].version, 5);
  EXPECT_EQ(whole[0].first_version, 1);
  EXPECT_EQ(decode_directory(whole[0].content, "test").size(), 4U)
      << "n2 .. n5, and no trace of n1";
  // Without the beginning, a removal must stay: the name may have come before.
  const auto part = fold_records(log, {rows[3], rows[4]});
  ASSERT_EQ(part.size(), 1U);
  EXPECT_EQ(decode_directory(part[0].content, "test").size(), 3U);
  // A gap is no run.
  EXPECT_EQ(fold_records(log, {rows[0], rows[2]}).size(), 2U);
}

TEST_F(OpLogTest, AnExistingPondIsRefused) {
  create();
  try {
    create();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::AlreadyExists);
  }
}

TEST_F(OpLogTest, NotAPond) {
  fs::create_directories(where);
  try {
    OpLog::open(where);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::NotFound);
    EXPECT_NE(std::string(error.what()).find("not a pond"), std::string::npos);
  }
}

TEST_F(OpLogTest, AdoptedContentIsNamedByItsHash) {
  OpLog log = create();
  const auto source = where / "source";
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{5}, std::size_t{4} << 20U, (std::size_t{9} << 20U) + 7}) {
    std::string bytes(size, 'x');
    for (std::size_t i = 0; i < size; i += 4096)
      bytes[i] = static_cast<char>(i >> 12U);
    std::ofstream(source, std::ios::trunc) << bytes;
    const auto copied = log.adopt_copy(source, ".bin");
    EXPECT_EQ(copied.hash, Sha256::of(bytes));
    EXPECT_EQ(copied.size, static_cast<std::int64_t>(size));
    EXPECT_EQ(read_file(log.content_path(copied.location)), bytes);
    const auto staged = log.staging_path(".bin");
    std::ofstream(staged) << bytes;
    EXPECT_EQ(log.adopt_staged(staged, ".bin").location, copied.location);
    EXPECT_FALSE(fs::exists(staged));
  }
}

}  // namespace
}  // namespace pond::oplog

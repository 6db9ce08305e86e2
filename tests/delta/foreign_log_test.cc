// What other writers leave in a log: V2 checkpoints, compacted entries, times in commits, column
// mapping.
#include <arrow/type.h>

#include "delta/actions_json.h"
#include "delta/checkpoint.h"
#include "delta/log_names.h"
#include "delta_test_support.h"
#include "pond/time.h"

namespace pond::delta {
namespace {

using ForeignLogTest = DeltaTest;

std::string entry_name(std::int64_t version) {
  return entry_key(version).substr(kLogPrefix.size());
}

// A table of `count` + 1 versions with a file each but the first; its entries are left to the test.
std::vector<std::string> six_files() {
  return {"part=p/f1.parquet", "part=p/f2.parquet", "part=p/f3.parquet",
          "part=p/f4.parquet", "part=p/f5.parquet", "part=p/f6.parquet"};
}

const std::string kUuid = "80a083e8-7026-4e79-81be-64bd76c43a11";

TEST_F(ForeignLogTest, AV2CheckpointInJsonWithSidecars) {
  Table table = new_table(store());
  const Snapshot s = commit_files(table, table.snapshot(), 6);
  std::filesystem::create_directories(root / "_delta_log/_sidecars");
  // Sidecars hold file actions only; what else is in these says what the checkpoint says.
  write_log("_sidecars/a 1.parquet", write_checkpoint(table.snapshot_at(2)).bytes);
  write_log("_sidecars/b.parquet", write_checkpoint(s).bytes);
  const std::string checkpoint =
      to_json_lines({Protocol{3, 7, {"v2Checkpoint"}, {"v2Checkpoint"}}, s.metadata()}) +
      R"({"checkpointMetadata":{"version":6,"tags":{}}}
{"sidecar":{"path":"a%201.parquet","sizeInBytes":1,"modificationTime":1,"tags":{}}}
{"sidecar":{"path":"file:/elsewhere/_delta_log/_sidecars/b.parquet","sizeInBytes":1,"modificationTime":1}}
)";
  const std::string name = "00000000000000000006.checkpoint." + kUuid + ".json";
  write_log(name, checkpoint);
  for (int version = 0; version < 6; ++version)
    remove_log(entry_name(version));
  const auto check = [&] {
    const Snapshot found = Table::open(store()).snapshot();
    EXPECT_EQ(found.version(), 6);
    EXPECT_EQ(paths(found), six_files());
    EXPECT_EQ(found.commits_since_checkpoint(), 0);
    EXPECT_EQ(found.commit_info(), R"({"timestamp":7000,"operation":"WRITE"})");
  };
  check();  // found by listing
  write_log("_last_checkpoint",
            R"({"version":6,"size":9,"v2Checkpoint":{"path":")" + name + R"("}})");
  check();
  write_log("_last_checkpoint", R"({"version":6,"size":9,"v2Checkpoint":{"path":"no.json"}})");
  check();

  remove_log("_sidecars/b.parquet");
  EXPECT_TRUE(error_of([&] { Table::open(store()); }).starts_with("NotFound: "))
      << "names the sidecar";
}

TEST_F(ForeignLogTest, AV2CheckpointInParquet) {
  Table table = new_table(store());
  const Snapshot s = commit_files(table, table.snapshot(), 6);
  const std::string name = "00000000000000000006.checkpoint." + kUuid + ".parquet";
  write_log(name, write_checkpoint(s).bytes);
  for (int version = 0; version < 6; ++version)
    remove_log(entry_name(version));
  EXPECT_EQ(paths(Table::open(store()).snapshot()), six_files());
  write_log(name, "PAR1");
  EXPECT_TRUE(error_of([&] { Table::open(store()); }).starts_with("Corrupt: " + root.string()));
  // Beside a classic one of the same version, either will do.
  write_log("00000000000000000006.checkpoint.parquet", write_checkpoint(s).bytes);
  EXPECT_EQ(paths(Table::open(store()).snapshot()), six_files());
}

TEST_F(ForeignLogTest, OtherNamesAreNoCheckpoints) {
  write_log("00000000000000000002.checkpoint.80a083e8.parquet", "x");
  write_log("00000000000000000002.checkpoint." + kUuid + ".tmp", "x");
  write_log("00000000000000000002.00000000000000000001.compacted.json", "x");
  EXPECT_EQ(error_of([&] { Table::open(store()); }),
            "NotFound: no Delta table in " + root.string());
}

TEST_F(ForeignLogTest, CompactedEntriesStandForTheirRange) {
  Table table = new_table(store());
  Snapshot s = commit_files(table, table.snapshot(), 3);
  s = commit(table, s,
             {commit_info("DELETE", 5000), remove_of(add_of("p", "f2.parquet"), now_us() / 1000),
              Txn{"a", 7, {}}});
  s = commit_files(table, s, 2);
  write_log("00000000000000000000.00000000000000000005.compacted.json",
            to_json_lines({s.protocol(), s.metadata(), s.files()[0], s.files()[1], s.files()[2],
                           s.tombstones()[0], Txn{"a", 7, {}}}));
  const std::vector<std::string> expected{"part=p/f1.parquet", "part=p/f3.parquet",
                                          "part=p/f5.parquet", "part=p/f6.parquet"};
  const std::string kept = read_log(entry_name(5));
  // Time travel reads one file where it may.
  for (int version = 1; version <= 5; ++version)
    write_log(entry_name(version), "damaged");
  EXPECT_EQ(paths(table.snapshot_at(6)), expected);
  EXPECT_EQ(table.snapshot_at(6).commit_info(), R"({"timestamp":7000,"operation":"WRITE"})");
  write_log(entry_name(5), kept);
  const Snapshot five = table.snapshot_at(5);
  EXPECT_EQ(five.commit_info(), R"({"timestamp":6000,"operation":"WRITE"})");
  EXPECT_EQ(five.txns().at("a").version, 7);
  EXPECT_EQ(five.tombstones().size(), 1u);
  // So does opening, where the entries are gone.
  for (int version = 0; version <= 5; ++version)
    remove_log(entry_name(version));
  EXPECT_EQ(paths(Table::open(store()).snapshot()), expected);
  EXPECT_EQ(error_of([&] { table.snapshot_at(4); }),
            "NotFound: " + (root / "_delta_log" / entry_name(0)).string() + " is missing");
}

TEST_F(ForeignLogTest, ADamagedCompactionIsPassedOver) {
  Table table = new_table(store());
  const Snapshot s = commit_files(table, table.snapshot(), 6);
  write_log("00000000000000000001.00000000000000000005.compacted.json", "{");
  EXPECT_EQ(paths(table.snapshot_at(6)), six_files());
}

TEST_F(ForeignLogTest, ALongLogTakesTheCompactedEntries) {
  Table table = new_table(store());
  const Snapshot base = table.snapshot();
  const Snapshot s = commit_files(table, base, 150);
  std::vector<Action> actions{s.protocol(), s.metadata()};
  const Snapshot compacted = table.snapshot_at(140);
  for (const AddFile& file : compacted.files())
    actions.emplace_back(file);
  write_log("00000000000000000010.00000000000000000140.compacted.json", to_json_lines(actions));
  for (int version = 80; version < 140; ++version)
    write_log(entry_name(version), "damaged");
  EXPECT_EQ(Table::open(store()).snapshot().files().size(), 150u);
}

// --- times in commits
// --------------------------------------------------------------------------------------

const Protocol kInCommit{1, 7, {}, {"inCommitTimestamp"}};

Metadata in_commit_metadata() {
  Metadata metadata = metadata_partitioned_by_part();
  metadata.configuration["delta.enableInCommitTimestamps"] = "true";
  return metadata;
}

TEST_F(ForeignLogTest, ACommitGetsATimeAfterTheOneBefore) {
  const std::int64_t start = now_us() / 1000;
  Table table = Table::create(store(), kInCommit, in_commit_metadata(), {});
  EXPECT_TRUE(read_log(entry_name(0)).starts_with(R"({"commitInfo":{"inCommitTimestamp":)"));
  // A clock that goes wrong: the commit before is of the far future.
  write_log(entry_name(1), to_json_lines({CommitInfo{R"({"inCommitTimestamp":9000000000000})"},
                                          add_of("p", "f1.parquet")}));
  Snapshot s = commit_files(table, table.snapshot(), 1);
  EXPECT_EQ(s.commit_info(),
            R"({"inCommitTimestamp":9000000000001,"timestamp":3000,"operation":"WRITE"})");
  s = commit(table, s, {add_of("p", "f3.parquet")});
  EXPECT_EQ(s.commit_info(), R"({"inCommitTimestamp":9000000000002})");
  EXPECT_GE(table.entry(0)->time_ms, start);
  EXPECT_EQ(table.entry(2)->time_ms, 9000000000001);
  EXPECT_EQ(
      error_of([&] {
        commit(table, s, {CommitInfo{R"({"inCommitTimestamp":1})"}, add_of("p", "4")});
      }),
      "InvalidArgument: the commitInfo has an inCommitTimestamp, which is the table's to give");
}

TEST_F(ForeignLogTest, TimesInCommitsAreNotTurnedOnLater) {
  Table table = Table::create(store(), kInCommit, metadata_partitioned_by_part(), {});
  EXPECT_EQ(
      error_of([&] { commit(table, table.snapshot(), {in_commit_metadata()}); }),
      "Unsupported: table " + root.string() + ": in-commit timestamps cannot be turned on later");
}

TEST_F(ForeignLogTest, TimeTravelComparesTheTimesInUse) {
  // Before version 2 the entries' own times counted, and they were ahead.
  Metadata later = in_commit_metadata();
  later.configuration["delta.inCommitTimestampEnablementVersion"] = "2";
  later.configuration["delta.inCommitTimestampEnablementTimestamp"] = "5000";
  const auto info = [](const std::string& json) { return CommitInfo{json}; };
  write_log(entry_name(0), to_json_lines({info(R"({"timestamp":1000})"), kInCommit,
                                          metadata_partitioned_by_part()}));
  write_log(entry_name(1), to_json_lines({info(R"({"timestamp":8000})"), add_of("p", "1")}));
  write_log(entry_name(2),
            to_json_lines({info(R"({"timestamp":1,"inCommitTimestamp":5000})"), later}));
  write_log(entry_name(3),
            to_json_lines({info(R"({"timestamp":1,"inCommitTimestamp":6000})"), add_of("p", "3")}));
  const Table table = Table::open(store());
  const auto version = [&](std::int64_t ms) { return table.snapshot_at_time(ms * 1000).version(); };
  EXPECT_EQ(version(1000), 0);
  EXPECT_EQ(version(4999), 0);
  EXPECT_EQ(version(5000), 2);
  EXPECT_EQ(version(5999), 2);
  EXPECT_EQ(version(6000), 3);
  EXPECT_EQ(version(9000), 3);
}

// --- column mapping
// ----------------------------------------------------------------------------------------

TEST(ColumnMapping, IsOfTheProtocolAndTheTable) {
  Metadata metadata;
  const Protocol old{2, 5, {}, {}};
  EXPECT_EQ(column_mapping(old, metadata), ColumnMapping::None);
  metadata.configuration["delta.columnMapping.mode"] = "name";
  EXPECT_EQ(column_mapping(old, metadata), ColumnMapping::Name);
  EXPECT_EQ(column_mapping(Protocol{1, 2, {}, {}}, metadata), ColumnMapping::None);
  EXPECT_EQ(column_mapping(Protocol{3, 7, {}, {}}, metadata), ColumnMapping::None);
  metadata.configuration["delta.columnMapping.mode"] = "id";
  EXPECT_EQ(column_mapping(Protocol{3, 7, {"columnMapping"}, {}}, metadata), ColumnMapping::Id);
  metadata.configuration["delta.columnMapping.mode"] = "none";
  EXPECT_EQ(column_mapping(old, metadata), ColumnMapping::None);
  metadata.configuration["delta.columnMapping.mode"] = "number";
  EXPECT_EQ(error_of([&] { column_mapping(old, metadata); }),
            "Unsupported: column mapping mode 'number' is not supported");
}

TEST(ColumnMapping, NamesAndIdsAreInTheSchema) {
  const auto schema = schema_from_json(
      R"({"type":"struct","fields":[{"name":"a","type":"long","nullable":true,"metadata":)"
      R"({"delta.columnMapping.id":4,"delta.columnMapping.physicalName":"col-1"}},)"
      R"({"name":"b","type":"long","nullable":true,"metadata":{}}]})");
  EXPECT_EQ(physical_name(*schema->field(0), ColumnMapping::None), "a");
  EXPECT_EQ(physical_name(*schema->field(0), ColumnMapping::Name), "col-1");
  EXPECT_EQ(column_id(*schema->field(0)), 4);
  EXPECT_EQ(physical_name(*schema->field(1), ColumnMapping::None), "b");
  EXPECT_EQ(error_of([&] { physical_name(*schema->field(1), ColumnMapping::Id); }),
            "Corrupt: column b of a table with column mapping has no "
            "delta.columnMapping.physicalName");
}

}  // namespace
}  // namespace pond::delta

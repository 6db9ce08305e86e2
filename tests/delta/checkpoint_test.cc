// Checkpoints, and every way in which the log directory can be less than perfect.
#include <filesystem>

#include "delta/actions_json.h"
#include "delta/checkpoint.h"
#include "delta/log_names.h"
#include "delta_test_support.h"
#include "pond/time.h"

namespace pond::delta {
namespace {

namespace fs = std::filesystem;

using CheckpointTest = DeltaTest;

std::string entry_name(std::int64_t version) {
  return entry_key(version).substr(kLogPrefix.size());
}
std::string checkpoint_name(std::int64_t version) {
  return checkpoint_key(version).substr(kLogPrefix.size());
}

TEST_F(CheckpointTest, HoldsTheWholeState) {
  Metadata metadata = metadata_partitioned_by_part();
  metadata.name = "n";
  metadata.configuration = {{"k", "v"}, {"k2", ""}};
  Table table =
      Table::create(store(), Protocol{1, 7, {}, {"domainMetadata", "appendOnly"}}, metadata,
                    {DomainMetadata{"d", "c", false}, Txn{"a1", 1, {}}, Txn{"a2", 2, 3}});
  AddFile weird = add_of("a/b:c d%=ü\"'", "1 2%.parquet");
  weird.stats = R"({"numRecords":3})";
  weird.tags = {{"t", "u"}};
  AddFile null = add_of("", "2.parquet");
  null.partition_values["part"] = std::nullopt;
  const std::int64_t now = now_us() / 1000;
  Snapshot before = commit(table, table.snapshot(), {weird, null, add_of("gone", "3")});
  before = commit(table, before, {remove_of(add_of("gone", "3"), now)});
  EXPECT_EQ(before.commits_since_checkpoint(), 3);
  table.checkpoint(before);
  EXPECT_EQ(before.commits_since_checkpoint(), 0);
  remove_log(entry_name(0));
  remove_log(entry_name(1));
  remove_log(entry_name(2));

  const Snapshot after = Table::open(store()).snapshot();
  EXPECT_EQ(after.version(), 2);
  EXPECT_EQ(after.commits_since_checkpoint(), 0);
  EXPECT_EQ(after.commit_info(), "");
  // As JSON lines everything can be compared. A checkpoint's actions change no data.
  const auto lines = [](const Snapshot& s) {
    std::vector<Action> actions{s.protocol(), s.metadata(), s.txns().at("a1"), s.txns().at("a2"),
                                s.domains().at("d")};
    for (AddFile file : s.files()) {
      file.data_change = false;
      actions.push_back(file);
    }
    for (RemoveFile file : s.tombstones()) {
      file.data_change = false;
      actions.push_back(file);
    }
    return to_json_lines(actions);
  };
  EXPECT_EQ(lines(after), lines(before));
  EXPECT_EQ(after.files().size(), 2u);
  EXPECT_EQ(after.tombstones().size(), 1u);
}

TEST_F(CheckpointTest, IsWhereReadingStarts) {
  Table table = new_table(store());
  Snapshot s = commit_files(table, table.snapshot(), 10);
  table.checkpoint(s);
  EXPECT_EQ(read_log("_last_checkpoint").substr(0, 38),
            R"({"version":10,"size":12,"sizeInBytes":)");
  s = commit_files(table, s, 3);
  EXPECT_EQ(s.commits_since_checkpoint(), 3);
  for (int version = 0; version < 10; ++version)
    remove_log(entry_name(version));

  Table again = Table::open(store());
  EXPECT_EQ(again.snapshot().version(), 13);
  EXPECT_EQ(again.snapshot().files().size(), 13u);
  EXPECT_EQ(again.snapshot().commits_since_checkpoint(), 3);
  EXPECT_EQ(again.oldest_entry(), 10);
  EXPECT_EQ(again.snapshot_at(10).commit_info(), R"({"timestamp":11000,"operation":"WRITE"})");
  EXPECT_EQ(again.snapshot_at(11).files().size(), 11u);
  EXPECT_EQ(error_of([&] { again.snapshot_at(9); }),
            "NotFound: version 9 of " + root.string() + " is not there: versions 10 to 13 are");
}

TEST_F(CheckpointTest, TellsTheCommitInfoOfItsVersion) {
  Table table = new_table(store());
  table.checkpoint(commit_files(table, table.snapshot(), 2));
  EXPECT_EQ(Table::open(store()).snapshot().commit_info(),
            R"({"timestamp":3000,"operation":"WRITE"})");
}

TEST_F(CheckpointTest, TheHintMayBeMissingWrongOrOld) {
  Table table = new_table(store());
  Snapshot s = commit_files(table, table.snapshot(), 4);
  table.checkpoint(s);
  const std::string old_hint = read_log("_last_checkpoint");
  s = commit_files(table, s, 4);
  table.checkpoint(s);
  for (int version = 0; version <= 8; ++version) {
    if (version != 8) remove_log(entry_name(version));
  }
  const auto opens = [&] { return Table::open(store()).snapshot().files().size() == 8; };
  EXPECT_TRUE(opens());
  for (const std::string& hint :
       {std::string("{\"versi"), std::string("{\"version\":7,\"size\":1}"), std::string("[]"),
        std::string(), std::string("{\"version\":-1}"), std::string("{\"version\":4,\"parts\":3}"),
        old_hint}) {
    write_log("_last_checkpoint", hint);
    EXPECT_TRUE(opens()) << hint;
  }
  remove_log("_last_checkpoint");
  EXPECT_TRUE(opens());
  // The next checkpoint mends it.
  write_log("_last_checkpoint", "{\"version\":77,\"size\":1}");
  table.checkpoint(s);
  EXPECT_EQ(read_log("_last_checkpoint").substr(0, 13), "{\"version\":8,");
}

TEST_F(CheckpointTest, ADamagedOneIsPassedOver) {
  Table table = new_table(store());
  Snapshot s = commit_files(table, table.snapshot(), 3);
  table.checkpoint(s);
  s = commit_files(table, s, 3);
  table.checkpoint(s);
  const std::string good = read_log(checkpoint_name(6));
  for (const std::string& bad : {std::string("PAR1"), std::string(),
                                 good.substr(0, good.size() / 2), std::string(good.size(), '\0')}) {
    write_log(checkpoint_name(6), bad);
    EXPECT_EQ(Table::open(store()).snapshot().files().size(), 6u);
  }
  // With nothing to fall back on it is an error, which names the file.
  remove_log(checkpoint_name(3));
  remove_log(entry_name(0));
  const std::string error = error_of([&] { Table::open(store()); });
  EXPECT_TRUE(
      error.starts_with("Corrupt: " + (root / "_delta_log" / checkpoint_name(6)).string() + ": "))
      << error;
  // Writing it again mends it.
  table.checkpoint(s);
  EXPECT_EQ(Table::open(store()).snapshot().files().size(), 6u);
}

TEST_F(CheckpointTest, EveryFlippedByteIsRefusedOrRead) {
  Table table = new_table(store());
  const Snapshot s = commit_files(table, table.snapshot(), 5);
  const std::string good = write_checkpoint(s).bytes;
  for (std::size_t i = 0; i < good.size(); i += 7) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x55);
    try {
      read_checkpoint(bad, "c", [](std::vector<Action>) {});
    } catch (const Error&) {
    }
  }
}

TEST_F(CheckpointTest, InSeveralParts) {
  Table table = new_table(store());
  Snapshot s = commit_files(table, table.snapshot(), 2);
  // The protocol lets any action be in any part: each part here is a checkpoint of its own.
  const std::string first = write_checkpoint(table.snapshot_at(1)).bytes;
  const std::string second = write_checkpoint(s).bytes;
  const std::string stem = "00000000000000000002.checkpoint.000000000";
  write_log(stem + "1.0000000002.parquet", first);
  for (int version = 0; version <= 2; ++version)
    remove_log(entry_name(version));
  EXPECT_EQ(error_of([&] { Table::open(store()); }), "NotFound: no Delta table in " + root.string())
      << "a part alone is nothing";
  write_log(stem + "2.0000000002.parquet", second);
  EXPECT_EQ(Table::open(store()).snapshot().files().size(), 2u);
  write_log("_last_checkpoint", R"({"version":2,"size":6,"parts":2})");
  EXPECT_EQ(Table::open(store()).snapshot().version(), 2);
}

TEST_F(CheckpointTest, ALongLogLooksForACheckpoint) {
  Table table = new_table(store());
  const Snapshot base = table.snapshot();
  const Snapshot s = commit_files(table, base, 150);
  table.checkpoint(s);
  remove_log("_last_checkpoint");
  // Entries 64 … 149 are not needed: what is in them is not even read.
  for (int version = 80; version < 150; ++version)
    write_log(entry_name(version), "damaged");
  EXPECT_EQ(Table::open(store()).snapshot().files().size(), 150u);
  EXPECT_EQ(table.refresh(base).files().size(), 150u);
}

TEST_F(CheckpointTest, AMissingEntryIsCorrupt) {
  Table table = new_table(store());
  commit_files(table, table.snapshot(), 5);
  remove_log(entry_name(0));
  EXPECT_EQ(error_of([&] { Table::open(store()); }),
            "Corrupt: " + (root / "_delta_log" / entry_name(0)).string() +
                " is missing, although version 5 is there and no checkpoint covers it");
}

TEST_F(CheckpointTest, AnEntryMissingInTheMiddleIsCorrupt) {
  Table table = new_table(store());
  const Snapshot base = commit_files(table, table.snapshot(), 2);
  table.checkpoint(base);
  commit_files(table, base, 3);
  remove_log(entry_name(4));
  const std::string corrupt = "Corrupt: " + (root / "_delta_log" / entry_name(4)).string() +
                              " is missing, although version 5 is there and no checkpoint "
                              "covers it";
  EXPECT_EQ(error_of([&] { Table::open(store()); }), corrupt);
  remove_log(entry_name(5));
  EXPECT_EQ(Table::open(store()).snapshot().version(), 3) << "the end alone is not missed here";
}

TEST_F(CheckpointTest, ATornEntryIsCorrupt) {
  Table table = new_table(store());
  commit_files(table, table.snapshot(), 2);
  const std::string file = (root / "_delta_log" / entry_name(2)).string();
  const std::string whole = read_log(entry_name(2));
  write_log(entry_name(2), whole.substr(0, whole.size() - 10));
  EXPECT_EQ(error_of([&] { Table::open(store()); }),
            "Corrupt: " + file + ": line 2 is not valid JSON");
  write_log(entry_name(2), "");
  EXPECT_EQ(error_of([&] { Table::open(store()); }), "Corrupt: " + file + " is empty");
  EXPECT_EQ(table.snapshot_at(1).files().size(), 1u) << "what was before is still there";
}

TEST_F(CheckpointTest, ALogWithoutMetadataIsCorrupt) {
  write_log(entry_name(0), to_json_lines({Protocol{}}));
  EXPECT_EQ(error_of([&] { Table::open(store()); }),
            "Corrupt: the log of " + root.string() + " up to version 0 has no metaData");
}

TEST_F(CheckpointTest, FailsWithoutHarm) {
  Table table = new_table(store());
  const Snapshot s = commit_files(table, table.snapshot(), 2);
  fs::create_directory(root / "_delta_log" / checkpoint_name(2));  // in the way
  EXPECT_NE(error_of([&] { table.checkpoint(s); }), "nothing");
  EXPECT_FALSE(has_log("_last_checkpoint"));
  EXPECT_EQ(Table::open(store()).snapshot().version(), 2);
}

}  // namespace
}  // namespace pond::delta

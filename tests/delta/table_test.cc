#include <chrono>
#include <set>
#include <thread>

#include "delta/actions_json.h"
#include "delta_test_support.h"
#include "pond/time.h"

namespace pond::delta {
namespace {

using TableTest = DeltaTest;

const auto kAlways = [](const CommitEntry&) { return true; };
const auto kNever = [](const CommitEntry&) { return false; };

auto these(std::vector<Action> actions) {
  return [actions](std::int64_t, const Snapshot&) { return actions; };
}

TEST_F(TableTest, IsCreatedAndOpened) {
  Table created = new_table(store());
  EXPECT_EQ(
      read_log("00000000000000000000.json"),
      to_json_lines({commit_info("CREATE", 1000), Protocol{}, metadata_partitioned_by_part()}));
  for (const Snapshot& snapshot : {created.snapshot(), Table::open(store()).snapshot()}) {
    EXPECT_EQ(snapshot.version(), 0);
    EXPECT_EQ(snapshot.metadata().partition_columns, std::vector<std::string>{"part"});
    EXPECT_EQ(snapshot.protocol().min_writer_version, 2);
    EXPECT_TRUE(snapshot.files().empty());
    EXPECT_EQ(snapshot.commit_info(), R"({"timestamp":1000,"operation":"CREATE"})");
    EXPECT_EQ(snapshot.commits_since_checkpoint(), 1);
  }
  EXPECT_EQ(error_of([&] { new_table(store()); }),
            "AlreadyExists: there is a Delta table in " + root.string());
}

TEST_F(TableTest, IsNotThere) {
  EXPECT_EQ(error_of([&] { Table::open(store()); }),
            "NotFound: no Delta table in " + root.string());
}

TEST_F(TableTest, FollowsAddsAndRemoves) {
  Table table = new_table(store());
  const AddFile a1 = add_of("a", "1"), a2 = add_of("a", "2"), b = add_of("b", "1");
  Snapshot s = commit(table, table.snapshot(), {a2, b, Txn{"app", 1, {}}});
  const std::int64_t now = now_us() / 1000;
  s = commit(table, s, {remove_of(b, now), a1, Txn{"app", 2, 77}});
  for (const Snapshot& snapshot : {s, table.snapshot(), Table::open(store()).snapshot()}) {
    EXPECT_EQ(snapshot.version(), 2);
    EXPECT_EQ(paths(snapshot), (std::vector<std::string>{"part=a/1", "part=a/2"}));
    ASSERT_EQ(snapshot.files_of_partition("a").size(), 2u);
    EXPECT_EQ(snapshot.files_of_partition("a")[0], &snapshot.files()[0]);
    EXPECT_TRUE(snapshot.files_of_partition("b").empty());
    ASSERT_EQ(snapshot.tombstones().size(), 1u);
    EXPECT_EQ(snapshot.tombstones()[0].path, "part=b/1");
    EXPECT_EQ(snapshot.txns().at("app").version, 2);
    EXPECT_EQ(snapshot.commit_info(), "");
  }
  // A file that comes back has no tombstone.
  s = commit(table, s, {b});
  EXPECT_TRUE(s.tombstones().empty());
  EXPECT_EQ(s.files_of_partition("b").size(), 1u);
}

TEST_F(TableTest, ForgetsTombstonesThatHaveExpired) {
  Table table = new_table(store(), {{"delta.deletedFileRetentionDuration", "interval 2 hours"}});
  const AddFile old = add_of("a", "1"), recent = add_of("a", "2");
  Snapshot s = commit(table, table.snapshot(), {old, recent});
  const std::int64_t now = now_us() / 1000;
  commit(table, s, {remove_of(old, now - 3 * 3'600'000), remove_of(recent, now - 3'600'000)});
  s = Table::open(store()).snapshot();
  ASSERT_EQ(s.tombstones().size(), 1u);
  EXPECT_EQ(s.tombstones()[0].path, "part=a/2");
}

TEST_F(TableTest, ASnapshotStaysAsItWas) {
  Table table = new_table(store());
  const Snapshot one = commit(table, table.snapshot(), {add_of("a", "1")});
  const Snapshot two = commit(table, one, {remove_of(add_of("a", "1"), 1), add_of("a", "2")});
  EXPECT_EQ(paths(one), std::vector<std::string>{"part=a/1"});
  EXPECT_EQ(paths(two), std::vector<std::string>{"part=a/2"});
  EXPECT_EQ(table.refresh(one).version(), 2);
  EXPECT_EQ(one.version(), 1);
}

TEST_F(TableTest, KeepsDomains) {
  Metadata metadata = metadata_partitioned_by_part();
  Table table =
      Table::create(store(), Protocol{1, 7, {}, {"domainMetadata"}}, metadata,
                    {DomainMetadata{"mine", "x", false}, DomainMetadata{"other", "y", false}});
  commit(table, table.snapshot(), {DomainMetadata{"other", "y", true}});
  const Snapshot s = Table::open(store()).snapshot();
  ASSERT_EQ(s.domains().size(), 1u);
  EXPECT_EQ(s.domains().at("mine").configuration, "x");
}

TEST_F(TableTest, ASecondWriterGoesOnTop) {
  Table first = new_table(store());
  Table second = Table::open(store());
  const Snapshot base = second.snapshot();
  commit(first, first.snapshot(), {commit_info("A", 5000), add_of("a", "1")});
  commit(first, first.snapshot(), {commit_info("B", 6000), add_of("a", "2")});

  std::vector<std::int64_t> tried, seen;
  const CommitResult result = second.commit(
      base,
      [&](std::int64_t version, const Snapshot& below) {
        EXPECT_EQ(below.version(), version - 1);
        tried.push_back(version);
        return std::vector<Action>{add_of("b", "1")};
      },
      [&](const CommitEntry& theirs) {
        seen.push_back(theirs.version);
        EXPECT_EQ(theirs.time_ms, theirs.version == 1 ? 5000 : 6000);
        EXPECT_EQ(theirs.actions.size(), 2u);
        return true;
      });
  EXPECT_EQ(result.version, 3);
  EXPECT_EQ(tried, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(seen, (std::vector<std::int64_t>{1, 2}));
  const std::vector<std::string> all{"part=a/1", "part=a/2", "part=b/1"};
  EXPECT_EQ(paths(result.snapshot), all);
  EXPECT_EQ(paths(first.snapshot()), all);
}

TEST_F(TableTest, ConflictsNameTheVersionAndWhatItDid) {
  Table first = new_table(store());
  const Snapshot base = first.snapshot();
  commit(first, base, {commit_info("WRITE", 5000), add_of("a", "1")});
  Table second = Table::open(store());
  EXPECT_EQ(
      error_of([&] { second.commit(base, these({add_of("b", "1")}), kNever); }),
      "Conflict: another writer committed version 1 of " + root.string() +
          " (WRITE), which added 1 and removed 0 files (part=a/1) that this change depends on");
  EXPECT_FALSE(has_log("00000000000000000002.json"));
}

TEST_F(TableTest, AnotherWritersMetadataIsAConflict) {
  Table first = new_table(store());
  const Snapshot base = first.snapshot();
  commit(first, base, {metadata_partitioned_by_part()});
  EXPECT_EQ(error_of([&] { first.commit(base, these({add_of("b", "1")}), kAlways); }),
            "Conflict: another writer committed version 1 of " + root.string() +
                ", which changed the table's metadata");
}

TEST_F(TableTest, AFileIsRemovedOnce) {
  Table table = new_table(store());
  const AddFile file = add_of("a", "1");
  const Snapshot base = commit(table, table.snapshot(), {file});
  commit(table, base, {remove_of(file, 1)});
  EXPECT_EQ(error_of([&] { table.commit(base, these({remove_of(file, 2)}), kAlways); }),
            "Conflict: another writer committed version 2 of " + root.string() +
                ", which removed part=a/1 already");
}

TEST_F(TableTest, ATxnIsCommittedOnce) {
  Table table = new_table(store());
  const Snapshot base = table.snapshot();
  commit(table, base, {Txn{"app", 4, {}}, add_of("a", "1")});
  EXPECT_EQ(error_of([&] {
              table.commit(base, these({Txn{"app", 4, {}}}), kAlways);
            }),
            "Conflict: another writer committed version 1 of " + root.string() +
                ", which has txn 4 of app");
  EXPECT_EQ(table.commit(base, these({Txn{"other", 4, {}}}), kAlways).version, 2);
}

TEST_F(TableTest, AnOldBaseWhoseSuccessorsExpiredIsAConflict) {
  Table table = new_table(store());
  const Snapshot base = table.snapshot();
  const Snapshot latest = commit_files(table, base, 3);
  table.checkpoint(latest);
  for (int version = 0; version < 3; ++version)
    remove_log("0000000000000000000" + std::to_string(version) + ".json");
  EXPECT_EQ(error_of([&] { table.commit(base, these({add_of("b", "1")}), kAlways); }),
            "Conflict: the log entries after version 0 of " + root.string() +
                " have expired; the latest is 3");
  EXPECT_EQ(table.refresh(base).version(), 3);
}

TEST_F(TableTest, EightWritersLoseNothing) {
  constexpr int kWriters = 8, kCommits = 50;
  new_table(store());
  std::vector<std::thread> threads;
  for (int writer = 0; writer < kWriters; ++writer) {
    threads.emplace_back([&, writer] {
      Table table = Table::open(store());
      Snapshot base = table.snapshot();
      for (int i = 0; i < kCommits; ++i) {
        base = commit(table, base,
                      {commit_info("WRITE", 1), add_of(std::to_string(writer), std::to_string(i))});
      }
    });
  }
  for (auto& thread : threads)
    thread.join();
  Table table = Table::open(store());
  const Snapshot s = table.snapshot();
  EXPECT_EQ(s.version(), kWriters * kCommits);
  EXPECT_EQ(s.files().size(), std::size_t{kWriters * kCommits});
  for (int writer = 0; writer < kWriters; ++writer)
    EXPECT_EQ(s.files_of_partition(std::to_string(writer)).size(), std::size_t{kCommits});
  // Each exactly once: every entry after 0 adds one file, and no file twice.
  std::set<std::string> added;
  for (std::int64_t v = 1; v <= s.version(); ++v) {
    const auto entry = table.entry(v);
    ASSERT_TRUE(entry);
    for (const auto& action : entry->actions) {
      const auto* add = std::get_if<AddFile>(&action);
      if (add != nullptr) {
        EXPECT_TRUE(added.insert(add->path).second);
      }
    }
  }
  EXPECT_EQ(added.size(), s.files().size());
}

TEST_F(TableTest, RefusesActionsThatDoNotFit) {
  Table table = new_table(store());
  const auto error = [&](std::vector<Action> actions) {
    return error_of([&] { table.commit(table.snapshot(), these(actions), kAlways); });
  };
  EXPECT_EQ(error({}), "InvalidArgument: a commit needs at least one action");
  AddFile add = add_of("a", "1");
  EXPECT_EQ(error({add, remove_of(add, 1)}), "InvalidArgument: two actions for the file part=a/1");
  add.partition_values.clear();
  EXPECT_EQ(error({add}),
            "InvalidArgument: the partition values of part=a/1 are not those of the table");
  EXPECT_EQ(error({commit_info("A", 1), commit_info("B", 1)}),
            "InvalidArgument: a commit has one commitInfo");
  EXPECT_EQ(error({DomainMetadata{"d", "", false}}),
            "InvalidArgument: the table's protocol lacks the writer feature 'domainMetadata'");
  Metadata metadata = metadata_partitioned_by_part();
  metadata.schema_string = "{}";
  EXPECT_EQ(error({metadata}), "InvalidArgument: malformed schema: no 'type'");
  EXPECT_EQ(table.snapshot().version(), 0);
}

TEST_F(TableTest, AnAppendOnlyTableKeepsItsRows) {
  Table table = new_table(store(), {{"delta.appendOnly", "true"}});
  const AddFile file = add_of("a", "1");
  const Snapshot s = commit(table, table.snapshot(), {file});
  RemoveFile remove = remove_of(file, 1);
  EXPECT_EQ(error_of([&] { table.commit(s, these({remove}), kAlways); }),
            "InvalidArgument: the table is append-only: part=a/1 cannot be removed");
  remove.data_change = false;  // a compaction
  EXPECT_EQ(commit(table, s, {remove, add_of("a", "2")}).files().size(), 1u);
}

// A table as another program left it: entry 0 with this protocol and metadata.
std::string foreign(const Protocol& protocol, std::map<std::string, std::string> configuration = {},
                    const std::string& schema = kSchema) {
  Metadata metadata = metadata_partitioned_by_part();
  metadata.configuration = std::move(configuration);
  metadata.schema_string = schema;
  return to_json_lines({protocol, metadata});
}

TEST_F(TableTest, RefusesToReadWhatItDoesNotKnow) {
  const auto error = [&](const std::string& entry) {
    write_log("00000000000000000000.json", entry);
    return error_of([&] { Table::open(store()); });
  };
  const std::string table = "Unsupported: table " + root.string() + ": ";
  EXPECT_EQ(error(foreign(Protocol{4, 7, {}, {}})), table + "reader version 4 is not supported");
  EXPECT_EQ(error(foreign(Protocol{3, 7, {"deletionVectors"}, {"deletionVectors"}})), "nothing");
  for (const std::string feature :
       {"typeWidening", "variantType", "catalogManaged", "typeWidening-preview"})
    EXPECT_EQ(error(foreign(Protocol{3, 7, {feature}, {feature}})),
              table + "reader feature '" + feature + "' is not supported");
  EXPECT_EQ(error(foreign(Protocol{3, 7, {"timestampNtz", "teleport"}, {}})),
            table + "reader feature 'teleport' is not supported");
  EXPECT_EQ(error(foreign(Protocol{2, 5, {}, {}}, {{"delta.columnMapping.mode", "name"}})),
            "nothing");
  EXPECT_EQ(error(foreign(Protocol{2, 5, {}, {}})), "nothing");
  EXPECT_EQ(error(foreign(Protocol{3, 7, {"timestampNtz"}, {"timestampNtz"}})), "nothing");
}

TEST_F(TableTest, ReadsWhatItMayNotWrite) {
  const auto error = [&](const std::string& entry) {
    write_log("00000000000000000000.json", entry);
    Table table = Table::open(store());
    return error_of([&] { table.commit(table.snapshot(), these({add_of("a", "1")}), kAlways); });
  };
  const std::string table = "Unsupported: table " + root.string() + ": ";
  EXPECT_EQ(error(foreign(Protocol{1, 8, {}, {}})), table + "writer version 8 is not supported");
  EXPECT_EQ(error(foreign(Protocol{1, 7, {}, {"rowTracking"}})),
            table + "writer feature 'rowTracking' is not supported");
  EXPECT_EQ(error(foreign(Protocol{1, 3, {}, {}}, {{"delta.constraints.positive", "v > 0"}})),
            table + "writer feature 'checkConstraints' is not supported");
  EXPECT_EQ(error(foreign(Protocol{1, 4, {}, {}}, {{"delta.enableChangeDataFeed", "true"}})),
            table + "writer feature 'changeDataFeed' is not supported");
  const auto with_column_metadata = [](const std::string& key) {
    return R"({"type":"struct","fields":[{"name":"v","type":"long","nullable":true,"metadata":{")" +
           key + R"(":"x"}}]})";
  };
  EXPECT_EQ(error(foreign(Protocol{1, 2, {}, {}}, {}, with_column_metadata("delta.invariants"))),
            table + "writer feature 'invariants' is not supported");
  EXPECT_EQ(error(foreign(Protocol{1, 4, {}, {}}, {},
                          with_column_metadata("delta.generationExpression"))),
            table + "writer feature 'generatedColumns' is not supported");
  EXPECT_EQ(error(foreign(Protocol{1, 7, {}, {"invariants", "appendOnly", "checkConstraints"}})),
            "nothing");
}

TEST_F(TableTest, TravelsToAVersion) {
  Table table = new_table(store());
  commit_files(table, table.snapshot(), 5);
  EXPECT_EQ(paths(table.snapshot_at(0)), std::vector<std::string>{});
  const Snapshot three = table.snapshot_at(3);
  EXPECT_EQ(paths(three), (std::vector<std::string>{"part=p/f1.parquet", "part=p/f2.parquet",
                                                    "part=p/f3.parquet"}));
  EXPECT_EQ(three.commit_info(), R"({"timestamp":4000,"operation":"WRITE"})");
  EXPECT_EQ(error_of([&] { table.snapshot_at(6); }),
            "NotFound: version 6 of " + root.string() + " is not there: versions 0 to 5 are");
}

TEST_F(TableTest, TravelsToATime) {
  Table table = new_table(store());          // at 1 s
  commit_files(table, table.snapshot(), 3);  // at 2, 3, 4 s
  Snapshot s =
      commit(table, table.snapshot(), {commit_info("CLOCK SET BACK", 500), add_of("q", "1")});
  commit(table, s, {commit_info("WRITE", 6000), add_of("q", "2")});
  const auto version_at = [&](std::int64_t us) { return table.snapshot_at_time(us).version(); };
  EXPECT_EQ(version_at(1'000'000), 0);
  EXPECT_EQ(version_at(2'999'999), 1);
  EXPECT_EQ(version_at(3'000'000), 2);
  EXPECT_EQ(version_at(4'000'000), 3);
  EXPECT_EQ(version_at(4'001'000), 4) << "an entry is later than the one before";
  EXPECT_EQ(version_at(5'999'999), 4);
  EXPECT_EQ(version_at(now_us()), 5);
  EXPECT_EQ(
      error_of([&] { table.snapshot_at_time(999'999); }),
      "NotFound: no version of " + root.string() +
          " at 1970-01-01T00:00:00.999Z: the first one still there is of 1970-01-01T00:00:01Z");
}

TEST_F(TableTest, AnEntryWithoutTimeHasItsFiles) {
  new_table(store());
  write_log("00000000000000000001.json", to_json_lines({add_of("a", "1")}));
  const auto entry = Table::open(store()).entry(1);
  ASSERT_TRUE(entry);
  EXPECT_NEAR(static_cast<double>(entry->time_ms), static_cast<double>(now_us()) / 1000, 60'000.0);
  EXPECT_EQ(Table::open(store()).entry(2), std::nullopt);
  EXPECT_EQ(Table::open(store()).oldest_entry(), 0);
}

}  // namespace
}  // namespace pond::delta

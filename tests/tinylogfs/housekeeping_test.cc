// A pond that runs for long: few files, readers undisturbed, the past still told.
#include <fstream>

#include "pond/check.h"
#include "pond/error.h"
#include "tinylogfs/scene.h"

namespace pond::tinylogfs {
namespace {

namespace stdfs = std::filesystem;

class Housekeeping : public PondTest {
 protected:
  stdfs::path pond() const { return directory.path() / "pond"; }

  void append(std::int64_t second) {
    commit([&] {
      auto node = root().find("/a.series");
      if (!node) node = root().create_file("/a.series", tinyfs::Kind::Series);
      keep(*node).append(*readings({second}, {1.0}));
    });
  }
  void append_many(int count) {
    for (int i = 0; i < count; ++i)
      append(next++);
  }
  std::uint64_t rows() {
    std::uint64_t count = 0;
    for (const auto& segment : file("/a.series").segments())
      count += segment.last_row - segment.first_row;
    return count;
  }
  std::size_t files(const std::string& folder = "") const {
    std::size_t count = 0;
    for (const auto& item : stdfs::recursive_directory_iterator(pond() / folder))
      count += item.is_regular_file() ? 1 : 0;
    return count;
  }
  void keep_no_time() { backend->oplog().configure("keep_minutes", "0", {.command = "config"}); }
  CheckReport check() { return check_pond(backend->oplog(), {}); }

  std::int64_t next = 1;
};

TEST_F(Housekeeping, FilesStayFewAndTheLogReachesBack) {
  append_many(500);
  EXPECT_LT(files(), 700U);
  EXPECT_LE(files("_delta_log"), 300U);
  EXPECT_LT(files("history"), 12U);
  EXPECT_EQ(rows(), 500U);
  const auto log = backend->oplog().log(0);
  ASSERT_EQ(log.size(), 501U);
  EXPECT_EQ(log.back().command, "init");
  const auto report = check();
  EXPECT_TRUE(report.damages.empty());
  EXPECT_EQ(report.commits, 501);
}

TEST_F(Housekeeping, ShowTellsTheVersionsOfAnOldTransaction) {
  keep_no_time();
  append_many(250);
  const auto shown = backend->oplog().show(7);
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0].txn, 7);
  EXPECT_EQ(shown[0].rows, 1);
  EXPECT_EQ(shown[0].min_time_us, 6'000'000);  // transaction 1 was the configuration
}

TEST(Retention, WhatOtherProgramsPromisedIsKept) {
  delta::Metadata metadata;
  EXPECT_EQ(oplog::Retention::of(metadata).keep_minutes, 60);
  metadata.configuration["delta.logRetentionDuration"] = "interval 30 days";
  metadata.configuration["delta.deletedFileRetentionDuration"] = "interval 2 hours";
  const auto longer = oplog::Retention::of(metadata);
  EXPECT_GE(longer.keep_minutes, 30 * 24 * 60);
  EXPECT_EQ(longer.most_commits, std::numeric_limits<std::int64_t>::max());
  metadata.configuration["delta.logRetentionDuration"] = "a month of Sundays";
  EXPECT_GE(oplog::Retention::of(metadata).keep_minutes, 7 * 24 * 60);
}

TEST_F(Housekeeping, AReaderKeepsItsVersion) {
  keep_no_time();
  append_many(60);
  const auto reading = OpLogBackend::open(pond());
  append_many(300);
  // Its log entry, its files: everything is still there, and read only now.
  tinyfs::FS past(reading);
  const auto node = past.root().get("/a.series");
  std::uint64_t count = 0;
  for (const auto& segment : as_oplog_file(*node.node())->segments())
    count += segment.last_row - segment.first_row;
  EXPECT_EQ(count, 60U);
  EXPECT_GT(files("_delta_log"), 300U);
}

TEST_F(Housekeeping, WhatAReaderHeldGoesWhenItIsDone) {
  keep_no_time();
  {
    const auto reading = OpLogBackend::open(pond());
    append_many(250);
  }
  append_many(10);
  EXPECT_LT(files("_delta_log"), 250U);
}

TEST_F(Housekeeping, SettingsAreCheckedAndKept) {
  auto& log = backend->oplog();
  log.configure("keep_commits", "20", {.command = "config"});
  reopen();
  EXPECT_EQ(oplog::Retention::of(backend->oplog().snapshot().metadata()).keep_commits, 20);
  const auto said = [&](const std::string& key, const std::string& value) -> std::string {
    try {
      backend->oplog().configure(key, value, {});
    } catch (const Error& error) {
      return std::string(error.what()) + " | " + error.hint();
    }
    return "";
  };
  EXPECT_EQ(said("keep_comits", "1"),
            "no setting maintenance.keep_comits | did you mean maintenance.keep_commits?");
  EXPECT_EQ(said("keep_commits", "-1"),
            "maintenance.keep_commits is a number, 0 or more: not '-1' | ");
}

TEST_F(Housekeeping, CompactionChangesNothingThatIsRead) {
  append_many(123);
  commit([&] {
    root().create_file("/notes", tinyfs::Kind::Data).as_file().write(*tinyfs::read_bytes("a"));
  });
  commit([&] { root().get("/notes").as_file().write(*tinyfs::read_bytes("b")); });
  const auto before = check();
  const auto report = backend->oplog().compact({}, {.command = "maintain"});
  EXPECT_EQ(report.commits, 1);
  EXPECT_EQ(backend->oplog().compact({}, {.command = "maintain"}).commits, 0);
  reopen();
  const auto after = check();
  EXPECT_TRUE(after.damages.empty());
  EXPECT_EQ(before.root, after.root);
  EXPECT_EQ(backend->oplog().snapshot().files().size(), 1U);
  EXPECT_EQ(file("/a.series").versions().size(), 123U);
  EXPECT_EQ(file("/notes").versions().size(), 2U);
}

TEST_F(Housekeeping, CollapseRetiresReplacedVersionsAndVacuumTheirContents) {
  const std::string large(200'000, 'x');
  for (int i = 0; i < 5; ++i)
    commit([&] {
      if (!root().find("/big")) root().create_file("/big", tinyfs::Kind::Data);
      root().get("/big").as_file().write(*tinyfs::read_bytes(large + std::to_string(i)));
    });
  append_many(5);
  EXPECT_EQ(files("content"), 5U);
  EXPECT_EQ(backend->oplog()
                .compact({.keep_versions = 2, .progress = {}}, {.command = "maintain"})
                .versions,
            3);
  keep_no_time();
  backend->oplog().configure("keep_commits", "0", {.command = "config"});
  backend->oplog().configure("most_commits", "0", {.command = "config"});
  backend->oplog().keep_house(oplog::Retention::of(backend->oplog().snapshot().metadata()));
  append_many(2);
  backend->oplog().keep_house(oplog::Retention::of(backend->oplog().snapshot().metadata()));
  const auto swept = backend->oplog().vacuum(false);
  EXPECT_EQ(swept.removed.size(), 3U);
  EXPECT_EQ(files("content"), 2U);
  reopen();
  EXPECT_EQ(file("/big").versions().size(), 2U);
  EXPECT_EQ(rows(), 7U);
  EXPECT_TRUE(check().damages.empty());
}

TEST_F(Housekeeping, VacuumTakesLeftoversAndNothingElse) {
  append_many(30);
  std::ofstream(pond() / "content-not-ours") << "x";
  stdfs::create_directories(pond() / "content/aa");
  std::ofstream(pond() / "content/aa/.tmp-1.parquet") << "x";
  std::ofstream(pond() / "_delta_log/.tmp-2") << "x";
  const std::string part = "part_id=" + tinyfs::kRootId.to_string();
  std::ofstream(pond() / part / "leftover.parquet") << "x";
  EXPECT_EQ(backend->oplog().vacuum(true).removed.size(), 3U);
  const auto swept = backend->oplog().vacuum(false);
  EXPECT_EQ(swept.removed,
            (std::vector<std::string>{"_delta_log/.tmp-2", "content/aa/.tmp-1.parquet",
                                      part + "/leftover.parquet"}));
  EXPECT_TRUE(stdfs::exists(pond() / "content-not-ours"));
  EXPECT_TRUE(check().damages.empty());
  EXPECT_EQ(rows(), 30U);
}

TEST_F(Housekeeping, VacuumWaitsForNobodysOpenWork) {
  const auto writing = OpLogBackend::open(pond());
  tinyfs::FS other(writing);
  auto transaction = other.begin();
  other.root()
      .create_file("/big", tinyfs::Kind::Data)
      .as_file()
      .write(*tinyfs::read_bytes(std::string(200'000, 'x')));
  EXPECT_THROW(backend->oplog().vacuum(false), Error);
  transaction.commit({.command = "copy"});
  EXPECT_EQ(backend->oplog().vacuum(false).removed.size(), 0U);
}

}  // namespace
}  // namespace pond::tinylogfs

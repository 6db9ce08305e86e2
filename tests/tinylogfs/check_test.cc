// fsck and recover: a flipped bit anywhere is found and named, and the way back is there.
#include <fstream>
#include <map>
#include <set>

#include "base/file.h"
#include "pond/check.h"
#include "pond/error.h"
#include "tinylogfs/scene.h"

namespace pond::tinylogfs {
namespace {

namespace stdfs = std::filesystem;

class Check : public PondTest {
 protected:
  Check() {
    commit([&] {
      root().create_directory("/sensors");
      make("/sensors/dock.series", tinyfs::Kind::Series).append(*readings({1, 2}, {0.5, 1.5}));
    });
    commit([&] { file("/sensors/dock.series").append(*many_readings(10, 20'000)); });
    commit([&] {
      root().create_file("/notes", tinyfs::Kind::Data).as_file().write(*tinyfs::read_bytes("calm"));
    });
  }
  stdfs::path pond() const { return directory.path() / "pond"; }

  // A byte in the middle of a file of the pond, changed.
  static void flip(const stdfs::path& path) {
    std::string bytes = read_file(path);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
    std::ofstream(path, std::ios::binary) << bytes;
  }
  // What a check of the pond, opened anew, finds: "where: what" or the error of opening.
  std::vector<std::string> found(bool quick = false) {
    std::vector<std::string> damages;
    try {
      reopen();
      for (const auto& damage :
           check_pond(backend->oplog(), {.quick = quick, .paths = {}, .progress = {}}).damages)
        damages.push_back(damage.where + ": " + damage.what);
    } catch (const Error& error) {
      damages.emplace_back(error.what());
    }
    return damages;
  }
};

TEST_F(Check, AWholePondHasARootThatItsCopyHasToo) {
  const auto report = check_pond(backend->oplog(), {});
  EXPECT_TRUE(report.damages.empty());
  EXPECT_EQ(report.root.size(), 64U);
  EXPECT_EQ(report.commits, 4);
  EXPECT_EQ(report.nodes, 4U);  // the root and what is below it
  EXPECT_EQ(report.versions, 3U);
  stdfs::copy(pond(), directory.path() / "copy", stdfs::copy_options::recursive);
  const auto copy = OpLogBackend::open(directory.path() / "copy");
  EXPECT_EQ(check_pond(copy->oplog(), {}).root, report.root);
  commit([&] { root().create_directory("/more"); });
  EXPECT_NE(check_pond(backend->oplog(), {}).root, report.root);
}

TEST_F(Check, OnlyAPath) {
  const auto report =
      check_pond(backend->oplog(), {.quick = false, .paths = {"/sensors"}, .progress = {}});
  EXPECT_EQ(report.versions, 2U);
  EXPECT_EQ(report.root, "");
  EXPECT_THROW(check_pond(backend->oplog(), {.quick = false, .paths = {"/sensor"}, .progress = {}}),
               Error);
}

TEST_F(Check, AFlippedBitInAnyFileIsFound) {
  for (int i = 0; i < 8; ++i)
    commit([&] { root().create_directory("/d" + std::to_string(i)); });
  std::set<stdfs::path> files;
  for (const auto& file : backend->oplog().snapshot().files())
    files.insert(pond() / file.path);
  for (const char* folder : {"_delta_log", "content"})
    for (const auto& item : stdfs::recursive_directory_iterator(pond() / folder))
      if (item.is_regular_file()) files.insert(item.path());
  ASSERT_GT(files.size(), 20U);
  for (const auto& path : files) {
    const std::string name = path.filename().string();
    // Hints and what saves time: without them, or with wrong ones, nothing is lost.
    if (name == "_last_checkpoint" || name.find(".checkpoint.") != std::string::npos) continue;
    const std::string bytes = read_file(path);
    flip(path);
    EXPECT_FALSE(found().empty()) << path;
    std::ofstream(path, std::ios::binary) << bytes;
  }
  EXPECT_EQ(found(), std::vector<std::string>());
}

TEST_F(Check, LostAndDamagedContentsAreNamedByTheirPath) {
  stdfs::path content;
  for (const auto& item : stdfs::recursive_directory_iterator(pond() / "content"))
    if (item.is_regular_file()) content = item.path();
  const std::string key = content.lexically_relative(pond()).string();
  const std::string bytes = read_file(content);
  flip(content);
  EXPECT_EQ(found(true), std::vector<std::string>());  // a quick look does not read it
  EXPECT_EQ(found(), (std::vector<std::string>{"/sensors/dock.series: version 2 is damaged: " +
                                               key + " differs from its hash"}));
  std::ofstream(content, std::ios::binary) << bytes.substr(0, 100);
  EXPECT_EQ(found(true),
            (std::vector<std::string>{"/sensors/dock.series: version 2 is damaged: " + key +
                                      " has 100 bytes, not " + std::to_string(bytes.size())}));
  stdfs::remove(content);
  EXPECT_EQ(found(true), (std::vector<std::string>{
                             "/sensors/dock.series: version 2 is lost: " + key + " is missing"}));
  const auto rest =
      check_pond(backend->oplog(), {.quick = false, .paths = {"/notes"}, .progress = {}});
  EXPECT_TRUE(rest.damages.empty());
}

TEST_F(Check, ACommitTakenOutIsMissed) {
  stdfs::remove(pond() / "_delta_log/00000000000000000002.json");
  EXPECT_EQ(found(true),
            (std::vector<std::string>{
                (pond() / "_delta_log/00000000000000000002.json").string() +
                " is missing, although version 3 is there and no checkpoint covers it"}));
}

TEST_F(Check, AnAlteredCommitIsFound) {
  const auto entry = pond() / "_delta_log/00000000000000000002.json";
  std::string text = read_file(entry);
  const auto author = text.find("\"author\"");
  ASSERT_NE(author, std::string::npos);
  text[author + 11] = text[author + 11] == 'x' ? 'y' : 'x';
  std::ofstream(entry, std::ios::binary) << text;
  EXPECT_EQ(
      found(),
      (std::vector<std::string>{
          "_delta_log/00000000000000000002.json: transaction 2 was altered: its link of the chain "
          "does not fit"}));
}

TEST_F(Check, RecoverGoesBackToTheLastWholeTransactionAndKeepsTheRest) {
  EXPECT_EQ(recover_pond(pond(), {}).good, 3);
  commit([&] { root().create_directory("/later"); });
  const std::string part = "part_id=" + tinyfs::kRootId.to_string();
  // The newest row file of the root's partition.
  std::map<stdfs::file_time_type, stdfs::path> by_time;
  for (const auto& file : backend->oplog().snapshot().files())
    if (file.path.starts_with(part))
      by_time[stdfs::last_write_time(pond() / file.path)] = pond() / file.path;
  flip(by_time.rbegin()->second);

  const auto plan = recover_pond(pond(), {.dry_run = true, .unreadable = false});
  EXPECT_EQ(plan.good, 3);
  EXPECT_EQ(plan.newest, 4);
  EXPECT_TRUE(plan.aside.empty());
  const auto done = recover_pond(pond(), {});
  EXPECT_EQ(done.good, 3);
  EXPECT_TRUE(stdfs::exists(stdfs::path(done.aside) / "_delta_log/00000000000000000004.json"));
  reopen();
  EXPECT_EQ(backend->oplog().txn(), 3);
  EXPECT_FALSE(root().find("/later"));
  EXPECT_TRUE(check_pond(backend->oplog(), {}).damages.empty());
  commit([&] { root().create_directory("/again"); });
  EXPECT_TRUE(check_pond(backend->oplog(), {}).damages.empty());
  EXPECT_EQ(recover_pond(pond(), {}).good, 4);
}

TEST_F(Check, RecoverFromATornEntry) {
  std::ofstream(pond() / "_delta_log/00000000000000000004.json") << "{\"commitInfo\":{";
  EXPECT_THROW(reopen(), Error);
  const auto done = recover_pond(pond(), {});
  EXPECT_EQ(done.good, 3);
  EXPECT_EQ(done.set_aside, (std::vector<std::string>{"_delta_log/00000000000000000004.json"}));
  reopen();
  EXPECT_TRUE(root().find("/notes"));
}

TEST_F(Check, NothingWholeAndNoPond) {
  EXPECT_THROW(recover_pond(directory.path() / "nowhere", {}), Error);
  flip(pond() / "_delta_log/00000000000000000000.json");
  std::string text = read_file(pond() / "_delta_log/00000000000000000000.json");
  std::ofstream(pond() / "_delta_log/00000000000000000000.json") << text.substr(0, 40);
  EXPECT_THROW(recover_pond(pond(), {}), Error);
}

}  // namespace
}  // namespace pond::tinylogfs

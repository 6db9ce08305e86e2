#pragma once

#include "fixture.h"

namespace pond::tinyfs {

class PersistenceConformance : public Conformance {
 protected:
  void SetUp() override {
    if (!storage->persistent()) GTEST_SKIP() << "this backend keeps nothing";
  }
};

TEST_P(PersistenceConformance, AnEmptyFilesystem) {
  reopen();
  EXPECT_EQ(tree(), Paths{});
}

TEST_P(PersistenceConformance, EverythingCommittedIsThere) {
  commit([&] {
    root().create_directories("/sensors/dock");
    write("/sensors/dock/notes", "calm");
    write("/sensors/large", std::string(3 << 20, 'x'));
    write("/sensors/empty", "");
    root().create_file("/sensors/new", Kind::Data);
    root().create_symlink("/link", "sensors/dock");
    root().create_dynamic("/n", "count", "2");
  });
  commit([&] {
    write("/sensors/dock/notes", "windy");
    root().rename("/sensors/dock/notes", "/sensors/moved");
    fs->backend().update_dynamic(*root().get("/n").node(), "count", "1");
  });
  commit([&] { root().remove("/sensors/empty"); });
  const Paths before = tree();
  const NodeId id = root().get("/sensors/moved").node()->id();
  const NodeInfo info = root().get("/sensors/moved").info();

  reopen();
  EXPECT_EQ(tree(), before);
  EXPECT_EQ(root().get("/sensors/moved").node()->id(), id);
  EXPECT_EQ(root().get("/sensors/moved").info().time_us, info.time_us);
  EXPECT_EQ(root().get("/link").path(), "/sensors/dock");
  EXPECT_EQ(glob("/n/*"), (Paths{"/n/0", "/n/below"}));
  EXPECT_EQ(fs->backend().dynamic_spec(*root().get("/n").node())->version, 2U);
}

TEST_P(PersistenceConformance, FilesOfEveryKind) {
  commit([&] {
    for (const Kind kind : {Kind::Data, Kind::Table, Kind::Series}) {
      const std::string path = "/" + std::string(to_string(kind));
      write(path, storage->content(kind, 1), kind);
      write(path, storage->content(kind, 2), kind);
    }
  });
  reopen();
  for (const Kind kind : {Kind::Data, Kind::Table, Kind::Series}) {
    const std::string path = "/" + std::string(to_string(kind));
    EXPECT_EQ(root().get(path).kind(), kind);
    EXPECT_EQ(read(path, 1), storage->content(kind, 1));
    EXPECT_EQ(read(path), storage->content(kind, 2));
  }
}

TEST_P(PersistenceConformance, NothingUncommittedIsThere) {
  commit([&] { write("/f", "one"); });
  const Paths before = tree();
  {
    Transaction txn = fs->begin();
    write("/f", "two");
    write("/g", "g");
    txn.restore();
  }
  reopen();
  EXPECT_EQ(tree(), before);
}

TEST_P(PersistenceConformance, WorkGoesOnAfterReopening) {
  commit([&] {
    root().create_directories("/a/b");
    write("/a/f", "one");
  });
  for (int i = 2; i <= 25; ++i) {
    reopen();
    commit([&] {
      write("/a/f", std::to_string(i));
      root().rename(i % 2 == 0 ? "/a/b" : "/b", i % 2 == 0 ? "/b" : "/a/b");
    });
  }
  reopen();
  EXPECT_EQ(root().get("/a/f").info().version, 25U);
  EXPECT_EQ(read("/a/f"), "25");
  EXPECT_EQ(read("/a/f", 1), "one");
  EXPECT_EQ(glob("/**"), (Paths{"/a", "/a/b", "/a/f"}));
}

TEST_P(PersistenceConformance, ManyEntriesAndDeepPaths) {
  std::string deep;
  for (int i = 0; i < 100; ++i)
    deep += "/d";
  commit([&] {
    root().create_directories(deep);
    write(deep + "/f", "deep");
    root().create_directory("/many");
    for (int i = 0; i < 1000; ++i)
      write("/many/f" + std::to_string(i), std::to_string(i));
  });
  reopen();
  EXPECT_EQ(root().get("/many").as_directory().entries().size(), 1000U);
  EXPECT_EQ(read("/many/f777"), "777");
  EXPECT_EQ(read(deep + "/f"), "deep");
}

TEST_P(PersistenceConformance, TransactionNumbersGoOn) {
  Transaction first = fs->begin();
  write("/f", "one");
  const auto one = first.commit();
  reopen();
  Transaction second = fs->begin();
  write("/f", "two");
  const auto two = second.commit();
  ASSERT_TRUE(one && two);
  EXPECT_LT(*one, *two);
}

}  // namespace pond::tinyfs

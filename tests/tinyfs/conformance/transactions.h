#pragma once

#include "fixture.h"

namespace pond::tinyfs {

TEST_P(Conformance, CommitsAreNumberedUpwards) {
  Transaction first = fs->begin();
  write("/a", "1");
  const auto one = first.commit({.command = "pond copy a"});
  Transaction second = fs->begin();
  write("/a", "2");
  const auto two = second.commit();
  ASSERT_TRUE(one && two);
  EXPECT_LT(*one, *two);
}

TEST_P(Conformance, NothingChangedNothingCommitted) {
  commit([&] { write("/a", "1"); });
  Transaction txn = fs->begin();
  EXPECT_FALSE(fs->backend().has_changes());
  read("/a");
  EXPECT_EQ(error_code([&] { root().create_file("/a", Kind::Data); }), "AlreadyExists");
  EXPECT_EQ(error_code([&] { root().remove("/b"); }), "NotFound");
  EXPECT_FALSE(fs->backend().has_changes());
  EXPECT_EQ(txn.commit(), std::nullopt);
  EXPECT_FALSE(fs->backend().in_transaction());
}

TEST_P(Conformance, PendingChangesAreVisible) {
  commit([&] {
    root().create_directory("/a");
    write("/a/f", "before");
    write("/a/g", "g");
  });
  Transaction txn = fs->begin();
  EXPECT_TRUE(fs->backend().in_transaction());
  write("/a/f", "pending");
  root().create_directories("/a/new/er");
  root().remove("/a/g");
  root().create_symlink("/l", "a/f");
  EXPECT_TRUE(fs->backend().has_changes());
  const Paths pending{"/a directory", "/a/f data v1:before v2:pending", "/a/new directory",
                      "/a/new/er directory", "/l symlink to a/f"};
  EXPECT_EQ(tree(), pending);
  EXPECT_EQ(glob("/**/er"), (Paths{"/a/new/er"}));
  EXPECT_EQ(read("/l"), "pending");
  txn.commit();
  EXPECT_EQ(tree(), pending);
}

TEST_P(Conformance, ChangesNeedATransaction) {
  commit([&] {
    root().create_directory("/a");
    write("/f", "text");
    root().create_dynamic("/d", "text", "computed");
  });
  const Paths before = tree();
  EXPECT_EQ(error_text([&] { root().create_directory("/b"); }),
            "no transaction is open: cannot create the directory /b");
  EXPECT_EQ(error_code([&] { root().create_directories("/b"); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().create_file("/b", Kind::Data); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().create_symlink("/b", "a"); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().create_dynamic("/b", "text", "a"); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().remove("/f"); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().rename("/f", "/g"); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().get("/f").as_file().write("more"); }), "InvalidArgument");
  // The backend and its nodes refuse as well, whoever calls them.
  Backend& backend = fs->backend();
  const NodePath node = root().get("/");
  Directory& top = node.as_directory();
  EXPECT_EQ(error_code([&] { top.insert("g", root().get("/f").node()); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { top.remove("f"); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { backend.create_directory(top); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { backend.create_file(top, Kind::Data); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { backend.create_symlink(top, "a"); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { backend.create_dynamic(top, "text", "a"); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { backend.update_dynamic(*root().get("/d").node(), "text", "b"); }),
            "InvalidArgument");
  EXPECT_EQ(error_code([&] { backend.commit({}); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { backend.restore(); }), "InvalidArgument");
  EXPECT_EQ(tree(), before);
}

TEST_P(Conformance, OneTransactionAtATime) {
  Transaction txn = fs->begin();
  EXPECT_EQ(error_code([&] { fs->begin(); }), "InvalidArgument");
  EXPECT_TRUE(fs->backend().in_transaction());
  txn.commit();
  EXPECT_EQ(error_code([&] { txn.commit(); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { txn.restore(); }), "InvalidArgument");
}

TEST_P(Conformance, AnUncommittedTransactionIsRestored) {
  {
    Transaction txn = fs->begin();
    write("/a", "lost");
    const Transaction moved = std::move(txn);
  }
  EXPECT_FALSE(fs->backend().in_transaction());
  EXPECT_EQ(tree(), Paths{});
}

TEST_P(Conformance, RestoreUndoesEveryKindOfChange) {
  commit([&] {
    root().create_directories("/a/b");
    write("/a/f", "one");
    write("/a/g", "g");
    root().create_symlink("/link", "a");
    root().create_dynamic("/text", "text", "computed");
  });
  const Paths before = tree();
  const WD top = root();
  const NodePath file = root().get("/a/f");

  using Change = std::function<void()>;
  const std::vector<std::pair<std::string, Change>> changes = {
      {"create a directory", [&] { root().create_directories("/a/c/d"); }},
      {"create a file", [&] { write("/a/b/new", "new"); }},
      {"create a symlink", [&] { root().create_symlink("/new", "a"); }},
      {"create a dynamic node", [&] { root().create_dynamic("/new", "count", "2"); }},
      {"write", [&] { write("/a/f", "two"); }},
      {"remove a file", [&] { root().remove("/a/f"); }},
      {"remove a directory", [&] { root().remove("/a", /*recursive=*/true); }},
      {"remove a symlink", [&] { root().remove("/link"); }},
      {"remove a dynamic node", [&] { root().remove("/text"); }},
      {"replace", [&] { root().remove("/a/f"), write("/a/f", "other"); }},
      {"rename", [&] { root().rename("/a/f", "/a/h"); }},
      {"move and write", [&] { root().rename("/a/f", "/f"), write("/f", "moved"); }},
      {"move a directory", [&] { root().rename("/a", "/z"), write("/z/g", "moved"); }},
      {"update a dynamic node",
       [&] { fs->backend().update_dynamic(*root().get("/text").node(), "text", "other"); }},
  };
  for (const auto& [what, change] : changes) {
    Transaction txn = fs->begin();
    change();
    EXPECT_TRUE(fs->backend().has_changes()) << what;
    txn.restore();
    EXPECT_EQ(tree(), before) << what;
    EXPECT_FALSE(fs->backend().in_transaction()) << what;
    // Handles from before stay good.
    EXPECT_EQ(read_all(*file.as_file().open()), "one") << what;
    EXPECT_EQ(top.get("a/g").path(), "/a/g") << what;
  }
  commit([&] { file.as_file().write("two"); });
  EXPECT_EQ(read("/a/f"), "two");
}

TEST_P(Conformance, WorkGoesOnAfterARestore) {
  {
    Transaction txn = fs->begin();
    write("/a", "lost");
    txn.restore();
  }
  commit([&] { write("/a", "kept"); });
  EXPECT_EQ(tree(), (Paths{"/a data v1:kept"}));
}

}  // namespace pond::tinyfs

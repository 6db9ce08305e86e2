#pragma once

#include "fixture.h"

namespace pond::tinyfs {

TEST_P(Conformance, RenamesInPlace) {
  commit([&] { write("/a", "text"); });
  const NodeId id = root().get("/a").node()->id();
  commit([&] {
    const NodePath moved = root().rename("/a", "/b");
    EXPECT_EQ(moved.path(), "/b");
    EXPECT_EQ(moved.node()->id(), id);
  });
  EXPECT_EQ(tree(), (Paths{"/b data v1:text"}));
  EXPECT_EQ(root().get("/b").node()->id(), id);
}

TEST_P(Conformance, AFileKeepsItsVersionsAcrossDirectories) {
  commit([&] {
    root().create_directory("/from");
    root().create_directory("/to");
    write("/from/f", "one");
  });
  commit([&] { write("/from/f", "two"); });
  const NodeId id = root().get("/from/f").node()->id();
  commit([&] { root().rename("/from/f", "/to/g"); });
  EXPECT_EQ(root().get("/to/g").node()->id(), id);
  EXPECT_EQ(tree(), (Paths{"/from directory", "/to directory", "/to/g data v1:one v2:two"}));

  commit([&] { write("/to/g", "three"); });
  EXPECT_EQ(read("/to/g"), "three");
  EXPECT_EQ(read("/to/g", 1), "one");
  // And back again, after the directory it came from is gone.
  commit([&] { root().remove("/from"); });
  commit([&] { root().rename("/to/g", "/"); });
  commit([&] { write("/g", "four"); });
  EXPECT_EQ(tree(), (Paths{"/g data v1:one v2:two v3:three v4:four", "/to directory"}));
}

TEST_P(Conformance, WritesAndMovesInOneTransaction) {
  commit([&] { root().create_directories("/a/b"); });
  commit([&] {
    const NodePath file = write("/a/f", "one");
    root().rename("/a/f", "/a/b/g");
    file.as_file().write("two");
    root().rename("/a/b/g", "/h");
    write("/h", "three");
  });
  EXPECT_EQ(tree(), (Paths{"/a directory", "/a/b directory", "/h data v1:one v2:two v3:three"}));
}

TEST_P(Conformance, MovesIntoADirectory) {
  commit([&] {
    root().create_directory("/to");
    root().create_symlink("/link", "to");
    for (const char* name : {"/a", "/b", "/c"})
      write(name, name);
  });
  commit([&] {
    EXPECT_EQ(root().rename("/a", "/to").path(), "/to/a");
    EXPECT_EQ(root().rename("/b", "/to/").path(), "/to/b");
    EXPECT_EQ(root().rename("/c", "/link").path(), "/to/c");
  });
  EXPECT_EQ(glob("/**"), (Paths{"/link", "/to", "/to/a", "/to/b", "/to/c"}));
}

TEST_P(Conformance, MovesADirectoryWithAllBelow) {
  commit([&] {
    root().create_directories("/old/inner");
    root().create_directory("/place");
    write("/old/inner/f", "one");
  });
  commit([&] { root().rename("/old", "/place/new/"); });
  commit([&] {
    write("/place/new/inner/f", "two");
    write("/place/new/inner/g", "fresh");
  });
  EXPECT_EQ(tree(),
            (Paths{"/place directory", "/place/new directory", "/place/new/inner directory",
                   "/place/new/inner/f data v1:one v2:two", "/place/new/inner/g data v1:fresh"}));
}

TEST_P(Conformance, MovesTheSymlinkItself) {
  commit([&] {
    root().create_directory("/a");
    root().create_symlink("/link", "a");
  });
  commit([&] { root().rename("/link", "/other"); });
  EXPECT_EQ(tree(), (Paths{"/a directory", "/other symlink to a"}));
}

TEST_P(Conformance, NeverMovesOverSomething) {
  commit([&] {
    root().create_directory("/dir");
    write("/dir/a", "inside");
    write("/a", "outside");
    write("/b", "there");
    root().create_symlink("/gone", "nowhere");
  });
  const Paths before = tree();
  const Transaction txn = fs->begin();
  EXPECT_EQ(error_text([&] { root().rename("/a", "/b"); }), "already exists: /b (data)");
  EXPECT_EQ(error_text([&] { root().rename("/a", "/dir"); }), "already exists: /dir/a (data)");
  EXPECT_EQ(error_code([&] { root().rename("/a", "/gone"); }), "AlreadyExists");
  EXPECT_EQ(error_code([&] { root().rename("/a", "/a"); }), "AlreadyExists");
  EXPECT_EQ(error_code([&] { root().rename("/c", "/d"); }), "NotFound");
  EXPECT_EQ(error_code([&] { root().rename("/a", "/none/a"); }), "NotFound");
  EXPECT_EQ(error_code([&] { root().rename("/a", "/new/"); }), "NotFound");
  EXPECT_EQ(error_code([&] { root().rename("/", "/new"); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().rename("/a", "/" + std::string(256, 'n')); }),
            "InvalidArgument");
  EXPECT_EQ(tree(), before);
}

TEST_P(Conformance, ADirectoryCannotMoveBelowItself) {
  commit([&] {
    root().create_directories("/a/b");
    root().create_symlink("/link", "/a/b");
  });
  const Paths before = tree();
  const Transaction txn = fs->begin();
  EXPECT_EQ(error_text([&] { root().rename("/a", "/a/b/c"); }),
            "cannot move a directory below itself: /a to /a/b/c");
  EXPECT_EQ(error_code([&] { root().rename("/a", "/a"); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().rename("/a", "/a/b"); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().rename("/a", "/link/c"); }), "InvalidArgument");
  EXPECT_EQ(tree(), before);
}

}  // namespace pond::tinyfs

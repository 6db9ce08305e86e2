#pragma once

#include "fixture.h"

namespace pond::tinyfs {

TEST_P(Conformance, FollowsSymlinks) {
  commit([&] {
    root().create_directories("/data/dock");
    write("/data/dock/f", "calm");
    root().create_symlink("/absolute", "/data/dock/f");
    root().create_symlink("/data/relative", "dock/f");
    root().create_symlink("/data/dock/up", "../../data/./dock");
  });
  EXPECT_EQ(read("/absolute"), "calm");
  EXPECT_EQ(read("/data/relative"), "calm");
  EXPECT_EQ(read("/data/dock/up/up/up/f"), "calm");
  EXPECT_EQ(root().get("/absolute").path(), "/data/dock/f");
  EXPECT_EQ(root().open_directory("/data/dock/up").path(), "/data/dock");
}

TEST_P(Conformance, ASymlinkItself) {
  commit([&] { root().create_symlink("/link", "to/nothing"); });
  const NodePath link = root().get_link("/link");
  EXPECT_EQ(link.path(), "/link");
  EXPECT_EQ(link.kind(), Kind::Symlink);
  EXPECT_EQ(link.as_symlink().target(), "to/nothing");
  EXPECT_TRUE(root().find_link("/link"));
}

TEST_P(Conformance, OnlyTheFinalSymlinkIsKept) {
  commit([&] {
    root().create_directory("/a");
    root().create_symlink("/a/inner", "f");
    root().create_symlink("/outer", "a");
  });
  EXPECT_EQ(root().get_link("/outer/inner").path(), "/a/inner");
  EXPECT_EQ(root().get_link("/outer").kind(), Kind::Symlink);
  // As for ls and POSIX, a trailing '/' asks for what the link points to.
  EXPECT_EQ(root().get_link("/outer/").path(), "/a");
}

TEST_P(Conformance, DotDotAfterASymlinkIsTheParentOfItsTarget) {
  commit([&] {
    root().create_directories("/a/b");
    write("/a/beside", "beside b");
    write("/beside", "beside link");
    root().create_symlink("/link", "/a/b");
  });
  EXPECT_EQ(read("/link/../beside"), "beside b");
  EXPECT_EQ(root().get("/link/..").path(), "/a");
  EXPECT_EQ(root().open_directory("/link").get("..").path(), "/a");
}

TEST_P(Conformance, DanglingSymlink) {
  commit([&] {
    root().create_symlink("/link", "/target");
    write("/targets", "near");
  });
  EXPECT_EQ(error_text([&] { root().get("/link"); }),
            "not found: /target (through the symlink /link) [did you mean /targets?]");
  EXPECT_EQ(root().find("/link"), std::nullopt);
  commit([&] {
    EXPECT_EQ(error_code([&] { root().create_file("/link", Kind::Data); }), "AlreadyExists");
    EXPECT_EQ(error_code([&] { root().create_directories("/link/a"); }), "AlreadyExists");
    write("/target", "there now");
  });
  EXPECT_EQ(read("/link"), "there now");
}

TEST_P(Conformance, SymlinkLoops) {
  commit([&] {
    root().create_symlink("/self", "self");
    root().create_symlink("/one", "/two");
    root().create_symlink("/two", "one");
  });
  EXPECT_EQ(error_text([&] { root().get("/self"); }),
            "symlink loop: /self [at most 40 symlinks are followed for one path]");
  EXPECT_EQ(error_code([&] { root().get("/one/a"); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().find("/one"); }), "InvalidArgument");
  EXPECT_EQ(root().get_link("/one").as_symlink().target(), "/two");
}

TEST_P(Conformance, ChainsOfFortySymlinks) {
  commit([&] {
    write("/link0", "the end");
    for (int i = 1; i <= 41; ++i)
      root().create_symlink("/link" + std::to_string(i), "link" + std::to_string(i - 1));
  });
  EXPECT_EQ(read("/link40"), "the end");
  EXPECT_EQ(error_code([&] { read("/link41"); }), "InvalidArgument");
}

TEST_P(Conformance, SymlinkTargetsAreChecked) {
  const Transaction txn = fs->begin();
  EXPECT_EQ(error_text([&] { root().create_symlink("/l", ""); }),
            "invalid symlink: /l: its target cannot be empty");
  EXPECT_EQ(error_code([&] { root().create_symlink("/l", std::string("a\0", 2)); }),
            "InvalidArgument");
  EXPECT_EQ(tree(), Paths{});
}

TEST_P(Conformance, ChangesThroughASymlinkedDirectory) {
  commit([&] {
    root().create_directory("/real");
    root().create_symlink("/link", "real");
    EXPECT_EQ(write("/link/f", "text").path(), "/real/f");
    root().create_directories("/link/a/b");
    root().remove("/link/a", /*recursive=*/true);
  });
  EXPECT_EQ(tree(), (Paths{"/link symlink to real", "/real directory", "/real/f data v1:text"}));
}

TEST_P(Conformance, RemoveTakesTheSymlinkAndNotItsTarget) {
  commit([&] {
    root().create_directory("/real");
    write("/real/f", "text");
    root().create_symlink("/link", "real");
  });
  commit([&] { root().remove("/link", /*recursive=*/true); });
  EXPECT_EQ(tree(), (Paths{"/real directory", "/real/f data v1:text"}));
}

}  // namespace pond::tinyfs

#pragma once

#include "fixture.h"

namespace pond::tinyfs {

TEST_P(Conformance, DynamicFile) {
  commit([&] {
    const NodePath made = root().create_dynamic("/hello", "text", "good morning");
    EXPECT_EQ(read_all(*made.as_file().open()), "good morning");
  });
  const NodeInfo info = root().get("/hello").info();
  EXPECT_EQ(info.kind, Kind::Data);
  EXPECT_TRUE(info.dynamic);
  EXPECT_EQ(info.factory, "text");
  EXPECT_EQ(info.version, 1U);
  EXPECT_EQ(read("/hello"), "good morning");
}

TEST_P(Conformance, DynamicDirectory) {
  commit([&] {
    root().create_directory("/a");
    root().create_dynamic("/a/n", "count", "2");
    root().create_symlink("/link", "a/n/below");
  });
  EXPECT_EQ(names(root().get("/a/n").as_directory()), (Paths{"0", "1", "below"}));
  EXPECT_EQ(read("/a/n/1"), "1");
  EXPECT_EQ(root().get("/a/n/below/0").path(), "/a/n/below/0");
  EXPECT_EQ(read("/link/0"), "0");
  EXPECT_EQ(root().get("/a/n/below/..").path(), "/a/n");
  EXPECT_EQ(root().open_directory("/a/n/below").get("../1").path(), "/a/n/1");
  EXPECT_EQ(error_text([&] { root().get("/a/n/belo"); }),
            "not found: /a/n/belo [did you mean /a/n/below?]");
}

TEST_P(Conformance, GlobsGoThroughDynamicDirectories) {
  commit([&] { root().create_dynamic("/n", "count", "2"); });
  EXPECT_EQ(glob("/n/*"), (Paths{"/n/0", "/n/1", "/n/below"}));
  EXPECT_EQ(glob("/**/0"), (Paths{"/n/0", "/n/below/0"}));
  EXPECT_EQ(glob("/n/below/"), (Paths{"/n/below/0", "/n/below/below"}));
  EXPECT_EQ(root().glob("/n/*/?")[0].captures, (Paths{"below", "0"}));
}

TEST_P(Conformance, DynamicNodesAreReadOnly) {
  commit([&] {
    root().create_dynamic("/n", "count", "2");
    root().create_dynamic("/hello", "text", "good morning");
    write("/f", "text");
  });
  const Paths before = tree();
  commit([&] {
    EXPECT_EQ(error_text([&] { root().create_directory("/n/a"); }),
              "read-only: /n/a [the entries of /n are computed, not stored]");
    EXPECT_EQ(error_code([&] { root().create_directories("/n/below/a"); }), "ReadOnly");
    EXPECT_EQ(error_code([&] { root().create_file("/n/below/a", Kind::Data); }), "ReadOnly");
    EXPECT_EQ(error_code([&] { root().create_symlink("/n/a", "b"); }), "ReadOnly");
    EXPECT_EQ(error_code([&] { root().create_dynamic("/n/a", "text", "b"); }), "ReadOnly");
    EXPECT_EQ(error_code([&] { root().remove("/n/0"); }), "ReadOnly");
    EXPECT_EQ(error_code([&] { root().rename("/n/0", "/zero"); }), "ReadOnly");
    EXPECT_EQ(error_code([&] { root().rename("/f", "/n"); }), "ReadOnly");
    EXPECT_EQ(error_code([&] { root().rename("/f", "/n/f"); }), "ReadOnly");
    EXPECT_EQ(error_code([&] { root().get("/hello").as_file().write("no"); }), "ReadOnly");
    EXPECT_EQ(error_code([&] { root().get("/n/0").as_file().write("no"); }), "ReadOnly");
    const NodePath node = root().get("/n");
    Directory& n = node.as_directory();
    EXPECT_EQ(error_code([&] { n.insert("f", root().get("/f").node()); }), "ReadOnly");
    EXPECT_EQ(error_code([&] { n.remove("0"); }), "ReadOnly");
    EXPECT_FALSE(fs->backend().has_changes());
  });
  EXPECT_EQ(tree(), before);
}

TEST_P(Conformance, DynamicSpec) {
  NodeId id;
  commit([&] {
    id = root().create_dynamic("/n", "count", "2").node()->id();
    write("/f", "text");
  });
  const auto spec = fs->backend().dynamic_spec(*root().get("/n").node());
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->id, id);
  EXPECT_EQ(spec->factory, "count");
  EXPECT_EQ(spec->config, "2");
  EXPECT_EQ(spec->version, 1U);
  EXPECT_GT(spec->time_us, 1'700'000'000'000'000);
  EXPECT_EQ(root().get("/n").node()->id(), id);
  EXPECT_FALSE(fs->backend().dynamic_spec(*root().get("/f").node()));
  EXPECT_FALSE(fs->backend().dynamic_spec(*root().get("/").node()));
  EXPECT_FALSE(fs->backend().dynamic_spec(*root().get("/n/0").node()));
}

TEST_P(Conformance, UpdatesDynamicNodes) {
  commit([&] { root().create_dynamic("/n", "count", "2"); });
  const NodeId id = root().get("/n").node()->id();
  commit([&] {
    fs->backend().update_dynamic(*root().get("/n").node(), "count", "1");
    EXPECT_EQ(glob("/n/*"), (Paths{"/n/0", "/n/below"}));
  });
  commit([&] { fs->backend().update_dynamic(*root().get("/n").node(), "text", "a file now"); });
  EXPECT_EQ(read("/n"), "a file now");
  EXPECT_EQ(root().get("/n").node()->id(), id);
  EXPECT_EQ(fs->backend().dynamic_spec(*root().get("/n").node())->version, 3U);
  EXPECT_EQ(root().get("/n").info().version, 3U);
  commit([&] {
    write("/f", "text");
    EXPECT_EQ(
        error_code([&] { fs->backend().update_dynamic(*root().get("/f").node(), "text", "x"); }),
        "InvalidArgument");
  });
}

TEST_P(Conformance, MovesAndRemovesDynamicNodesAsAWhole) {
  commit([&] {
    root().create_directory("/a");
    root().create_dynamic("/a/n", "count", "1");
  });
  const NodeId id = root().get("/a/n").node()->id();
  commit([&] { root().rename("/a/n", "/m"); });
  EXPECT_EQ(root().get("/m").node()->id(), id);
  EXPECT_EQ(read("/m/0"), "0");
  commit([&] { fs->backend().update_dynamic(*root().get("/m").node(), "count", "2"); });
  EXPECT_EQ(read("/m/1"), "1");
  commit([&] { root().remove("/m"); });
  EXPECT_EQ(tree(), (Paths{"/a directory"}));
}

TEST_P(Conformance, AnUnknownFactoryMakesNothing) {
  commit([&] {
    EXPECT_EQ(error_code([&] { root().create_dynamic("/n", "typo", "2"); }), "Unsupported");
    EXPECT_FALSE(fs->backend().has_changes());
  });
  EXPECT_EQ(tree(), Paths{});
}

TEST_P(Conformance, NoDynamicNodesWithoutALoader) {
  commit([&] { root().create_dynamic("/hello", "text", "good morning"); });
  fs->backend().set_dynamic_loader(nullptr);
  EXPECT_EQ(error_code([&] { root().get("/hello"); }), "Unsupported");
}

}  // namespace pond::tinyfs

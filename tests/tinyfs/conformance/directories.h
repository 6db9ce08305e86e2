#pragma once

#include "fixture.h"

namespace pond::tinyfs {

TEST_P(Conformance, EmptyRoot) {
  const NodePath node = root().get("/");
  EXPECT_EQ(node.path(), "/");
  EXPECT_EQ(node.name(), "/");
  EXPECT_EQ(node.node()->id(), kRootId);
  EXPECT_EQ(node.kind(), Kind::Directory);
  EXPECT_EQ(node.info().version, 0U);
  EXPECT_EQ(node.info().size, 0U);
  EXPECT_EQ(names(node.as_directory()), Paths{});
  EXPECT_EQ(root().path(), "/");
}

TEST_P(Conformance, CreatesDirectories) {
  commit([&] {
    const NodePath made = root().create_directory("/b");
    EXPECT_EQ(made.path(), "/b");
    EXPECT_EQ(made.name(), "b");
    EXPECT_EQ(made.kind(), Kind::Directory);
    root().create_directory("/a/");
    root().create_directory("b/inner");
  });
  EXPECT_EQ(tree(), (Paths{"/a directory", "/b directory", "/b/inner directory"}));
}

TEST_P(Conformance, EntriesAreSortedBytewise) {
  commit([&] {
    for (const char* name : {"b", "a", "B", "é", "10", "9", ".z"})
      root().create_directory(name);
  });
  EXPECT_EQ(names(root().get("/").as_directory()), (Paths{".z", "10", "9", "B", "a", "b", "é"}));
}

TEST_P(Conformance, CreateDirectoriesMakesWhatIsMissing) {
  commit([&] {
    EXPECT_EQ(root().create_directories("/sensors/dock/raw").path(), "/sensors/dock/raw");
    const NodeId id = root().get("/sensors").node()->id();
    EXPECT_EQ(root().create_directories("/sensors/pier").path(), "/sensors/pier");
    EXPECT_EQ(root().create_directories("/").path(), "/");
    EXPECT_EQ(root().create_directories("/sensors/./dock/../dock/").path(), "/sensors/dock");
    EXPECT_EQ(root().get("/sensors").node()->id(), id);
  });
  EXPECT_EQ(glob("/**"),
            (Paths{"/sensors", "/sensors/dock", "/sensors/dock/raw", "/sensors/pier"}));
}

TEST_P(Conformance, CreateDirectoriesThroughAFile) {
  const Transaction txn = fs->begin();
  write("/notes", "calm");
  EXPECT_EQ(error_text([&] { root().create_directories("/notes/a"); }),
            "already exists: /notes (data)");
}

TEST_P(Conformance, NamesAreTakenOnce) {
  const Transaction txn = fs->begin();
  root().create_directory("/a");
  EXPECT_EQ(error_text([&] { root().create_directory("/a"); }), "already exists: /a (directory)");
  EXPECT_EQ(error_code([&] { root().create_file("/a", Kind::Data); }), "AlreadyExists");
  EXPECT_EQ(error_code([&] { root().create_symlink("/a", "b"); }), "AlreadyExists");
  EXPECT_EQ(error_code([&] { root().create_dynamic("/a", "text", "x"); }), "AlreadyExists");
}

TEST_P(Conformance, MissingParent) {
  const Transaction txn = fs->begin();
  root().create_directory("/sensors");
  EXPECT_EQ(error_text([&] { root().create_directory("/sensor/dock"); }),
            "not found: /sensor [did you mean /sensors?]");
  EXPECT_EQ(error_code([&] { root().create_file("/x/y/z", Kind::Data); }), "NotFound");
}

TEST_P(Conformance, MissingPathNamesTheFirstMissingComponent) {
  commit([&] { root().create_directories("/sensors/dock"); });
  EXPECT_EQ(error_text([&] { root().get("/sensors/dok/raw/a.series"); }),
            "not found: /sensors/dok [did you mean /sensors/dock?]");
  EXPECT_EQ(error_text([&] { root().get("/weather"); }), "not found: /weather");
  EXPECT_EQ(root().find("/sensors/dok"), std::nullopt);
  EXPECT_TRUE(root().find("/sensors/dock"));
}

TEST_P(Conformance, FileInTheMiddleOfAPath) {
  commit([&] { write("/notes", "calm"); });
  EXPECT_EQ(error_text([&] { root().get("/notes/a"); }),
            "not found: /notes/a [/notes is not a directory but of kind data]");
  EXPECT_EQ(error_code([&] { root().get("/notes/"); }), "NotFound");
  EXPECT_EQ(root().find("/notes/a"), std::nullopt);
}

TEST_P(Conformance, WrongKind) {
  commit([&] {
    write("/notes", "calm");
    root().create_directory("/a");
  });
  EXPECT_EQ(error_text([&] { root().get("/a").as_file(); }), "not a file: /a is of kind directory");
  EXPECT_EQ(error_text([&] { root().open_directory("/notes"); }),
            "not a directory: /notes is of kind data");
  EXPECT_EQ(error_code([&] { root().get("/a").as_symlink(); }), "InvalidArgument");
}

TEST_P(Conformance, WorkingDirectory) {
  commit([&] {
    root().create_directories("/a/b");
    write("/a/b/f", "below");
    write("/f", "top");
    WD a = root().open_directory("a");
    a.create_directory("c");
  });
  const WD b = root().open_directory("/a/b");
  EXPECT_EQ(b.path(), "/a/b");
  EXPECT_EQ(b.get("f").path(), "/a/b/f");
  EXPECT_EQ(b.get("./../b//f").path(), "/a/b/f");
  EXPECT_EQ(b.get("/f").path(), "/f");
  EXPECT_EQ(b.get("../../f").path(), "/f");
  EXPECT_EQ(b.get("../../../../f").path(), "/f");
  EXPECT_EQ(b.get(".").path(), "/a/b");
  EXPECT_EQ(b.get("..").path(), "/a");
  EXPECT_EQ(b.open_directory("../c").path(), "/a/c");
  EXPECT_EQ(error_code([&] { b.get(""); }), "InvalidArgument");
}

TEST_P(Conformance, InvalidNames) {
  const Transaction txn = fs->begin();
  const std::string nul("a\0b", 3);
  const std::string longest(255, 'n');
  for (const auto& name : {std::string(256, 'n'), nul, std::string("\xff"), std::string("a/.."),
                           std::string("."), std::string("/"), std::string("")}) {
    EXPECT_EQ(error_code([&] { root().create_directory(name); }), "InvalidArgument") << name;
    EXPECT_EQ(error_code([&] { root().create_file(name, Kind::Data); }), "InvalidArgument") << name;
  }
  EXPECT_EQ(error_text([&] { root().create_directory("line\n\xff"); }),
            "invalid path: line\\x0a\xff: a name must be UTF-8");
  root().create_directory(longest);
  EXPECT_EQ(root().get(longest).name(), longest);
}

TEST_P(Conformance, UnusualNames) {
  const Paths unusual = {" ", "-", "...", "a\nb", "*", "[x]", "日本語", "\\"};
  commit([&] {
    for (const auto& name : unusual)
      write("/" + name, name);
  });
  for (const auto& name : unusual)
    EXPECT_EQ(read("/" + name), name);
}

TEST_P(Conformance, ThousandEntries) {
  Paths expected;
  commit([&] {
    root().create_directory("/many");
    for (int i = 0; i < 1000; ++i) {
      expected.push_back("f" + std::to_string(1000 + i));
      write("/many/" + expected.back(), std::to_string(i));
    }
  });
  EXPECT_EQ(names(root().get("/many").as_directory()), expected);
  EXPECT_EQ(read("/many/f1999"), "999");
  commit([&] {
    for (int i = 0; i < 1000; i += 2)
      root().remove("/many/f" + std::to_string(1000 + i));
  });
  EXPECT_EQ(root().get("/many").as_directory().entries().size(), 500U);
}

TEST_P(Conformance, DepthOfAHundred) {
  std::string path;
  for (int i = 0; i < 100; ++i)
    path += "/d";
  commit([&] {
    root().create_directories(path);
    write(path + "/f", "deep");
  });
  EXPECT_EQ(read(path + "/f"), "deep");
  EXPECT_EQ(glob("/**/f"), (Paths{path + "/f"}));
  commit([&] { root().remove("/d", /*recursive=*/true); });
  EXPECT_EQ(tree(), Paths{});
}

TEST_P(Conformance, RemovesEntries) {
  commit([&] {
    root().create_directories("/a/b");
    write("/a/f", "text");
  });
  commit([&] {
    EXPECT_EQ(error_text([&] { root().remove("/a"); }),
              "directory not empty: /a [remove it recursively (-r) to remove everything below it]");
    root().remove("/a/b");
    root().remove("/a/f");
    root().remove("/a/");
  });
  EXPECT_EQ(tree(), Paths{});
}

TEST_P(Conformance, RemovesRecursively) {
  commit([&] {
    root().create_directories("/a/b/c");
    write("/a/b/f", "text");
    write("/g", "stays");
  });
  commit([&] { root().remove("/a", /*recursive=*/true); });
  EXPECT_EQ(tree(), (Paths{"/g data v1:stays"}));
}

TEST_P(Conformance, RemovesOnlyWhatCanBeNamed) {
  const Transaction txn = fs->begin();
  write("/file", "text");
  EXPECT_EQ(error_text([&] { root().remove("/file2"); }),
            "not found: /file2 [did you mean /file?]");
  EXPECT_EQ(error_code([&] { root().remove("/", true); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().remove(".", true); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().remove("/file/"); }), "InvalidArgument");
}

TEST_P(Conformance, ANameCanBeUsedAgain) {
  commit([&] { write("/a", "first"); });
  const NodeId first = root().get("/a").node()->id();
  commit([&] {
    root().remove("/a");
    write("/a", "second");
  });
  EXPECT_EQ(tree(), (Paths{"/a data v1:second"}));
  EXPECT_NE(root().get("/a").node()->id(), first);
}

}  // namespace pond::tinyfs

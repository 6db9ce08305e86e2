#pragma once

#include "fixture.h"

namespace pond::tinyfs {

TEST_P(Conformance, WritesAndReads) {
  commit([&] {
    const NodePath made = root().create_file("/notes", Kind::Data);
    EXPECT_EQ(made.path(), "/notes");
    made.as_file().write("calm");
  });
  EXPECT_EQ(read("/notes"), "calm");
  const NodeInfo info = root().get("/notes").info();
  EXPECT_EQ(info.kind, Kind::Data);
  EXPECT_FALSE(info.dynamic);
  EXPECT_EQ(info.version, 1U);
  EXPECT_EQ(info.size, 4U);
  EXPECT_GT(info.time_us, 1'700'000'000'000'000);
}

TEST_P(Conformance, FilesOfEveryKind) {
  for (const Kind kind : {Kind::Data, Kind::Table, Kind::Series}) {
    const std::string path = "/" + std::string(to_string(kind));
    const std::string first = storage->content(kind, 1);
    const std::string second = storage->content(kind, 2);
    commit([&] { write(path, first, kind); });
    commit([&] { write(path, second, kind); });
    EXPECT_EQ(root().get(path).kind(), kind);
    EXPECT_EQ(root().get(path).info().version, 2U);
    EXPECT_EQ(read(path, 1), first) << path;
    EXPECT_EQ(read(path, 2), second) << path;
    EXPECT_EQ(read(path), second) << path;
  }
}

TEST_P(Conformance, OnlyFileKindsMakeFiles) {
  const Transaction txn = fs->begin();
  EXPECT_EQ(error_text([&] { root().create_file("/a", Kind::Directory); }),
            "a file cannot be of kind directory: /a");
  EXPECT_EQ(error_code([&] { root().create_file("/a", Kind::Symlink); }), "InvalidArgument");
  EXPECT_EQ(error_code([&] { root().create_file("/a/", Kind::Data); }), "InvalidArgument");
  EXPECT_EQ(tree(), Paths{});
}

TEST_P(Conformance, NeverWritten) {
  commit([&] { root().create_file("/new", Kind::Data); });
  EXPECT_EQ(read("/new"), "");
  EXPECT_EQ(root().get("/new").info().version, 0U);
  EXPECT_EQ(root().get("/new").info().size, 0U);
  EXPECT_TRUE(root().get("/new").as_file().versions().empty());
  EXPECT_EQ(error_code([&] { read("/new", 1); }), "NotFound");
}

TEST_P(Conformance, EmptyContentIsAVersion) {
  commit([&] { write("/empty", ""); });
  EXPECT_EQ(read("/empty"), "");
  EXPECT_EQ(read("/empty", 1), "");
  EXPECT_EQ(root().get("/empty").info().version, 1U);
  EXPECT_EQ(root().get("/empty").info().size, 0U);
}

TEST_P(Conformance, KeepsVersions) {
  commit([&] { write("/f", "one"); });
  commit([&] { write("/f", "two, longer"); });
  commit([&] { write("/f", ""); });
  EXPECT_EQ(tree(), (Paths{"/f data v1:one v2:two, longer v3:"}));
  const auto versions = root().get("/f").as_file().versions();
  ASSERT_EQ(versions.size(), 3U);
  EXPECT_EQ(versions[1].version, 2U);
  EXPECT_EQ(versions[1].size, 11U);
  EXPECT_LE(versions[0].time_us, versions[1].time_us);
  EXPECT_LE(versions[1].time_us, versions[2].time_us);
  EXPECT_EQ(versions[2].time_us, root().get("/f").info().time_us);
  EXPECT_EQ(error_code([&] { read("/f", 4); }), "NotFound");
  EXPECT_EQ(error_code([&] { read("/f", 0); }), "NotFound");
}

TEST_P(Conformance, EveryWriteOfATransactionIsAVersion) {
  commit([&] {
    const NodePath file = write("/f", "one");
    file.as_file().write("two");
    write("/f", "three");
  });
  EXPECT_EQ(tree(), (Paths{"/f data v1:one v2:two v3:three"}));
}

TEST_P(Conformance, AllBytesSurvive) {
  std::string bytes;
  for (int i = 0; i < 256; ++i)
    bytes += static_cast<char>(i);
  commit([&] { write("/f", bytes); });
  EXPECT_EQ(read("/f"), bytes);
}

TEST_P(Conformance, LargeContent) {
  std::string bytes(3 << 20, '\0');
  std::uint32_t state = 1;
  for (char& c : bytes)
    c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24U);
  commit([&] { write("/large", bytes); });
  EXPECT_TRUE(read("/large") == bytes);
  EXPECT_EQ(root().get("/large").info().size, bytes.size());
  // Small again: the large version stays readable.
  commit([&] { write("/large", "small"); });
  EXPECT_EQ(read("/large"), "small");
  EXPECT_TRUE(read("/large", 1) == bytes);
}

TEST_P(Conformance, ReadsInSmallSteps) {
  commit([&] { write("/f", "0123456789"); });
  const auto reader = root().get("/f").as_file().open();
  std::string steps;
  char buffer[3];
  while (const std::size_t n = reader->read(buffer))
    steps += std::string(buffer, n) + "|";
  EXPECT_EQ(steps, "012|345|678|9|");
  EXPECT_EQ(reader->read(buffer), 0U);
}

TEST_P(Conformance, AReaderOutlivesTheNextVersion) {
  commit([&] { write("/f", "before"); });
  const auto reader = root().get("/f").as_file().open();
  commit([&] { write("/f", "after!"); });
  EXPECT_EQ(read_all(*reader), "before");
}

TEST_P(Conformance, AFailingSourceMakesNoVersion) {
  class Broken : public Reader {
    std::size_t read(std::span<char> /*buffer*/) override {
      throw Error(ErrorCode::Io, "cannot read the sensor");
    }
  };
  commit([&] { write("/f", "good"); });
  commit([&] {
    Broken broken;
    EXPECT_EQ(error_text([&] { root().get("/f").as_file().write(broken); }),
              "cannot read the sensor");
  });
  EXPECT_EQ(tree(), (Paths{"/f data v1:good"}));
}

TEST_P(Conformance, HandlesSeeLaterChanges) {
  commit([&] { write("/f", "one"); });
  const NodePath file = root().get("/f");
  commit([&] { write("/f", "two"); });
  EXPECT_EQ(read_all(*file.as_file().open()), "two");
  EXPECT_EQ(file.info().version, 2U);
}

}  // namespace pond::tinyfs

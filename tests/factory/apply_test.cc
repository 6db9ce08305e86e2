// Documents brought into a pond: all of them or none.
#include "pond/apply.h"

#include "pond/tinyfs.h"
#include "scene.h"

namespace pond::factory {
namespace {

constexpr const char* kStation = R"(
version: v1
kind: mkdir
metadata: {path: /sensors}
---
version: v1
kind: mknod
metadata: {path: /views/warm}
spec:
  factory: sql-derived-table
  config:
    patterns: {d: "/sensors/${SITE}.series"}
    query: SELECT * FROM d WHERE t > 10
---
version: v1
kind: sql-derived-table
metadata: {path: /views/all}
spec:
  query: SELECT '${env:NAME}' AS name
)";

std::vector<std::string> lines(const ApplyReport& report) {
  std::vector<std::string> all;
  for (const auto& item : report.items) {
    all.push_back(std::string(to_string(item.status)) + "  " + item.path);
    for (const auto& line : item.difference)
      all.push_back("    " + line);
  }
  return all;
}

class Apply : public testing::Test {
 protected:
  ApplyReport apply(const std::string& text, bool dry_run = false) {
    return factory::apply(pond.fs, pond.registry, {{"station.yaml", text}},
                          {.variables = {{"SITE", "dock"}},
                           .dry_run = dry_run,
                           .command = "pond apply",
                           .copy = [this](const CopyRequest& request, tinyfs::FS&) {
                             copies.push_back(request.source + " to " + request.path);
                             return true;
                           }});
  }
  std::string error(const std::string& text) {
    return error_from([&] { apply(text); });
  }
  std::string config(const std::string& path) {
    return spec_of(pond.fs.backend(), *pond.fs.root().get(path).node())->config;
  }
  Pond pond;
  std::vector<std::string> copies;
};

TEST_F(Apply, CreatesUpdatesAndLeavesAlone) {
  const auto first = apply(kStation);
  EXPECT_EQ(lines(first), (std::vector<std::string>{"created  /sensors", "created  /views/warm",
                                                    "created  /views/all"}));
  EXPECT_TRUE(first.transaction.has_value());
  EXPECT_EQ(config("/views/warm"),
            R"({"patterns":{"d":"/sensors/dock.series"},"query":"SELECT * FROM d WHERE t > 10"})");
  EXPECT_EQ(config("/views/all"), R"({"patterns":{},"query":"SELECT '${env:NAME}' AS name"})");

  const auto second = apply(kStation);
  EXPECT_EQ(lines(second),
            (std::vector<std::string>{"unchanged  /sensors", "unchanged  /views/warm",
                                      "unchanged  /views/all"}));
  EXPECT_FALSE(second.transaction.has_value());

  std::string changed = kStation;
  changed.replace(changed.find("> 10"), 4, "> 20");
  const std::vector<std::string> wanted{"unchanged  /sensors", "updated  /views/warm",
                                        "    -   \"query\": \"SELECT * FROM d WHERE t > 10\"",
                                        "    +   \"query\": \"SELECT * FROM d WHERE t > 20\"",
                                        "unchanged  /views/all"};
  const auto dry = apply(changed, true);
  EXPECT_EQ(lines(dry), wanted);
  EXPECT_FALSE(dry.transaction.has_value());
  EXPECT_NE(config("/views/warm").find("> 10"), std::string::npos);
  EXPECT_EQ(lines(apply(changed)), wanted);
  EXPECT_NE(config("/views/warm").find("> 20"), std::string::npos);
}

TEST_F(Apply, OneBadDocumentStopsTheBatch) {
  EXPECT_EQ(
      error("kind: mkdir\nmetadata: {path: /a}\n---\nkind: mknod\nmetadata: {path: /b}\nspec:\n"
            "  factory: sql-derived-table\n  config: {qury: SELECT 1}\n"),
      "InvalidArgument: station.yaml: document 2: line 8, spec.qury: unknown key 'qury' | did you "
      "mean query?");
  EXPECT_FALSE(pond.fs.root().find("/a"));

  apply("kind: mkdir\nmetadata: {path: /a}\n");
  EXPECT_EQ(
      error(
          "kind: mkdir\nmetadata: {path: /c}\n---\nkind: sql-derived-table\nmetadata: {path: /a}\n"
          "spec: {query: SELECT 1}\n"),
      "AlreadyExists: station.yaml: document 2: line 4: already exists: /a (directory), and is no "
      "sql-derived-table node | move or remove it first");
  EXPECT_FALSE(pond.fs.root().find("/c"));
}

TEST_F(Apply, ErrorsOfDocuments) {
  EXPECT_EQ(error("kind: mkdirr\nmetadata: {path: /a}\n"),
            "InvalidArgument: station.yaml: document 1: line 1, kind: unknown kind 'mkdirr' | did "
            "you mean mkdir?");
  EXPECT_EQ(
      error("kind: mkdir\nmetadata: {path: a}\n"),
      "InvalidArgument: station.yaml: document 1: line 2, metadata.path: must start with '/': 'a'");
  EXPECT_EQ(error("kind: mkdir\nmetadata: {path: /a}\n---\nkind: mkdir\nmetadata: {path: '/a/'}\n"),
            "InvalidArgument: station.yaml: document 2: line 4, metadata.path: /a is that of "
            "station.yaml: document "
            "1 too");
  EXPECT_EQ(error("version: v2\nkind: mkdir\nmetadata: {path: /a}\n"),
            "InvalidArgument: station.yaml: document 1: line 1, version: unknown version 'v2' | "
            "write version: v1");
  EXPECT_EQ(error("kind: mkdir\nmetadata:\n  path: /${STIE}\n"),
            "InvalidArgument: station.yaml: document 1: line 3, metadata.path: the variable "
            "${STIE} is not set | did "
            "you mean ${SITE}?");
  EXPECT_EQ(error("kind: mkdir\nmetadata: {path: [\n").substr(0, 40),
            "InvalidArgument: station.yaml: line 3: n");
  EXPECT_EQ(error("kind: copy\nmetadata: {path: /a}\nspec: {source: /b}\n"),
            "InvalidArgument: station.yaml: document 1: line 3, spec.source: must be a URL of the "
            "host: '/b' | write "
            "for instance host:///file or host+series:///file.parquet");
}

TEST_F(Apply, CopiesAreAskedForOnceUnlessToOverwrite) {
  const std::string document =
      "kind: copy\nmetadata: {path: /data/f}\nspec: {source: 'host:///f'}\n";
  EXPECT_EQ(lines(apply(document, true)), std::vector<std::string>{"created  /data/f"});
  EXPECT_TRUE(copies.empty());
  EXPECT_EQ(lines(apply(document)), std::vector<std::string>{"created  /data/f"});
  EXPECT_EQ(copies, std::vector<std::string>{"host:///f to /data/f"});
  pond.write("/data/g", "SELECT 1 AS x", tinyfs::Kind::Table);
  const std::string other = "kind: copy\nmetadata: {path: /data/g}\nspec: {source: 'host:///g'";
  EXPECT_EQ(lines(apply(other + "}\n")), std::vector<std::string>{"unchanged  /data/g"});
  EXPECT_EQ(lines(apply(other + ", overwrite: true}\n")),
            std::vector<std::string>{"updated  /data/g"});
  EXPECT_EQ(copies.size(), 2u);
}

}  // namespace
}  // namespace pond::factory

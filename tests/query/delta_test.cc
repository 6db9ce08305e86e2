// Delta tables of the host as relations.
#include "pond/delta.h"
#include "query/scene.h"

namespace pond::query {
namespace {

using delta::Action;
using delta::AddFile;
using delta::Protocol;

constexpr const char* kIdAndWord =
    R"({"name":"id","type":"long","nullable":true,"metadata":{}},)"
    R"({"name":"word","type":"string","nullable":true,"metadata":{}})";

class DeltaQuery : public testing::Test {
 protected:
  // A table whose log the test goes on with.
  delta::Table create(const std::string& fields, std::vector<std::string> partitions = {},
                      const Protocol& protocol = {},
                      std::map<std::string, std::string> configuration = {}) {
    delta::Metadata metadata;
    metadata.id = "01890a5d-ac96-774b-bcce-b302099a8057";
    metadata.schema_string = R"({"type":"struct","fields":[)" + fields + "]}";
    metadata.partition_columns = std::move(partitions);
    metadata.configuration = std::move(configuration);
    return delta::Table::create(open_local_store(host.path() / "t"), protocol, metadata,
                                {delta::CommitInfo{R"({"timestamp":1000})"}});
  }
  // A data file of a query's rows.
  AddFile file(const std::string& name, const std::string& sql,
               delta::PartitionValues values = {}) {
    const auto path = host.path() / "t" / name;
    std::filesystem::create_directories(path.parent_path());
    host.parquet("t/" + name, sql);
    AddFile add;
    add.path = name;
    add.size = static_cast<std::int64_t>(std::filesystem::file_size(path));
    add.partition_values = std::move(values);
    return add;
  }
  static void commit(delta::Table& table, std::vector<Action> actions,
                     std::int64_t time_ms = 1000) {
    actions.emplace_back(delta::CommitInfo{"{\"timestamp\":" + std::to_string(time_ms) + "}"});
    table.commit(table.snapshot(), [&](std::int64_t, const delta::Snapshot&) { return actions; },
                 {});
  }
  // Another writer's entry.
  void write_entry(int version, const std::string& lines) {
    host.write("t/_delta_log/0000000000000000000" + std::to_string(version) + ".json", lines);
  }

  Directory host;
  Session session{nullptr, {.host_directory = host.path(), .threads = 2}};
};

TEST_F(DeltaQuery, FilesMayLackColumnsAndHaveOthers) {
  delta::Table table = create(kIdAndWord);
  EXPECT_EQ(ask(session, "FROM 'host+delta:///t'"), "id,word\n");
  commit(table, {file("1.parquet", "SELECT 'a' AS word, 1::INTEGER AS id"),
                 file("2.parquet", "SELECT 2::BIGINT AS id, 3 AS other"),
                 file("3 %.parquet", "SELECT 4 AS other")});
  EXPECT_EQ(ask(session, "FROM 'host+delta:///t' ORDER BY ALL", {}, Output::Table),
            "+--------+---------+\n"
            "| id     | word    |\n"
            "| bigint | varchar |\n"
            "+--------+---------+\n"
            "| 1      | a       |\n"
            "| 2      | NULL    |\n"
            "| NULL   | NULL    |\n"
            "+--------+---------+\n"
            "Summary: 3 total rows\n");
  EXPECT_EQ(ask(session, "SELECT count(*) AS n FROM source", {{"source", "host+delta://t"}}),
            "n\n3\n");
}

TEST_F(DeltaQuery, PartitionValuesAreTypedAndFromTheLog) {
  delta::Table table =
      create(std::string(kIdAndWord) +
                 R"j(,{"name":"day","type":"date","nullable":true,"metadata":{}},)j"
                 R"j({"name":"at","type":"timestamp","nullable":true,"metadata":{}},)j"
                 R"j({"name":"cost","type":"decimal(5,2)","nullable":true,"metadata":{}},)j"
                 R"j({"name":"raw","type":"binary","nullable":true,"metadata":{}},)j"
                 R"j({"name":"on","type":"boolean","nullable":true,"metadata":{}})j",
             {"word", "day", "at", "cost", "raw", "on"});
  // What the files and their directories say of partition columns is not asked.
  commit(table, {file("word=no/1.parquet", "SELECT 1 AS id, 'no' AS word",
                      {{"word", "it's 100% [a]/b"},
                       {"day", "2024-05-01"},
                       {"at", "2024-05-01T12:00:00.5Z"},
                       {"cost", "1.5"},
                       {"raw", "A\\\x01"},
                       {"on", "true"}}),
                 file("2.parquet", "SELECT 2 AS id",
                      {{"word", std::nullopt},
                       {"day", std::nullopt},
                       {"at", "2024-05-01 13:00:00"},
                       {"cost", "-0.25"},
                       {"raw", std::nullopt},
                       {"on", "false"}})});
  EXPECT_EQ(ask(session, "SELECT * REPLACE (hex(raw) AS raw) FROM 'host+delta:///t' ORDER BY id"),
            "id,word,day,at,cost,raw,on\n"
            "1,it's 100% [a]/b,2024-05-01,2024-05-01T12:00:00.500Z,1.50,415C01,true\n"
            "2,,,2024-05-01T13:00:00Z,-0.25,,false\n");
  EXPECT_EQ(ask(session, "SELECT id FROM 'host+delta:///t' WHERE word = 'it''s 100% [a]/b'"),
            "id\n1\n");
  EXPECT_EQ(ask(session, "SELECT id FROM 'host+delta:///t' WHERE \"on\" IS NOT TRUE"), "id\n2\n");
}

TEST_F(DeltaQuery, ATableOfPartitionColumnsAlone) {
  delta::Table table = create(R"({"name":"p","type":"long","nullable":true,"metadata":{}})", {"p"});
  commit(table, {file("1.parquet", "SELECT 0 AS hidden FROM range(3)", {{"p", "7"}})});
  EXPECT_EQ(ask(session, "SELECT p, count(*) AS n FROM 'host+delta:///t' GROUP BY p"),
            "p,n\n7,3\n");
}

TEST_F(DeltaQuery, ColumnsNamedAsDuckDbsOwn) {
  delta::Table table =
      create(R"({"name":"filename","type":"string","nullable":true,"metadata":{}},)"
             R"({"name":"FILE_INDEX","type":"long","nullable":true,"metadata":{}},)"
             R"({"name":"p","type":"string","nullable":true,"metadata":{}})",
             {"p"});
  commit(table, {file("1.parquet", "SELECT 'f' AS filename, 9 AS FILE_INDEX", {{"p", "a"}}),
                 file("2.parquet", "SELECT 'g' AS filename, 8 AS FILE_INDEX", {{"p", "b"}})});
  EXPECT_EQ(ask(session, "FROM 'host+delta:///t' ORDER BY p"),
            "filename,FILE_INDEX,p\nf,9,a\ng,8,b\n");
}

TEST_F(DeltaQuery, ColumnMappingByName) {
  const std::string mapped = R"(,"nullable":true,"metadata":{"delta.columnMapping.id":)";
  const auto field = [&](const std::string& name, const std::string& type, int id) {
    return R"({"name":")" + name + R"(","type":)" + type + mapped + std::to_string(id) +
           R"(,"delta.columnMapping.physicalName":"c)" + std::to_string(id) + R"("}})";
  };
  const std::string inner = R"({"type":"struct","fields":[)" + field("x", R"("long")", 4) + "]}";
  const std::string list = R"({"type":"array","elementType":)" + inner + R"(,"containsNull":true})";
  const std::string map =
      R"({"type":"map","keyType":"string","valueType":)" + inner + R"(,"valueContainsNull":true})";
  write_entry(
      0, R"({"protocol":{"minReaderVersion":2,"minWriterVersion":5}})"
         "\n"
         R"({"metaData":{"id":"i","format":{"provider":"parquet","options":{}},)"
         R"("partitionColumns":["a, b"],"configuration":{"delta.columnMapping.mode":"name"},)"
         R"("schemaString":)" +
             [&] {
               std::string text = R"({"type":"struct","fields":[)" + field("id", R"("long")", 1) +
                                  "," + field("a, b", R"("string")", 2) + "," +
                                  field("s", inner, 3) + "," + field("l", list, 5) + "," +
                                  field("m", map, 6) + "]}";
               std::string quoted = "\"";
               for (const char c : text)
                 quoted += c == '"' ? std::string("\\\"") : std::string(1, c);
               return quoted + "\"";
             }() +
             "}}\n");
  write_entry(1, R"({"add":{"path":"1.parquet","size":1,"modificationTime":1,"dataChange":true,)"
                 R"("partitionValues":{"c2":"p"}}})"
                 "\n");
  file("1.parquet",
       "SELECT 1 AS c1, 'wrong' AS id, {'c4': 2} AS c3, [{'c4': 3}, NULL] AS c5, "
       "MAP {'k': {'c4': 4}} AS c6 UNION ALL SELECT 2, NULL, NULL, NULL, NULL");
  EXPECT_EQ(ask(session, "FROM 'host+delta:///t' ORDER BY id", {}, Output::Json),
            R"({"id": 1, "a, b": "p", "s": {"x": 2}, "l": [{"x": 3}, null], "m": {"k": {"x": 4}}})"
            "\n"
            R"({"id": 2, "a, b": "p", "s": null, "l": null, "m": null})"
            "\n");
}

TEST_F(DeltaQuery, DeletionVectorsAreApplied) {
  create(kIdAndWord, {}, Protocol{3, 7, {"deletionVectors"}, {"deletionVectors"}});
  file("1.parquet", "SELECT range AS id FROM range(30)");
  file("2.parquet", "SELECT range + 100 AS id FROM range(30)");
  const std::string add = R"(.parquet","size":1,"modificationTime":1,"dataChange":true,)"
                          R"("partitionValues":{})";
  // Rows 3, 4, 7, 11, 18 and 29, as in the protocol's own example.
  const std::string vector =
      R"(,"deletionVector":{"storageType":"i","sizeInBytes":40,"cardinality":6,)"
      R"("pathOrInlineDv":"wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L"})";
  write_entry(
      1, R"({"add":{"path":"1)" + add + vector + "}}\n" + R"({"add":{"path":"2)" + add + "}}\n");
  EXPECT_EQ(ask(session, "SELECT count(*) AS n, sum(id) AS s FROM 'host+delta:///t'"),
            "n,s\n54,3798\n");
  EXPECT_EQ(ask(session, "SELECT id FROM 'host+delta:///t' WHERE id < 9 ORDER BY id"),
            "id\n0\n1\n2\n5\n6\n8\n");
  write_entry(2, R"({"add":{"path":"1)" + add + vector.substr(0, vector.size() - 5) +
                     R"(~~~"}}})"
                     "\n");
  const std::string error = error_of_query(session, "FROM 'host+delta:///t'");
  EXPECT_TRUE(error.starts_with("Corrupt: " + host.file("t") + ": an inline deletion vector: "))
      << error;
}

TEST_F(DeltaQuery, OlderVersions) {
  delta::Table table = create(kIdAndWord);
  commit(table, {file("1.parquet", "SELECT 1 AS id")}, 1'700'000'000'000);
  commit(table, {file("2.parquet", "SELECT 2 AS id")}, 1'700'000'001'000);
  EXPECT_EQ(ask(session, "SELECT id FROM 'host+delta:///t@version=1'"), "id\n1\n");
  EXPECT_EQ(ask(session, "SELECT id FROM source",
                {{"source", session.relation("host+delta:///t", {.version = 1, .time_us = {}})}}),
            "id\n1\n");
  EXPECT_EQ(ask(session, "SELECT id FROM source",
                {{"source", session.relation("host+delta:///t",
                                             {.version = {}, .time_us = 1'700'000'000'500'000})}}),
            "id\n1\n");
  EXPECT_EQ(error_of_query(session, "FROM 'host+delta:///t@version=3'"),
            "NotFound: version 3 of " + host.file("t") + " is not there: versions 0 to 2 are");
}

TEST_F(DeltaQuery, OnlyTheSnapshotsFilesAreRead) {
  delta::Table table = create(kIdAndWord);
  commit(table, {file("1.parquet", "SELECT 1 AS id")});
  file("stray.parquet", "SELECT 5 AS id");
  const std::string stray = host.file("t/stray.parquet");
  const std::string error =
      error_of_query(session, "FROM 'host+delta:///t', read_parquet('" + stray + "')");
  EXPECT_TRUE(error.starts_with("InvalidArgument: Permission Error")) << error;
}

TEST_F(DeltaQuery, WhatIsMissing) {
  EXPECT_EQ(error_of_query(session, "FROM 'host+delta://t'"),
            "NotFound: no such file on the host: " + host.file("t"));
  std::filesystem::create_directory(host.path() / "t");
  EXPECT_EQ(error_of_query(session, "FROM 'host+delta:///t'"),
            "NotFound: no Delta table in " + host.file("t") + " | its log would be " +
                host.file("t") + "/_delta_log/");
  delta::Table table = create(kIdAndWord);
  commit(table, {file("1.parquet", "SELECT 1 AS id")});
  std::filesystem::remove(host.path() / "t/1.parquet");
  EXPECT_EQ(error_of_query(session, "FROM 'host+delta:///t'"),
            "NotFound: version 1 of the Delta table " + host.file("t") +
                " lacks a data file: 1.parquet | it may have been vacuumed: read a newer version, "
                "or restore the file");
}

TEST_F(DeltaQuery, UrlsThatNameNone) {
  EXPECT_EQ(error_of_query(session, "FROM 'delta:///t'"),
            "InvalidArgument: a Delta table is a directory of the host: delta:///t | write "
            "host+delta:///t");
  EXPECT_EQ(error_of_query(session, "FROM 'host+delta:///t*'"),
            "InvalidArgument: a pattern names files, not a Delta table: host+delta:///t* | name "
            "one directory, and join tables by UNION ALL BY NAME");
  EXPECT_EQ(error_of_query(session, "FROM 'host+delta+gzip:///t'"),
            "InvalidArgument: a Delta table has no compression: host+delta+gzip:///t | leave it "
            "out: each of its files tells its own");
  EXPECT_EQ(error_of_query(session, "FROM 'host+deta:///t'"),
            "InvalidArgument: unknown part 'deta' in the URL host+deta:///t | did you mean "
            "'delta'?");
}

}  // namespace
}  // namespace pond::query

// What a user's query cannot do.
#include "query/scene.h"

namespace pond::query {
namespace {

class Restricted : public testing::Test {
 protected:
  Directory host;
  Session session{nullptr, {.host_directory = host.path(), .threads = 1}};
  void SetUp() override {
    host.write("open.csv", "v\n1\n");
    host.write("closed.csv", "v\n2\n");
  }
  std::string with_source(const std::string& sql) {
    return error_of_query(session, sql, {{"source", "host+csv:///open.csv"}});
  }
};

constexpr const char* kOnlyOwn =
    " | a query reads only what its own paths and URLs name: FROM '/pond/path' or "
    "'host+csv:///file.csv'";

TEST_F(Restricted, ReadsNoOtherFile) {
  EXPECT_EQ(with_source("SELECT * FROM source, read_csv('/etc/passwd')"),
            "InvalidArgument: Permission Error: Cannot access file \"/etc/passwd\" - file system "
            "operations are "
            "disabled by configuration" +
                std::string(kOnlyOwn));
  for (const char* call : {"read_text('/etc/passwd')", "read_blob('/etc/passwd')", "glob('/etc/*')",
                           "parquet_metadata('/etc/passwd')", "sniff_csv('/etc/passwd')"})
    EXPECT_NE(with_source("SELECT * FROM " + std::string(call)).find("Permission Error"),
              std::string::npos)
        << call;
  EXPECT_NE(with_source("SELECT * FROM read_csv('" + host.file("closed.csv") + "')")
                .find("Permission Error"),
            std::string::npos);
  EXPECT_EQ(with_source("SELECT * FROM '/etc/passwd'").substr(0, 15), "InvalidArgument");
}

TEST_F(Restricted, ButItsOwn) {
  EXPECT_EQ(ask(session, "SELECT v FROM source", {{"source", "host+csv:///open.csv"}}), "v\n1\n");
  EXPECT_EQ(ask(session, "SELECT v FROM 'host+csv:///closed.csv'"), "v\n2\n");
}

TEST_F(Restricted, OnlyQueries) {
  const std::string hint =
      " | start with SELECT, FROM, WITH, DESCRIBE or SUMMARIZE; changes are made by pond's own "
      "commands";
  EXPECT_EQ(with_source("CREATE TABLE t AS FROM source"),
            "InvalidArgument: only queries: CREATE is not one" + hint);
  EXPECT_EQ(with_source("SET threads = 4"), "InvalidArgument: only queries: SET is not one" + hint);
  EXPECT_EQ(with_source("  copy source to '/tmp/x.csv'").substr(0, 16), "InvalidArgument:");
  for (const char* sql :
       {"COPY source TO '/tmp/pond-query-x.csv'", "INSTALL httpfs", "LOAD httpfs",
        "ATTACH '/tmp/pond-query-x.db'", "PRAGMA enable_profiling", "DROP VIEW source",
        "CALL pragma_version()", "EXPORT DATABASE '/tmp/pond-query-x'", "CHECKPOINT"})
    EXPECT_EQ(with_source(sql).substr(0, 16), "InvalidArgument:") << sql;
  EXPECT_FALSE(std::filesystem::exists("/tmp/pond-query-x.csv"));
  EXPECT_FALSE(std::filesystem::exists("/tmp/pond-query-x.db"));
  EXPECT_FALSE(std::filesystem::exists("/tmp/pond-query-x"));
}

TEST_F(Restricted, OneStatement) {
  EXPECT_EQ(with_source("SELECT 1; SET threads = 1"),
            "InvalidArgument: only queries: more than one statement was given | run one SELECT at "
            "a time");
  EXPECT_EQ(ask(session, "SELECT ';' AS a, \";\" FROM (SELECT 1 AS \";\") -- ; \n ; /* ; */ "),
            "a,;\n;,1\n");
}

TEST_F(Restricted, WritesNothingByExplainAnalyze) {
  const std::string out = host.file("out.csv");
  EXPECT_NE(with_source("EXPLAIN ANALYZE COPY source TO '" + out + "'"), "no error");
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(Restricted, TheLibraryMay) {
  Session library(nullptr, {.host_directory = host.path(), .restricted = false, .threads = 1});
  library.execute("CREATE TEMP TABLE seen AS SELECT 5 AS v");
  EXPECT_EQ(ask(library, "SELECT v FROM seen"), "v\n5\n");
  EXPECT_EQ(library.copy_to_parquet("SELECT * FROM seen -- all", host.file("seen.parquet"), {},
                                    {{"who", "it's me"}}),
            1U);
  EXPECT_EQ(ask(library, "SELECT v FROM 'host:///seen.parquet'"), "v\n5\n");
  EXPECT_EQ(ask(library, "SELECT decode(value) AS v FROM parquet_kv_metadata('" +
                             host.file("seen.parquet") + "') WHERE decode(key) = 'who'"),
            "v\nit's me\n");
}

TEST_F(Restricted, SpillsWithinItsMemory) {
  Session small(nullptr, {.memory_limit = 100'000'000, .threads = 1});
  EXPECT_EQ(ask(small,
                "SELECT count(*) AS n FROM (SELECT DISTINCT hash(range), hash(range + 1) FROM "
                "range(6000000))"),
            "n\n6000000\n");
}

}  // namespace
}  // namespace pond::query

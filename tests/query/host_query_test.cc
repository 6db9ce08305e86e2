// Queries over files of the host, without any pond.
#include "query/scene.h"

namespace pond::query {
namespace {

class HostQuery : public testing::Test {
 protected:
  Directory host;
  Session session{nullptr, {.host_directory = host.path(), .threads = 2}};
};

TEST_F(HostQuery, Csv) {
  host.write("dock.csv", "timestamp,temp\n2024-01-01T00:00:00Z,20\n2024-01-01T01:00:00Z,20.5\n");
  EXPECT_EQ(
      ask(session, "SELECT * FROM 'host+csv:///dock.csv' ORDER BY timestamp", {}, Output::Table),
      "+----------------------+--------+\n"
      "| timestamp            | temp   |\n"
      "| timestamptz          | double |\n"
      "+----------------------+--------+\n"
      "| 2024-01-01T00:00:00Z | 20.0   |\n"
      "| 2024-01-01T01:00:00Z | 20.5   |\n"
      "+----------------------+--------+\n"
      "Summary: 2 total rows\n");
}

TEST_F(HostQuery, SemicolonsAndTabsSeparateToo) {
  host.write("a.csv", "time;v\n2024-01-01;1\n");
  host.write("b.tsv", "time\tv\n2024-01-02\t2\n");
  EXPECT_EQ(ask(session, "FROM 'host+csv:///a.csv'"), "time,v\n2024-01-01,1\n");
  EXPECT_EQ(ask(session, "FROM 'host:///b.tsv'"), "time,v\n2024-01-02,2\n");
}

TEST_F(HostQuery, FilesOfAPatternAreOneTableByColumnName) {
  host.write("1.csv", "t,a\n1,10\n");
  host.write("2.csv", "t,b\n2,20\n");
  host.parquet("3.parquet", "SELECT 3 AS t, 30 AS a");
  EXPECT_EQ(ask(session, "FROM 'host+csv:///*.csv' ORDER BY t"), "t,a,b\n1,10,\n2,,20\n");
  EXPECT_EQ(ask(session, "FROM 'host:///?.*' ORDER BY t"), "t,a,b\n1,10,\n2,,20\n3,30,\n");
}

TEST_F(HostQuery, WildcardsInANameAreNotOnesOfDuckDb) {
  host.write("a[1]/x.csv", "v\n1\n");
  host.parquet("b*.parquet", "SELECT 2 AS v");
  EXPECT_EQ(ask(session, "FROM source", {{"source", "host+csv:///a\\[1\\]/x.csv"}}), "v\n1\n");
  EXPECT_EQ(ask(session, "FROM source", {{"source", "host:///b\\*.parquet"}}), "v\n2\n");
}

TEST_F(HostQuery, JsonLinesAndParquetAndArrow) {
  host.write("a.json", "{\"t\": 1, \"v\": \"x\"}\n{\"t\": 2}\n");
  host.parquet("a.parquet", "SELECT 7 AS seven");
  std::ostringstream arrow;
  write_result(*session.query("SELECT range AS i FROM range(5000)"), Output::Arrow, arrow);
  host.write("a.arrow", arrow.str());
  EXPECT_EQ(ask(session, "FROM 'host+json:///a.json'"), "t,v\n1,x\n2,\n");
  EXPECT_EQ(ask(session, "FROM 'host+series:///a.parquet'"), "seven\n7\n");
  EXPECT_EQ(ask(session, "SELECT count(*) n, sum(i) s FROM 'host+arrow:///a.arrow'"),
            "n,s\n5000,12497500\n");
}

TEST_F(HostQuery, SourceNamesTheGivenFile) {
  host.write("a.csv", "v\n1\n2\n");
  EXPECT_EQ(ask(session, "SELECT sum(v) AS s FROM source", {{"source", "host+csv:///a.csv"}}),
            "s\n3\n");
  EXPECT_EQ(ask(session, "SELECT sum(v) AS s FROM source", {{"source", "(SELECT 4 AS v)"}}),
            "s\n4\n");
  EXPECT_EQ(ask(session, "SELECT sum(range) AS s FROM source", {{"source", "range(3)"}}), "s\n3\n");
}

TEST_F(HostQuery, TextThatLooksLikeAPathStaysText) {
  EXPECT_EQ(ask(session, "SELECT '/no/such/path' AS p"), "p\n/no/such/path\n");
}

TEST_F(HostQuery, PivotIsOneQuery) {
  host.write("a.csv", "k,v\nx,1\ny,2\nx,3\n");
  EXPECT_EQ(ask(session, "PIVOT 'host+csv:///a.csv' ON k USING sum(v)"), "x,y\n4,2\n");
}

TEST_F(HostQuery, DescribeAndSummarize) {
  host.write("a.csv", "k,v\nx,1\n");
  EXPECT_EQ(ask(session, "SELECT column_name, column_type FROM (DESCRIBE 'host+csv:///a.csv')"),
            "column_name,column_type\nk,VARCHAR\nv,BIGINT\n");
}

TEST_F(HostQuery, Explain) {
  host.parquet("a.parquet", "SELECT 7 AS seven");
  EXPECT_NE(session.explain("SELECT seven FROM 'host:///a.parquet'").find("READ_PARQUET"),
            std::string::npos);
}

// --- bad input
// --------------------------------------------------------------------------------------------

TEST_F(HostQuery, NotParquet) {
  const auto path = host.write("x.txt", "hello, world");
  EXPECT_EQ(error_of_query(session, "FROM 'host+table:///x.txt'"),
            "InvalidArgument: not a valid parquet file (no PAR1 magic bytes): " + path +
                " | host://" + path + " stores it as data, host+csv://" + path +
                " reads it as CSV");
}

TEST_F(HostQuery, ACsvRowTooLong) {
  const auto path = host.write("x.csv", "t,v\n1,2\n3,4,5\n6,7\n");
  EXPECT_EQ(error_of_query(session, "FROM 'host+csv:///x.csv'"),
            "InvalidArgument: " + path +
                ": line 3: expected 2 columns, found 3 | correct the line and try again");
}

TEST_F(HostQuery, ACsvQuoteThatNeverCloses) {
  const auto path = host.write("x.csv", "t,v\n1,\"open\n");
  EXPECT_EQ(error_of_query(session, "FROM 'host+csv:///x.csv'"),
            "InvalidArgument: " + path +
                ": line 2: expected a closing quote, found the end of the file | correct the line "
                "and try again");
}

TEST_F(HostQuery, ACsvRowBrokenFarDown) {
  std::string text = "t,v\n";
  for (int i = 0; i < 300000; ++i)
    text += "1,2\n";
  const auto many = host.write("columns.csv", text + "3\n");
  EXPECT_EQ(error_of_query(session, "SELECT sum(v) FROM 'host+csv:///columns.csv'"),
            "InvalidArgument: " + many +
                ": line 300002: expected 2 columns, found 1 | correct the line and try again");
  const auto word = host.write("word.csv", text + "3,warm\n");
  EXPECT_EQ(error_of_query(session, "SELECT sum(v) FROM 'host+csv:///word.csv'"),
            "InvalidArgument: " + word +
                ": line 300002: column v: Could not convert string \"warm\" to 'BIGINT' | correct "
                "the line and try "
                "again");
}

TEST_F(HostQuery, AnEmptyCsv) {
  const auto path = host.write("x.csv", "");
  EXPECT_EQ(error_of_query(session, "FROM 'host+csv:///x.csv'"),
            "InvalidArgument: " + path + ": line 1: expected a header, found an empty file");
}

TEST_F(HostQuery, NothingMatches) {
  EXPECT_EQ(error_of_query(session, "FROM 'host+csv:///no/*.csv'"),
            "NotFound: no file of the host matches /no/*.csv");
}

TEST_F(HostQuery, AMisspeltColumn) {
  EXPECT_EQ(error_of_query(session, "SELECT tmp FROM source", {{"source", "(SELECT 1 AS temp)"}}),
            "InvalidArgument: Binder Error: Referenced column \"tmp\" not found in FROM clause! | "
            "Candidate "
            "bindings: \"temp\"");
}

TEST_F(HostQuery, ASyntaxError) {
  EXPECT_EQ(error_of_query(session, "SELEC 1"),
            "InvalidArgument: Parser Error: syntax error at or near \"SELEC\" | in: SELEC 1");
}

TEST_F(HostQuery, NoPond) {
  EXPECT_EQ(error_of_query(session, "FROM '/dock.series'"),
            "InvalidArgument: no pond to look for /dock.series in | a file of the host is "
            "host+csv:///path; a pond "
            "is given by --pond DIR or $POND");
}

}  // namespace
}  // namespace pond::query

#include <arrow/io/memory.h>
#include <arrow/ipc/reader.h>
#include <arrow/table.h>
#include <parquet/file_reader.h>

#include "query/scene.h"

namespace pond::query {
namespace {

class WriteResult : public testing::Test {
 protected:
  Session session{nullptr, {.threads = 1}};
};

TEST_F(WriteResult, Table) {
  EXPECT_EQ(ask(session,
                "SELECT * FROM (VALUES (1, 20.0::DOUBLE, 'Bö', TIMESTAMPTZ '2024-01-01 "
                "00:00:00.5+00', true), "
                "(NULL, 1e-7, E'a\\nb', NULL, false)) t(i, d, s, t, b)",
                {}, Output::Table),
            "+---------+--------+---------+--------------------------+---------+\n"
            "| i       | d      | s       | t                        | b       |\n"
            "| integer | double | varchar | timestamptz              | boolean |\n"
            "+---------+--------+---------+--------------------------+---------+\n"
            "| 1       | 20.0   | Bö      | 2024-01-01T00:00:00.500Z | true    |\n"
            "| NULL    | 1e-07  | a\\nb    | NULL                     | false   |\n"
            "+---------+--------+---------+--------------------------+---------+\n"
            "Summary: 2 total rows\n");
}

TEST_F(WriteResult, NoRows) {
  EXPECT_EQ(ask(session, "SELECT 1 AS a WHERE false", {}, Output::Table), "No data found\n");
  EXPECT_EQ(ask(session, "SELECT 1 AS a WHERE false", {}, Output::Csv), "a\n");
  EXPECT_EQ(ask(session, "SELECT 1 AS a WHERE false", {}, Output::Json), "");
}

TEST_F(WriteResult, EveryRowOfALongTable) {
  const std::string text =
      ask(session, "SELECT range * 100000 AS i FROM range(25000)", {}, Output::Table);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 25000 + 6);
  EXPECT_NE(text.find("| 2499900000 |\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("Summary: 25000 total rows\n"));
}

TEST_F(WriteResult, Csv) {
  EXPECT_EQ(
      ask(session,
          "SELECT 'a,b' AS \"x,y\", 'say \"hi\"' AS q, NULL AS n, '' AS e, DATE '2024-02-29' AS d"),
      "\"x,y\",q,n,e,d\n\"a,b\",\"say \"\"hi\"\"\",,\"\",2024-02-29\n");
}

TEST_F(WriteResult, JsonLines) {
  EXPECT_EQ(
      ask(session,
          "SELECT 1 AS i, 2.5::DOUBLE AS d, 'nan'::DOUBLE AS n, E'q\"\\n' AS s, NULL AS x, [1, 2] "
          "AS l, "
          "{'a': 1, 'b': 'c'} AS o, MAP {'k': 1} AS m, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS t, "
          "1.50::DECIMAL(6,2) AS c",
          {}, Output::Json),
      "{\"i\": 1, \"d\": 2.5, \"n\": null, \"s\": \"q\\\"\\n\", \"x\": null, \"l\": [1, 2], "
      "\"o\": {\"a\": 1, \"b\": \"c\"}, \"m\": {\"k\": 1}, \"t\": \"2024-01-01T00:00:00Z\", \"c\": "
      "1.50}\n");
}

TEST_F(WriteResult, Numbers) {
  EXPECT_EQ(
      ask(session,
          "SELECT 100000.0::DOUBLE a, 0.1::DOUBLE b, 1e300::DOUBLE c, 0.1::FLOAT d, -0.0::DOUBLE "
          "e, "
          "'inf'::DOUBLE f, sum(9007199254740993) g, 18446744073709551615::UBIGINT h"),
      "a,b,c,d,e,f,g,h\n100000.0,0.1,1e+300,0.1,-0.0,inf,9007199254740993,18446744073709551615\n");
}

TEST_F(WriteResult, Times) {
  EXPECT_EQ(
      ask(session,
          "SELECT TIMESTAMP '1969-12-31 23:59:59.999999' a, TIMESTAMP_NS '2024-01-01 "
          "00:00:00.000000001' b, "
          "TIME '12:34:56.789' c, DATE '0001-01-01' d, TIMESTAMPTZ '2024-06-01 02:00:00+02' e"),
      "a,b,c,d,e\n1969-12-31T23:59:59.999999,2024-01-01T00:00:00.000000001,12:34:56.789,0001-01-01,"
      "2024-06-01T00:00:00Z\n");
}

TEST_F(WriteResult, Parquet) {
  const std::string bytes =
      ask(session, "SELECT range AS i FROM range(300000)", {}, Output::Parquet);
  const auto buffer = arrow::Buffer::FromString(bytes);
  const auto reader =
      parquet::ParquetFileReader::Open(std::make_shared<arrow::io::BufferReader>(buffer));
  EXPECT_EQ(reader->metadata()->num_rows(), 300000);
  EXPECT_EQ(reader->metadata()->RowGroup(0)->ColumnChunk(0)->compression(),
            parquet::Compression::ZSTD);
  EXPECT_LE(reader->metadata()->RowGroup(0)->num_rows(), 122880);
}

TEST_F(WriteResult, ArrowStream) {
  const std::string bytes = ask(session, "SELECT range AS i FROM range(300000)", {}, Output::Arrow);
  arrow::io::BufferReader input(arrow::Buffer::FromString(bytes));
  const auto table =
      arrow::ipc::RecordBatchStreamReader::Open(&input).ValueOrDie()->ToTable().ValueOrDie();
  EXPECT_EQ(table->num_rows(), 300000);
  EXPECT_EQ(table->schema()->ToString(), "i: int64");
}

TEST_F(WriteResult, AFailureInTheMiddle) {
  EXPECT_EQ(error_of_query(session,
                           "SELECT CASE WHEN range = 200000 THEN error('stop here') ELSE 1 END AS "
                           "x FROM range(300000)"),
            "InvalidArgument: Invalid Input Error: stop here");
}

TEST(ParseOutput, NamesTheNearest) {
  EXPECT_EQ(parse_output("json"), Output::Json);
  EXPECT_EQ(error_from([] { parse_output("jsn"); }),
            "InvalidArgument: unknown output format 'jsn' | did you mean 'json'? formats: table, "
            "csv, json, parquet, "
            "arrow");
}

}  // namespace
}  // namespace pond::query

// Queries over a pond: series in several versions, patterns, derived nodes, time travel.
#include <arrow/array/builder_primitive.h>
#include <arrow/table.h>
#include <arrow/type.h>

#include "pond/tinylogfs.h"
#include "query/scene.h"

namespace pond::query {
namespace {

using tinyfs::Kind;

struct Column {
  std::string name;
  std::vector<double> values;
};

// Rows at the given hours of 2024-01-01 (UTC).
std::shared_ptr<arrow::Table> hours(const std::vector<int>& at,
                                    const std::vector<Column>& columns) {
  const auto type = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  arrow::TimestampBuilder times(type, arrow::default_memory_pool());
  for (const int hour : at)
    (void)times.Append(1704067200000000 + hour * 3600000000LL);
  arrow::FieldVector fields{arrow::field("timestamp", type, false)};
  arrow::ArrayVector arrays{times.Finish().ValueOrDie()};
  for (const auto& column : columns) {
    arrow::DoubleBuilder builder;
    (void)builder.AppendValues(column.values);
    fields.push_back(arrow::field(column.name, arrow::float64()));
    arrays.push_back(builder.Finish().ValueOrDie());
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

// A file that is computed by a function of the test.
class Derived : public tinyfs::File, public TableProvider {
 public:
  using Give = std::function<std::string(Session&)>;
  Derived(tinyfs::NodeId id, Give give) : File(id), give_(std::move(give)) {}
  tinyfs::NodeInfo info() const override {
    return {.kind = Kind::Table, .dynamic = true, .factory = "test"};
  }
  std::unique_ptr<tinyfs::Reader> open(std::optional<std::uint64_t>) const override {
    return tinyfs::read_bytes("");
  }
  std::vector<tinyfs::VersionInfo> versions() const override { return {}; }
  void write(tinyfs::Reader&) override {}
  std::string relation(Session& session) const override { return give_(session); }

 private:
  Give give_;
};

class PondQuery : public testing::Test {
 protected:
  void SetUp() override {
    backend = tinylogfs::OpLogBackend::create(host.path() / "pond", {}, {.command = "init"});
    fs = std::make_unique<tinyfs::FS>(backend);
    backend->set_dynamic_loader([this](const tinyfs::DynamicSpec& spec) -> tinyfs::NodePtr {
      return std::make_shared<Derived>(spec.id, derived.at(spec.factory));
    });
  }
  void append(const std::string& path, const arrow::Table& rows, Kind kind = Kind::Series) {
    auto txn = fs->begin();
    append_pending(path, rows, kind);
    txn.commit({.command = "test"});
  }
  void append_pending(const std::string& path, const arrow::Table& rows, Kind kind = Kind::Series) {
    auto node = fs->root().find(path);
    if (!node) node = fs->root().create_file(path, kind);
    tinylogfs::as_oplog_file(*node->node())->append(rows);
  }
  void adopt(const std::string& path, const std::string& sql, Kind kind = Kind::Series) {
    const auto file = host.parquet("adopt.parquet", sql);
    auto txn = fs->begin();
    auto node = fs->root().find(path);
    if (!node) node = fs->root().create_file(path, kind);
    tinylogfs::as_oplog_file(*node->node())->adopt_parquet(file);
    txn.commit({.command = "test"});
  }
  void data(const std::string& path, const std::string& bytes) {
    auto txn = fs->begin();
    auto node = fs->root().find(path);
    if (!node) node = fs->root().create_file(path, Kind::Data);
    node->as_file().write(bytes);
    txn.commit({.command = "test"});
  }
  void derive(const std::string& path, const std::string& name, Derived::Give give) {
    derived[name] = std::move(give);
    auto txn = fs->begin();
    fs->root().create_dynamic(path, name, "{}");
    txn.commit({.command = "test"});
  }
  std::shared_ptr<tinylogfs::OpLogFile> stored(const std::string& path) {
    return std::dynamic_pointer_cast<tinylogfs::OpLogFile>(fs->root().get(path).node());
  }
  std::string all(const std::string& from) {
    return ask(session(), "FROM " + from + " ORDER BY ALL");
  }
  Session& session() {
    if (!session_) session_ = std::make_unique<Session>(fs.get(), SessionOptions{.threads = 2});
    return *session_;
  }

  Directory host;
  std::map<std::string, Derived::Give> derived;
  std::shared_ptr<tinylogfs::OpLogBackend> backend;
  std::unique_ptr<tinyfs::FS> fs;
  std::unique_ptr<Session> session_;
};

TEST_F(PondQuery, ASeriesIsItsVersionsByColumnName) {
  append("/dock", *hours({0}, {{"temp", {1}}}));
  append("/dock", *hours({1}, {{"salinity", {30}}, {"temp", {2}}}));
  EXPECT_EQ(all("'/dock'"),
            "timestamp,temp,salinity\n2024-01-01T00:00:00Z,1.0,\n2024-01-01T01:00:00Z,2.0,30.0\n");
}

TEST_F(PondQuery, ParquetAndInlineVersionsInTheirOrder) {
  append("/dock", *hours({2}, {{"temp", {1}}}));
  adopt("/dock",
        "SELECT TIMESTAMPTZ '2024-01-01 01:00:00+00' AS timestamp, 5::DOUBLE AS temp, 'x' AS note");
  append("/dock", *hours({0}, {{"temp", {3}}}));
  EXPECT_EQ(ask(session(), "FROM '/dock'"),
            "timestamp,temp,note\n2024-01-01T02:00:00Z,1.0,\n2024-01-01T01:00:00Z,5.0,x\n"
            "2024-01-01T00:00:00Z,3.0,\n");
  EXPECT_EQ(ask(session(),
                "SELECT count(*) AS n, max(temp) AS m FROM '/dock' WHERE timestamp >= '2024-01-01 "
                "01:00:00Z'"),
            "n,m\n2,5.0\n");
}

TEST_F(PondQuery, RowsOfTheOpenTransactionAreSeen) {
  append("/dock", *hours({0}, {{"temp", {1}}}));
  {
    auto txn = fs->begin();
    append_pending("/dock", *hours({1}, {{"temp", {2}}}));
    EXPECT_EQ(ask(session(), "SELECT sum(temp) AS s FROM '/dock'"), "s\n3.0\n");
    txn.restore();
  }
  EXPECT_EQ(ask(session(), "SELECT sum(temp) AS s FROM '/dock'"), "s\n1.0\n");
}

TEST_F(PondQuery, APatternIsOneTable) {
  append("/a.series", *hours({0}, {{"x", {1}}}));
  append("/b.series", *hours({1}, {{"y", {2}}}));
  data("/notes", "not a table");
  EXPECT_EQ(all("'/*.series'"),
            "timestamp,x,y\n2024-01-01T00:00:00Z,1.0,\n2024-01-01T01:00:00Z,,2.0\n");
  EXPECT_EQ(ask(session(), "SELECT count(*) AS n FROM '/**'"), "n\n2\n");
}

TEST_F(PondQuery, TwoTablesJoined) {
  append("/a", *hours({0, 1}, {{"x", {1, 2}}}));
  append("/b", *hours({1, 2}, {{"y", {3, 4}}}));
  EXPECT_EQ(ask(session(), "SELECT x, y FROM '/a' JOIN \"/b\" USING (timestamp)"),
            "x,y\n2.0,3.0\n");
}

TEST_F(PondQuery, EarlierVersions) {
  append("/dock", *hours({0, 1}, {{"temp", {1, 2}}}));
  append("/dock", *hours({2}, {{"temp", {3}}}));
  EXPECT_EQ(ask(session(), "SELECT count(*) AS n FROM '/dock@version=1'"), "n\n2\n");
  const auto file = stored("/dock");
  const auto first = file->details().front().time_us;
  EXPECT_EQ(ask(session(), "SELECT sum(temp) AS s FROM source",
                {{"source", session().relation("/dock", {.version = {}, .time_us = first})}}),
            "s\n3.0\n");
  EXPECT_EQ(ask(session(), "SELECT temp FROM source",
                {{"source", session().relation(file->segments_after(1))}}),
            "temp\n3.0\n");
}

TEST_F(PondQuery, PartOfARun) {
  adopt("/dock", "SELECT to_timestamp(range * 60) AS timestamp, range AS i FROM range(1000)");
  auto segments = stored("/dock")->segments();
  ASSERT_EQ(segments.size(), 1U);
  segments[0].first_row = 10;
  segments[0].last_row = 13;
  EXPECT_EQ(ask(session(), "SELECT i FROM source", {{"source", session().relation(segments)}}),
            "i\n10\n11\n12\n");
}

TEST_F(PondQuery, ManySmallAppends) {
  auto txn = fs->begin();
  for (int i = 0; i < 100; ++i)
    append_pending("/dock", *hours({i}, {{"temp", {double(i)}}}));
  EXPECT_EQ(ask(session(), "SELECT count(*) AS n, sum(temp) AS s FROM '/dock'"),
            "n,s\n100,4950.0\n");
}

TEST_F(PondQuery, BytesReadAsATable) {
  data("/drop.csv", "t,v\n1,2\n");
  data("/plain", "t,v\n3,4\n");
  data(
      "/big.csv", "t,v\n" + [] {
        std::string text;
        for (int i = 0; i < 50000; ++i)
          text += "5,6\n";
        return text;
      }());
  EXPECT_EQ(ask(session(), "FROM '/drop.csv'"), "t,v\n1,2\n");
  EXPECT_EQ(ask(session(), "FROM 'csv:///plain'"), "t,v\n3,4\n");
  EXPECT_EQ(ask(session(), "SELECT count(*) AS n FROM 'csv:///*.csv'"), "n\n50001\n");
  EXPECT_EQ(error_of_query(session(), "FROM '/plain'"),
            "InvalidArgument: not a table: /plain | say how to read it: csv:///plain, json://…, "
            "parquet://… or "
            "arrow://…");
  EXPECT_EQ(error_of_query(session(), "FROM 'table:///plain'"),
            "InvalidArgument: not a valid parquet file (no PAR1 magic bytes): /plain | "
            "csv:///plain reads it as CSV");
}

TEST_F(PondQuery, AnEmptySeries) {
  auto txn = fs->begin();
  fs->root().create_file("/new.series", Kind::Series);
  EXPECT_EQ(ask(session(), "FROM '/new.series'", {}, Output::Table), "No data found\n");
}

// --- derived nodes
// ------------------------------------------------------------------------------------------

TEST_F(PondQuery, AChainOfDerivedNodesIsOneQuery) {
  append("/dock", *hours({0, 1}, {{"temp", {1, 2}}}));
  derive("/f", "fahrenheit", [this](Session& s) {
    return "(SELECT timestamp, temp * 1.8 + 32 AS f FROM " + s.relation(fs->root().get("/dock")) +
           ")";
  });
  derive("/warmest", "warmest", [this](Session& s) {
    return "(SELECT max(f) AS f FROM " + s.relation(fs->root().get("/f")) + ")";
  });
  EXPECT_EQ(ask(session(), "FROM '/warmest'"), "f\n35.6\n");
  EXPECT_EQ(ask(session(), "SELECT w.f FROM '/warmest' w, '/f' f WHERE w.f = f.f"), "f\n35.6\n");
}

TEST_F(PondQuery, ADerivedNodeAtAnEarlierTime) {
  append("/dock", *hours({0}, {{"temp", {1}}}));
  const auto first = stored("/dock")->details().front().time_us;
  append("/dock", *hours({1}, {{"temp", {9}}}));
  derive("/max", "max", [this](Session& s) {
    return "(SELECT max(temp) AS m FROM " + s.relation(fs->root().get("/dock")) + ")";
  });
  EXPECT_EQ(ask(session(), "FROM '/max'"), "m\n9.0\n");
  EXPECT_EQ(ask(session(), "FROM source",
                {{"source", session().relation("/max", {.version = {}, .time_us = first})}}),
            "m\n1.0\n");
}

TEST_F(PondQuery, ACycleIsNamed) {
  derive("/a", "a", [this](Session& s) { return s.relation(fs->root().get("/b")); });
  derive("/b", "b", [this](Session& s) { return s.relation(fs->root().get("/a")); });
  derive("/start", "start", [this](Session& s) { return s.relation(fs->root().get("/a")); });
  EXPECT_EQ(error_of_query(session(), "FROM '/start'"),
            "InvalidArgument: derived nodes in a cycle: /a -> /b -> /a | change one of their "
            "configurations");
}

TEST_F(PondQuery, AProviderMayAskBeforeItAnswers) {
  append("/dock", *hours({0}, {{"temp", {1}}, {"salinity", {30}}}));
  derive("/names", "names", [this](Session& s) {
    const auto relation = s.relation(fs->root().get("/dock"));
    const std::string names =
        ask(s, "SELECT count(*) AS n FROM (DESCRIBE source)", {{"source", relation}});
    return "(SELECT " + quote_literal(names) + " AS names)";
  });
  EXPECT_EQ(ask(session(), "SELECT names, temp FROM '/names', source", {{"source", "/dock"}}),
            "names,temp\n\"n\n3\n\",1.0\n");
}

// --- errors
// -------------------------------------------------------------------------------------------------

TEST_F(PondQuery, AMisspeltPathGivesTheNearest) {
  append("/dock.series", *hours({0}, {{"temp", {1}}}));
  const std::string error = error_of_query(session(), "FROM '/dokc.series'");
  EXPECT_EQ(error.substr(0, 9), "NotFound:");
  EXPECT_NE(error.find("dock.series"), std::string::npos) << error;
  Session library(fs.get(), {.restricted = false, .threads = 1});
  EXPECT_EQ(error_of_query(library, "FROM '/dokc.series'"), error);
}

TEST_F(PondQuery, NotATable) {
  {
    auto txn = fs->begin();
    fs->root().create_directory("/sensors");
    txn.commit({});
  }
  EXPECT_EQ(error_of_query(session(), "FROM '/sensors'"),
            "InvalidArgument: is a directory: /sensors | name its files: /sensors/*");
  EXPECT_EQ(error_of_query(session(), "FROM '/*.series'"),
            "NotFound: no table or series matches /*.series");
}

TEST_F(PondQuery, ReadsOnlyTheFilesOfTheNamedNodes) {
  adopt("/open", "SELECT TIMESTAMPTZ '2024-01-01 00:00:00+00' AS timestamp, 1 AS v");
  adopt("/closed", "SELECT TIMESTAMPTZ '2024-01-02 00:00:00+00' AS timestamp, 2 AS v");
  const auto file = stored("/closed")->segments().front().parquet;
  EXPECT_EQ(ask(session(), "SELECT v FROM '/open'"), "v\n1\n");
  EXPECT_NE(error_of_query(session(), "SELECT v FROM '/open' UNION SELECT v FROM read_parquet('" +
                                          file.string() + "')")
                .find("Permission Error"),
            std::string::npos);
}

}  // namespace
}  // namespace pond::query

// temporal-reduce against DuckDB's own GROUP BY over all the rows.
#include <cmath>

#include "scene.h"

namespace pond::factory {
namespace {

constexpr const char* kConfig = R"(
in_pattern: /sensors/*.series
out_pattern: $0
resolutions: [1m, 1h, 1d, 1w]
aggregations:
  - {type: avg}
  - {type: min}
  - {type: max}
  - {type: sum}
  - {type: count}
)";

// `count` rows a minute and a half apart from `from` on, with two columns; every 7th `a` is NULL.
std::string rows(const std::string& from, int count, const std::string& extra = "") {
  return "SELECT TIMESTAMPTZ '" + from +
         "' + to_seconds(i * 90) AS timestamp, "
         "CASE WHEN i % 7 = 3 THEN NULL ELSE sin(i) * 10 END AS a, i AS b" +
         extra + " FROM range(" + std::to_string(count) + ") r(i)";
}

// The buckets in which the reduced series differs from a GROUP BY over the rows; "" when none does.
std::string differences(Pond& pond, const std::string& reduced, const std::string& interval,
                        const std::string& input, const std::vector<std::string>& columns) {
  std::string want;
  std::string distinct = "want.n IS DISTINCT FROM got.\"timestamp.count\"";
  for (const auto& column : columns) {
    for (const std::string aggregate : {"avg", "min", "max", "sum", "count"}) {
      const std::string name = '"' + column + "." + aggregate + '"';
      want += ", " + aggregate + "(\"" + column + "\") AS " + name;
      distinct += " OR (want." + name + " IS DISTINCT FROM got." + name +
                  " AND NOT coalesce(abs(want." + name + " - got." + name +
                  ") <= 1e-9 * greatest(1, abs(want." + name + ")), false))";
    }
  }
  const std::string result =
      pond.ask("WITH want AS (SELECT time_bucket(INTERVAL '" + interval +
               "', timestamp, TIMESTAMPTZ '1970-01-05 00:00:00Z') AS bucket, count(*) AS n" + want +
               " FROM '" + input + "' GROUP BY 1), got AS (SELECT * FROM '" + reduced +
               "') SELECT * FROM want FULL JOIN got ON bucket = got.timestamp WHERE bucket IS NULL "
               "OR got.timestamp IS NULL OR " +
               distinct);
  return result.find('\n') + 1 == result.size() ? "" : result;
}

// All resolutions of kConfig.
void expect_right(Pond& pond, const std::vector<std::string>& columns) {
  for (const auto& [resolution, interval] : std::vector<std::pair<std::string, std::string>>{
           {"1m", "1 minute"}, {"1h", "1 hour"}, {"1d", "1 day"}, {"1w", "7 days"}})
    EXPECT_EQ(differences(pond, "/reduced/dock/res=" + resolution + ".series", interval,
                          "/sensors/dock.series", columns),
              "")
        << resolution;
}

class Reduce : public testing::Test {
 protected:
  Pond pond;
};

TEST_F(Reduce, OutputsAreDirectoriesOfResolutions) {
  pond.write("/sensors/dock.series", rows("2024-01-01 00:00:00Z", 3));
  pond.make("/reduced", "temporal-reduce", kConfig);
  EXPECT_EQ(pond.paths("/reduced/**"),
            (std::vector<std::string>{"/reduced/dock", "/reduced/dock/res=1d.series",
                                      "/reduced/dock/res=1h.series", "/reduced/dock/res=1m.series",
                                      "/reduced/dock/res=1w.series"}));
  EXPECT_EQ(
      pond.ask("SELECT * FROM '/reduced/dock/res=1h.series'"),
      "timestamp,timestamp.count,a.avg,a.min,a.max,a.sum,a.count,b.avg,b.min,b.max,b.sum,b.count\n"
      "2024-01-01T00:00:00Z,3,5.83589470544526,0.0,9.092974268256818,17.50768411633578,3,1.0,0.0,"
      "2.0,3.0,3\n");
}

TEST_F(Reduce, ReadingIsRightBeforeDuringAndAfterRuns) {
  pond.make("/reduced", "temporal-reduce", kConfig);
  pond.write("/sensors/dock.series", rows("2024-01-01 00:00:00Z", 2000));
  expect_right(pond, {"a", "b"});

  EXPECT_EQ(pond.run("/reduced").commits, 1u);
  expect_right(pond, {"a", "b"});

  // Late rows, rows out of order, repeated rows, times before 1970: read before the next run, and
  // after.
  pond.write("/sensors/dock.series", rows("2024-01-01 12:00:30Z", 500));
  pond.write("/sensors/dock.series",
             rows("2023-12-30 00:00:00Z", 100) + " ORDER BY timestamp DESC");
  pond.write("/sensors/dock.series", rows("2024-01-01 00:00:00Z", 50));
  pond.write("/sensors/dock.series", rows("1969-12-28 22:15:00Z", 5000));
  expect_right(pond, {"a", "b"});

  const RunReport report = pond.run("/reduced");
  EXPECT_EQ(report.commits, 1u);
  EXPECT_EQ(report.rows, 5650u);
  EXPECT_EQ(report.lines, std::vector<std::string>{"dock: 5650 new rows"});
  expect_right(pond, {"a", "b"});
}

TEST_F(Reduce, NothingNewMakesNoCommit) {
  pond.make("/reduced", "temporal-reduce", kConfig);
  pond.write("/sensors/dock.series", rows("2024-01-01 00:00:00Z", 100));
  EXPECT_EQ(pond.run("/reduced").commits, 1u);
  const RunReport again = pond.run("/reduced");
  EXPECT_EQ(again.commits, 0u);
  EXPECT_EQ(again.rows, 0u);
  EXPECT_EQ(again.lines, std::vector<std::string>{"nothing new"});
}

TEST_F(Reduce, ARunCostsTheNewRowsAlone) {
  pond.make("/reduced", "temporal-reduce", kConfig);
  for (int day = 1; day <= 30; ++day) {
    pond.write("/sensors/dock.series", rows("2024-01-" + std::string(day < 10 ? "0" : "") +
                                                std::to_string(day) + " 00:00:00Z",
                                            960));
    EXPECT_EQ(pond.run("/reduced").rows, 960u);
  }
  expect_right(pond, {"a", "b"});
  // The partials are a series like any other, of all rows.
  EXPECT_EQ(pond.ask("SELECT sum(count)::BIGINT AS n FROM '/.reduce/*/dock/res=1d.series'"),
            "n\n28800\n");
}

TEST_F(Reduce, NaNIsAValueAndNullIsNot) {
  pond.make("/reduced", "temporal-reduce", kConfig);
  const std::string odd =
      "SELECT TIMESTAMPTZ '2024-01-01 00:00:00Z' + to_minutes(m) AS timestamp, a::DOUBLE AS a FROM "
      "(VALUES "
      "(0, 'nan'), (0, '1'), (1, 'nan'), (2, NULL), (3, 'inf'), (3, '2'), (4, NULL), (4, '-1'), "
      "(5, 'inf'), "
      "(5, '-inf')) v(m, a)";
  pond.write("/sensors/dock.series", odd);
  expect_right(pond, {"a"});
  pond.run("/reduced");
  pond.write("/sensors/dock.series", odd);
  expect_right(pond, {"a"});
  EXPECT_EQ(pond.ask("SELECT \"a.avg\", \"a.min\", \"a.count\", \"timestamp.count\" FROM "
                     "'/reduced/dock/res=1m.series' WHERE timestamp = '2024-01-01 00:02:00Z'"),
            "a.avg,a.min,a.count,timestamp.count\n,,0,2\n");
}

TEST_F(Reduce, AColumnThatAppearsLater) {
  pond.make("/reduced", "temporal-reduce", kConfig);
  pond.write("/sensors/dock.series", rows("2024-01-01 00:00:00Z", 300));
  pond.run("/reduced");
  pond.write("/sensors/dock.series", rows("2024-01-01 02:00:00Z", 300, ", i / 3.0 AS c"));
  expect_right(pond, {"a", "b", "c"});
  pond.run("/reduced");
  expect_right(pond, {"a", "b", "c"});
  // And one that is gone again.
  pond.write("/sensors/dock.series", rows("2024-01-01 04:00:00Z", 300));
  expect_right(pond, {"a", "b", "c"});
  pond.run("/reduced");
  expect_right(pond, {"a", "b", "c"});
}

TEST_F(Reduce, AnIntegerColumnThatBecomesDouble) {
  pond.make("/reduced", "temporal-reduce", kConfig);
  pond.write("/sensors/dock.series", rows("2024-01-01 00:00:00Z", 100, ", i::INTEGER AS c"));
  pond.run("/reduced");
  const std::string error = error_from([&] {
    pond.write("/sensors/dock.series", rows("2024-01-01 01:00:00Z", 100, ", i / 2.0 AS c"));
  });
  if (error == "no error") expect_right(pond, {"a", "b", "c"});
}

TEST_F(Reduce, AChangedConfigurationStartsAgain) {
  pond.make("/reduced", "temporal-reduce", kConfig);
  pond.write("/sensors/dock.series", rows("2024-01-01 00:00:00Z", 1000));
  pond.run("/reduced");
  pond.make("/reduced", "temporal-reduce",
            "in_pattern: /sensors/*.series\nout_pattern: $0\nresolutions: [1h]\n"
            "aggregations: [{type: max, columns: [b]}]\n");
  const std::string wanted = pond.ask(
      "SELECT date_trunc('hour', timestamp) AS timestamp, count(*) AS \"timestamp.count\", "
      "max(b)::DOUBLE AS \"b.max\" FROM '/sensors/dock.series' GROUP BY 1 ORDER BY 1");
  EXPECT_EQ(pond.ask("SELECT timestamp, \"timestamp.count\", COLUMNS('b\\..*') FROM "
                     "'/reduced/dock/res=1h.series'"),
            wanted);
}

TEST_F(Reduce, SeveralInputsOfOneOutput) {
  pond.write("/sensors/dock-1.series", rows("2024-01-01 00:00:00Z", 300));
  pond.write("/sensors/dock-2.series", rows("2024-01-01 00:30:00Z", 300, ", i * 2.0 AS c"));
  pond.make("/reduced", "temporal-reduce",
            "in_pattern: /sensors/*-*.series\nout_pattern: $0\nresolutions: [1h]\n"
            "aggregations: [{type: avg}, {type: min}, {type: max}, {type: sum}, {type: count}]\n");
  const auto right = [&] {
    return differences(pond, "/reduced/dock/res=1h.series", "1 hour", "/sensors/dock-*.series",
                       {"a", "b", "c"});
  };
  EXPECT_EQ(right(), "");
  pond.run("/reduced");
  EXPECT_EQ(right(), "");
  // An input that goes takes its rows along.
  {
    auto transaction = pond.fs.begin();
    pond.fs.root().remove("/sensors/dock-1.series");
    transaction.commit();
  }
  EXPECT_EQ(right(), "");
  EXPECT_EQ(pond.run("/reduced").rows, 300u);
  EXPECT_EQ(right(), "");
  // And the last one its output.
  {
    auto transaction = pond.fs.begin();
    pond.fs.root().remove("/sensors/dock-2.series");
    transaction.commit();
  }
  EXPECT_EQ(pond.run("/reduced").commits, 1u);
  EXPECT_EQ(pond.paths("/reduced/*"), std::vector<std::string>{});
  EXPECT_EQ(pond.paths("/.reduce/*/*"), std::vector<std::string>{});
}

TEST_F(Reduce, ComputedAndReplacedInputsAreReducedWhenRead) {
  pond.write("/sensors/raw.series", rows("2024-01-01 00:00:00Z", 300));
  pond.make(
      "/sensors/dock.series", "sql-derived-series",
      "patterns: {r: /sensors/raw.series}\nquery: SELECT timestamp, a, b FROM r WHERE b > 10");
  pond.make("/reduced", "temporal-reduce", kConfig);
  expect_right(pond, {"a", "b"});
  pond.run("/reduced");
  pond.write("/sensors/raw.series", rows("2024-01-01 03:00:00Z", 300));
  expect_right(pond, {"a", "b"});

  pond.make("/tables", "temporal-reduce",
            "in_pattern: /table\nout_pattern: out\nresolutions: [1h]\naggregations: [{type: sum, "
            "columns: [b]}]\n");
  pond.write("/table", rows("2024-01-01 00:00:00Z", 3), tinyfs::Kind::Table);
  pond.run("/tables");
  pond.write("/table", rows("2024-01-02 00:00:00Z", 4), tinyfs::Kind::Table);
  EXPECT_EQ(pond.ask("SELECT * FROM '/tables/out/res=1h.series'"),
            "timestamp,timestamp.count,b.sum\n2024-01-02T00:00:00Z,4,6.0\n");
}

TEST_F(Reduce, APatternThatCoversItsOwnOutputs) {
  pond.write("/all/dock.series", rows("2024-01-01 00:00:00Z", 300));
  pond.make("/all/reduced", "temporal-reduce",
            "in_pattern: /all/**/*.series\nout_pattern: $0/$1\nresolutions: [1h]\naggregations: "
            "[{type: sum}]\n");
  EXPECT_EQ(pond.paths("/all/reduced/**"),
            (std::vector<std::string>{"/all/reduced/dock", "/all/reduced/dock/res=1h.series"}));
  pond.run("/all/reduced");
  EXPECT_EQ(pond.ask("SELECT sum(\"timestamp.count\") AS n FROM '/all/reduced/dock/res=1h.series'"),
            "n\n300\n");
}

TEST_F(Reduce, ResolutionsThatDoNotDivide) {
  pond.write("/sensors/dock.series", rows("2024-01-01 00:00:00Z", 300));
  pond.make("/reduced", "temporal-reduce",
            "in_pattern: /sensors/*.series\nout_pattern: $0\nresolutions: [1h, 7m, 90m]\n"
            "aggregations: [{type: avg}, {type: min}, {type: max}, {type: sum}, {type: count}]\n");
  pond.run("/reduced");
  // From the epoch on: 7 minutes do not divide the four days to the first Monday.
  EXPECT_EQ(pond.ask("SELECT count(*) AS wrong FROM '/reduced/dock/res=7m.series' WHERE "
                     "epoch(timestamp) % 420 != 0"),
            "wrong\n0\n");
  EXPECT_EQ(differences(pond, "/reduced/dock/res=1h.series", "1 hour", "/sensors/dock.series",
                        {"a", "b"}),
            "");
  EXPECT_EQ(differences(pond, "/reduced/dock/res=90m.series", "90 minutes", "/sensors/dock.series",
                        {"a", "b"}),
            "");
}

TEST_F(Reduce, InsideADynamicDirectoryAndRunFromThere) {
  pond.write("/sensors/dock.series", rows("2024-01-01 00:00:00Z", 300));
  pond.make("/station", "dynamic-dir",
            "entries:\n"
            "  - name: reduced\n"
            "    factory: temporal-reduce\n"
            "    config: {in_pattern: /sensors/*.series, out_pattern: $0, resolutions: [1h], "
            "aggregations: [{type: "
            "sum}]}\n");
  const RunReport report = pond.run("/station");
  EXPECT_EQ(report.lines, std::vector<std::string>{"reduced: dock: 300 new rows"});
  EXPECT_EQ(pond.run("/station/reduced").commits, 0u);
  EXPECT_EQ(
      pond.ask("SELECT sum(\"timestamp.count\") AS n FROM '/station/reduced/dock/res=1h.series'"),
      "n\n300\n");
}

TEST_F(Reduce, Errors) {
  const auto with = [](const std::string& line) {
    return validated("temporal-reduce", "in_pattern: /a/*\nout_pattern: $0\n" + line);
  };
  EXPECT_EQ(with("resolutions: [1h, 1x]\naggregations: [{type: avg}]"),
            "InvalidArgument: test.yaml: line 3, spec.resolutions[1]: not a duration: '1x' | write "
            "a whole number "
            "and a unit: 250ms, 10s, 5m, 1h, 1d, 1w");
  EXPECT_EQ(with("resolutions: [60m, 1h]\naggregations: [{type: avg}]"),
            "InvalidArgument: test.yaml: line 3, spec.resolutions[1]: '1h' is the same as '60m'");
  EXPECT_EQ(with("resolutions: [1h]\naggregations: [{type: maxx}]"),
            "InvalidArgument: test.yaml: line 4, spec.aggregations[0].type: unknown aggregation "
            "'maxx' | did you "
            "mean max?");
  EXPECT_EQ(with("resolutions: [1h]\n"),
            "InvalidArgument: test.yaml: line 1, spec.aggregations: is required");

  pond.write("/sensors/dock.series", rows("2024-01-01 00:00:00Z", 3));
  pond.make("/reduced", "temporal-reduce",
            "in_pattern: /sensors/*\nout_pattern: $0\ntime_column: time\nresolutions: "
            "[1h]\naggregations: [{type: sum}]");
  EXPECT_EQ(error_from([&] { pond.ask("SELECT * FROM '/reduced/dock.series/res=1h.series'"); }),
            "InvalidArgument: /sensors/dock.series has no column 'time' for its times | set "
            "time_column to one of its "
            "columns: timestamp, a, b");
  EXPECT_EQ(
      validated("temporal-reduce",
                "in_pattern: /sensors/*\nout_pattern: $1\nresolutions: [1h]\n"
                "aggregations: [{type: sum}]"),
      "InvalidArgument: test.yaml: line 2, spec.out_pattern: asks for $1, but the pattern has "
      "1 wildcard | $0 is what the first wildcard matched");
}

}  // namespace
}  // namespace pond::factory

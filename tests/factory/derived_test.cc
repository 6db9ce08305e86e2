// Nodes that are queries: derived tables, directories of them, test signals.
#include "scene.h"

namespace pond::factory {
namespace {

constexpr const char* kDock =
    "SELECT TIMESTAMPTZ '2024-01-01 00:00:00Z' + to_hours(h) AS timestamp, t "
    "FROM (VALUES (0, 10.0::DOUBLE), (1, 12.0), (2, 11.0)) v(h, t)";

TEST(Derived, AQueryOverNamedPatterns) {
  Pond pond;
  pond.write("/sensors/dock.series", kDock);
  pond.write("/sensors/pier.series", kDock);
  pond.make("/warm.series", "sql-derived-series",
            "patterns: {d: /sensors/dock.series, p: /sensors/*.series}\n"
            "query: SELECT d.timestamp, d.t, count(*) AS n FROM d JOIN p USING (timestamp)\n"
            "       WHERE d.t > 10.5 GROUP BY ALL ORDER BY d.timestamp -- warm ones\n");
  EXPECT_EQ(pond.ask("SELECT * FROM '/warm.series'"),
            "timestamp,t,n\n2024-01-01T01:00:00Z,12.0,2\n2024-01-01T02:00:00Z,11.0,2\n");
}

TEST(Derived, OnePatternIsSourceToo) {
  Pond pond;
  pond.write("/sensors/dock.series", kDock);
  pond.make("/high", "sql-derived-table",
            "patterns: {dock: /sensors/dock.series}\nquery: SELECT max(t) AS high FROM source");
  EXPECT_EQ(pond.ask("SELECT * FROM '/high'"), "high\n12.0\n");
}

TEST(Derived, AChainWhoseNamesDoNotMix) {
  Pond pond;
  pond.write("/sensors/dock.series", kDock);
  pond.make(
      "/f.series", "sql-derived-series",
      "patterns: {x: /sensors/dock.series}\nquery: SELECT timestamp, t * 9 / 5 + 32 AS f FROM x");
  pond.make("/f-high", "sql-derived-table",
            "patterns: {x: /f.series}\nquery: SELECT max(f) AS high FROM x");
  EXPECT_EQ(pond.ask("SELECT * FROM '/f-high'"), "high\n53.6\n");
}

TEST(Derived, ReadAsBytesIsParquetAndWritesAreRefused) {
  Pond pond;
  pond.write("/sensors/dock.series", kDock);
  pond.make("/high", "sql-derived-table",
            "patterns: {dock: /sensors/dock.series}\nquery: SELECT max(t) AS high FROM dock");
  const auto node = pond.fs.root().get("/high");
  const std::string bytes = tinyfs::read_all(*node.as_file().open());
  EXPECT_EQ(bytes.substr(0, 4), "PAR1");
  EXPECT_EQ(bytes.substr(bytes.size() - 4), "PAR1");
  EXPECT_EQ(error_from([&] { node.as_file().write("x"); }),
            "ReadOnly: read-only: the content of a sql-derived-table node is computed | change its "
            "configuration with mknod --overwrite or apply");
}

TEST(Derived, ACycleIsRefused) {
  Pond pond;
  pond.make("/a", "sql-derived-table", "patterns: {b: /b}\nquery: SELECT * FROM b");
  pond.make("/b", "sql-derived-table", "patterns: {a: /a}\nquery: SELECT * FROM a");
  const std::string error = error_from([&] { pond.ask("SELECT * FROM '/a'"); });
  EXPECT_EQ(error,
            "InvalidArgument: derived nodes in a cycle: /a -> /b -> /a | change one of their "
            "configurations");
}

TEST(Derived, TheQueryReadsNothingOfTheHost) {
  Pond pond;
  pond.make("/leak", "sql-derived-table", "query: SELECT * FROM read_text('/etc/passwd')");
  EXPECT_NE(error_from([&] { tinyfs::read_all(*pond.fs.root().get("/leak").as_file().open()); }),
            "no error");
}

TEST(DynamicDir, HoldsOtherFactoriesNodes) {
  Pond pond;
  pond.write("/sensors/dock.series", kDock);
  pond.make("/views", "dynamic-dir", R"(
entries:
  - name: f.series
    factory: sql-derived-series
    config: {patterns: {d: /sensors/dock.series}, query: 'SELECT timestamp, t + 1 AS t FROM d'}
  - name: deeper
    factory: dynamic-dir
    config:
      entries:
        - name: all
          factory: sql-derived-table
          config: {patterns: {f: /views/f.series}, query: SELECT sum(t) AS s FROM f}
)");
  EXPECT_EQ(pond.paths("/views/**"),
            (std::vector<std::string>{"/views/deeper", "/views/deeper/all", "/views/f.series"}));
  EXPECT_EQ(pond.ask("SELECT * FROM '/views/deeper/all'"), "s\n36.0\n");
  // The same node each time, and one that knows its specification.
  const auto node = pond.fs.root().get("/views/f.series").node();
  EXPECT_EQ(node->id(), pond.fs.root().get("/views/f.series").node()->id());
  EXPECT_EQ(spec_of(pond.fs.backend(), *node)->factory, "sql-derived-series");
}

TEST(DynamicDir, ErrorsNameTheEntry) {
  EXPECT_EQ(
      validated("dynamic-dir",
                "entries:\n"
                "  - name: a\n"
                "    factory: dynamic-dir\n"
                "    config:\n"
                "      entries:\n"
                "        - name: b\n"
                "          factory: sql-derived-table\n"
                "          config: {patterns: {x: /x}}\n"),
      "InvalidArgument: test.yaml: line 8, spec.entries[0].config.entries[0].config.query: is "
      "required");
  EXPECT_EQ(validated("dynamic-dir", "entries: [{name: a/b, factory: dynamic-dir}]"),
            "InvalidArgument: test.yaml: line 1, spec.entries[0].name: cannot be a name: 'a/b'");
  EXPECT_EQ(
      validated("dynamic-dir", "entries: [{name: a, factory: dynamic-dirr}]").substr(0, 88),
      "InvalidArgument: test.yaml: line 1, spec.entries[0].factory: no factory 'dynamic-dirr' |");
}

TEST(Synthetic, FollowsItsFormulas) {
  Pond pond;
  pond.make("/signal.series", "synthetic-timeseries", R"(
start: 2024-01-01T00:00:00Z
end: 2024-01-01T00:00:08Z
interval: 2s
points:
  - name: a
    components: [{type: triangle, amplitude: 2, period: 8s, offset: 10}, {type: line, slope: 0.5}]
  - name: b
    components: [{type: square, period: 8s}]
  - name: c
    components: [{type: sine, amplitude: 3, period: 8s}]
)");
  EXPECT_EQ(pond.ask("SELECT timestamp, a, b, round(c, 9) + 0 AS c FROM '/signal.series'"),
            "timestamp,a,b,c\n"
            "2024-01-01T00:00:00Z,10.0,1.0,0.0\n"
            "2024-01-01T00:00:02Z,13.0,1.0,3.0\n"
            "2024-01-01T00:00:04Z,12.0,-1.0,0.0\n"
            "2024-01-01T00:00:06Z,11.0,-1.0,-3.0\n"
            "2024-01-01T00:00:08Z,14.0,1.0,0.0\n");
}

TEST(Synthetic, NoiseIsUniformAndReproducible) {
  Pond pond;
  const auto config = [](int seed) {
    return "{start: 2024-01-01, end: 2024-01-02, interval: 10s, points: [{name: n, components: "
           "[{type: "
           "noise, amplitude: 2, offset: 1, seed: " +
           std::to_string(seed) + "}]}]}";
  };
  pond.make("/one", "synthetic-timeseries", config(1));
  pond.make("/same", "synthetic-timeseries", config(1));
  pond.make("/other", "synthetic-timeseries", config(2));
  EXPECT_EQ(
      pond.ask(
          "SELECT count(*) AS n, min(n) >= -1 AND max(n) < 3 AS inside, abs(avg(n) - 1) < 0.05 AS "
          "centred, round(min(n), 1) AS low, round(max(n), 1) AS high FROM '/one'"),
      "n,inside,centred,low,high\n8641,true,true,-1.0,3.0\n");
  EXPECT_EQ(pond.ask("SELECT count(*) AS same FROM '/one' JOIN '/same' USING (timestamp, n)"),
            "same\n8641\n");
  EXPECT_EQ(pond.ask("SELECT count(*) AS same FROM '/one' JOIN '/other' USING (timestamp, n)"),
            "same\n0\n");
}

TEST(Synthetic, Errors) {
  EXPECT_EQ(validated("synthetic-timeseries",
                      "{start: 2024-01-02, end: 2024-01-01, interval: 1m, points: []}"),
            "InvalidArgument: test.yaml: line 1, spec.end: is before start");
  EXPECT_EQ(
      validated("synthetic-timeseries",
                "{start: 2024-01-01, end: 2024-01-01, interval: 1m, points: [{name: a, components: "
                "[{type: sin}]}]}"),
      "InvalidArgument: test.yaml: line 1, spec.points[0].components[0].type: unknown component "
      "type 'sin' | did you mean sine?");
}

}  // namespace
}  // namespace pond::factory

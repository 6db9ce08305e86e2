// Series joined and pivoted into wide ones, and the names of columns.
#include "factory/mustache_check.h"
#include "scene.h"

namespace pond::factory {
namespace {

// A series of (hour, value) with one column.
std::string rows(const std::string& column, const std::string& values) {
  return "SELECT TIMESTAMPTZ '2024-01-01 00:00:00Z' + to_hours(h) AS timestamp, v AS \"" + column +
         "\" FROM (VALUES " + values + ") t(h, v)";
}

TEST(Join, ScopesSideBySideInOrderOfTime) {
  Pond pond;
  pond.write("/a.series", rows("T", "(2, 12.0), (0, 10.0)"));
  pond.write("/b.series", rows("T", "(1, 21.0), (2, 22.0)"));
  pond.make("/j.series", "timeseries-join",
            "inputs: [{pattern: /a.series, scope: A}, {pattern: /b.series, scope: B}]");
  EXPECT_EQ(pond.ask("SELECT * FROM '/j.series'"),
            "timestamp,A.T,B.T\n"
            "2024-01-01T00:00:00Z,10.0,\n"
            "2024-01-01T01:00:00Z,,21.0\n"
            "2024-01-01T02:00:00Z,12.0,22.0\n");
}

TEST(Join, RepeatedTimesAreOneRowOfTheLastValues) {
  Pond pond;
  pond.write("/a.series", rows("T", "(0, 1.0), (0, 2.0), (0, NULL), (1, 5.0)"));
  pond.write("/a.series", rows("S", "(0, 7.0)"));
  pond.write("/a.series", rows("T", "(1, 6.0)"));  // a correction
  pond.write("/b.series", rows("T", "(0, 3.0)"));
  pond.make("/j.series", "timeseries-join",
            "inputs: [{pattern: /b.series, scope: A}, {pattern: /a.series, scope: A}]");
  EXPECT_EQ(pond.ask("SELECT * FROM '/j.series'"),
            "timestamp,A.T,A.S\n"
            "2024-01-01T00:00:00Z,2.0,7.0\n"
            "2024-01-01T01:00:00Z,6.0,\n");
  // The other way round the later input is another.
  pond.make("/j.series", "timeseries-join",
            "inputs: [{pattern: /a.series, scope: A}, {pattern: /b.series, scope: A}]");
  EXPECT_EQ(pond.ask("SELECT \"A.T\" FROM '/j.series'"), "A.T\n3.0\n6.0\n");
}

TEST(Join, ManyRowsKeepTheirOrder) {
  Pond pond;
  pond.write("/a.series",
             "SELECT TIMESTAMPTZ '2024-01-01 00:00:00Z' + to_seconds(i % 200000) AS timestamp, "
             "i::DOUBLE AS v FROM range(600000) t(i)");
  pond.make("/j.series", "timeseries-join", "inputs: [{pattern: /a.series, scope: A}]");
  EXPECT_EQ(pond.ask("SELECT count(*) AS n, min(\"A.v\") AS low, max(\"A.v\") AS high FROM "
                     "'/j.series'"),
            "n,low,high\n200000,400000.0,599999.0\n");
}

TEST(Join, RangesThatMeetShareNoRow) {
  Pond pond;
  pond.write("/a.series", rows("T", "(0, 1.0), (1, 2.0), (2, 3.0)"));
  pond.write("/b.series", rows("T", "(0, 10.0), (1, 20.0), (2, 30.0)"));
  pond.make("/j.series", "timeseries-join",
            "inputs:\n"
            "  - {pattern: /a.series, scope: A, range: {end: 2024-01-01T01:00:00Z}}\n"
            "  - {pattern: /b.series, scope: A, range: {begin: 2024-01-01T01:00:00Z}}\n");
  EXPECT_EQ(pond.ask("SELECT \"A.T\" FROM '/j.series'"), "A.T\n1.0\n20.0\n30.0\n");
}

TEST(Join, OtherTimeColumnsAndTypesMeet) {
  Pond pond;
  pond.write("/day.table", "SELECT DATE '2024-01-01' AS day, 5 AS rain", tinyfs::Kind::Table);
  pond.write("/local.table", "SELECT TIMESTAMP '2024-01-01 00:00:00' AS day, 1.5::DOUBLE AS rain",
             tinyfs::Kind::Table);
  pond.make("/j.series", "timeseries-join",
            "time_column: day\n"
            "inputs: [{pattern: /day.table, scope: A}, {pattern: /local.table, scope: B}]");
  EXPECT_EQ(pond.ask("SELECT * FROM '/j.series'"),
            "day,A.rain,B.rain\n2024-01-01T00:00:00Z,5,1.5\n");
}

TEST(Join, StaysOnePlanThroughAnotherNode) {
  Pond pond;
  pond.write("/a.series", rows("T", "(0, 1.0), (1, 2.0)"));
  pond.make("/j.series", "timeseries-join", "inputs: [{pattern: /a.series, scope: A}]");
  pond.make("/v.series", "sql-derived-series",
            "patterns: {j: /j.series}\nquery: SELECT timestamp, \"A.T\" AS t FROM j");
  query::Session session(&pond.fs, {});
  const std::string plan = session.explain("SELECT t FROM '/v.series' WHERE t > 1");
  // Nothing between the rows and the result is kept.
  EXPECT_EQ(plan.find("CTE"), plan.npos) << plan;
  EXPECT_EQ(pond.ask("SELECT t FROM '/v.series' WHERE t > 1"), "t\n2.0\n");
}

TEST(Join, Errors) {
  EXPECT_EQ(validated("timeseries-join", "inputs: [{pattern: /a, scpe: A}]"),
            "InvalidArgument: test.yaml: line 1, spec.inputs[0].scpe: unknown key 'scpe' | did you "
            "mean scope?");
  EXPECT_EQ(validated("timeseries-join", "inputs: []"),
            "InvalidArgument: test.yaml: line 1, spec.inputs: must be a list of at least one "
            "{pattern, scope, range}");
  EXPECT_EQ(validated("combine", "scopes: [{name: A, series: [{patern: /a}]}]"),
            "InvalidArgument: test.yaml: line 1, spec.scopes[0].series[0].patern: unknown key "
            "'patern' | did you mean pattern?");
  Pond pond;
  pond.write("/a.series", rows("T", "(0, 1.0)"));
  pond.make("/j.series", "timeseries-join", "{time_column: T, inputs: [{pattern: /a.series}]}");
  EXPECT_EQ(error_from([&] { pond.ask("SELECT * FROM '/j.series'"); }),
            "InvalidArgument: /a.series: the column 'T' is no time but decimal128(2, 1)");
}

TEST(Pivot, CapturesNameTheColumns) {
  Pond pond;
  pond.write("/s/dock/1.series", rows("T", "(0, 1.0)"));
  pond.write("/s/pier/2.series", rows("T", "(0, 2.0), (1, 3.0)"));
  pond.write("/s/pier/other.series", rows("U", "(5, 9.0)"));
  pond.make("/p.series", "timeseries-pivot", "{pattern: '/s/*/[0-9].series', columns: [T]}");
  EXPECT_EQ(pond.ask("SELECT * FROM '/p.series'"),
            "timestamp,dock_1.T,pier_2.T\n"
            "2024-01-01T00:00:00Z,1.0,2.0\n"
            "2024-01-01T01:00:00Z,,3.0\n");
  pond.make("/p.series", "timeseries-pivot", "{pattern: '/s/**/*.series', columns: ['?']}");
  EXPECT_EQ(pond.ask("SELECT count(*) AS n, max(\"pier_other.U\") AS u FROM '/p.series'"),
            "n,u\n3,9.0\n");
}

TEST(Pivot, Errors) {
  Pond pond;
  pond.write("/s/dock.series", rows("Temp", "(0, 1.0)"));
  pond.write("/s/x_y.series", rows("Temp", "(0, 1.0)"));
  pond.write("/s/x/y.series", rows("Temp", "(0, 1.0)"));
  pond.make("/p.series", "timeseries-pivot", "{pattern: /s/*.series, columns: [Tmp]}");
  EXPECT_EQ(error_from([&] { pond.ask("SELECT * FROM '/p.series'"); }),
            "NotFound: no file of /s/*.series has a column 'Tmp' | did you mean Temp?");
  pond.make("/p.series", "timeseries-pivot", "{pattern: /s/**/*.series, columns: [Temp]}");
  EXPECT_EQ(error_from([&] { pond.ask("SELECT * FROM '/p.series'"); }),
            "InvalidArgument: /s/x/y.series and /s/x_y.series would both be named 'x_y' by "
            "/s/**/*.series | write a pattern whose wildcards match something different for each");
  pond.make("/p.series", "timeseries-pivot", "{pattern: /none/*, columns: [Temp]}");
  EXPECT_EQ(error_from([&] { pond.ask("SELECT * FROM '/p.series'"); }),
            "NotFound: no table or series matches /none/*");
}

TEST(Rename, RulesInTheirOrder) {
  Pond pond;
  pond.write("/a.table", "SELECT 1 AS \"Temp (C)\", 2 AS \"$ (\\)\", 3 AS plain",
             tinyfs::Kind::Table);
  pond.make("/r.series", "column-rename",
            "pattern: /a.table\n"
            "rules:\n"
            "  - {type: pattern, from: '^(\\S+) \\((.+)\\)$', to: '$2:$1$$\\'}\n"
            "  - {type: direct, from: plain, to: simple}\n"
            "  - {type: direct, from: absent, to: never}\n");
  EXPECT_EQ(pond.ask("SELECT * FROM '/r.series'"), "C:Temp$\\,\\:$$\\,simple\n1,2,3\n");
}

TEST(Cycles, AreNamedWhateverTheNodes) {
  Pond pond;
  pond.write("/s/x.series", rows("T", "(0, 1.0)"));
  pond.make("/s/a.series", "timeseries-join", "inputs: [{pattern: /b.series}]");
  pond.make("/b.series", "column-rename",
            "{pattern: /d/c.series, rules: [{type: direct, from: T, to: U}]}");
  pond.make("/d", "derive",
            "collections: [{pattern: /s/*.series, name: c.series, query: SELECT * FROM source}]");
  EXPECT_EQ(error_from([&] { pond.ask("SELECT * FROM '/b.series'"); }),
            "InvalidArgument: derived nodes in a cycle: /b.series -> /d/c.series -> /s/a.series -> "
            "/b.series | change one of their configurations");
  EXPECT_EQ(error_from([&] {
              tinyfs::read_all(*pond.fs.root().get("/b.series").as_file().open());
            }).substr(0, 43),
            "InvalidArgument: derived nodes in a cycle: ");
}

TEST(Cycles, DirectoriesThatFillOneAnotherEnd) {
  Pond pond;
  pond.make("/a", "derive",
            "collections: [{pattern: '/b/**', name: $0, query: SELECT * FROM source}]");
  pond.make("/b", "derive",
            "collections: [{pattern: '/a/**', name: $0, query: SELECT * FROM source}]");
  pond.make("/self", "template", "{in_pattern: /**, out_pattern: x.md, template: '{{name}}'}");
  EXPECT_EQ(pond.paths("/**"), (std::vector<std::string>{"/a", "/b", "/self"}));
}

TEST(Mustache, ProblemsNameTheirLine) {
  EXPECT_EQ(mustache_problem("{{#a}}{{{b}}}{{^c}}{{/c}}{{! no / matter }}{{/a}}"), "");
  EXPECT_EQ(mustache_problem("\n{{#a}}\n{{/b}}"), "line 3 of the template: {{/b}} closes {{#a}}");
  EXPECT_EQ(mustache_problem("{{/b}}"), "line 1 of the template: {{/b}} closes nothing");
  EXPECT_EQ(mustache_problem("{{#a}}"), "line 1 of the template: {{#a}} is not closed");
  EXPECT_EQ(mustache_problem("a\n{{{b}}"),
            "line 2 of the template: a tag that does not end with }}}");
  EXPECT_EQ(mustache_problem("{{ }}"), "line 1 of the template: a tag without a name");
  EXPECT_EQ(mustache_problem("{{> x}}"),
            "line 1 of the template: there are no partials here: {{> x}}");
}

}  // namespace
}  // namespace pond::factory

// What a configuration's errors say.
#include <cstdlib>

#include "scene.h"

namespace pond::factory {
namespace {

TEST(Config, UnknownKeyNamesTheNearest) {
  EXPECT_EQ(
      validated("sql-derived-table", "patterns: {a: /a}\nqery: SELECT 1\n"),
      "InvalidArgument: test.yaml: line 2, spec.qery: unknown key 'qery' | did you mean query?");
  EXPECT_EQ(validated("sql-derived-table", "patterns: {a: /a}\nquery: SELECT 1\ncolour: red\n"),
            "InvalidArgument: test.yaml: line 3, spec.colour: unknown key 'colour' | the keys are "
            "patterns, query");
}

TEST(Config, MissingWrongAndRepeatedKeys) {
  EXPECT_EQ(validated("sql-derived-table", "patterns: {a: /a}\n"),
            "InvalidArgument: test.yaml: line 1, spec.query: is required");
  EXPECT_EQ(validated("sql-derived-table", "query: [1]\n"),
            "InvalidArgument: test.yaml: line 1, spec.query: must be a text");
  EXPECT_EQ(validated("sql-derived-table", "query: SELECT 1\nquery: SELECT 2\n"),
            "InvalidArgument: test.yaml: line 2, spec.query: is given twice");
  EXPECT_EQ(validated("sql-derived-table", "just words"),
            "InvalidArgument: test.yaml: line 1, spec: must be a mapping (key: value)");
}

TEST(Config, AnUnknownFactoryNamesTheNearestAndAll) {
  EXPECT_EQ(
      validated("temporal-reduc", "{}"),
      "NotFound: test.yaml: no factory 'temporal-reduc' | did you mean temporal-reduce? the "
      "factories are column-rename, combine, copy, derive, dynamic-dir, inbox, scribble, "
      "sql-derived-series, sql-derived-table, synthetic-timeseries, template, temporal-reduce, "
      "timeseries-join, timeseries-pivot");
}

TEST(Config, ExamplesValidateAndStayTheSame) {
  const Registry registry = all_factories();
  for (const auto& name : registry.names()) {
    const std::string json = validated(name, registry.get(name).example);
    EXPECT_EQ(validated(name, json), json) << name;
  }
}

TEST(Config, SecretsAreEnvironmentReferences) {
  const auto secret = [](const std::string& yaml) {
    const YAML::Node node = YAML::Load(yaml);
    std::string value;
    const std::string error = error_from([&] { value = ConfigReader(node, "spec").secret("key"); });
    return value.empty() ? error : value;
  };
  EXPECT_EQ(secret("key: ${env:HYDRO_KEY}"), "${env:HYDRO_KEY}");
  const std::string refused =
      "InvalidArgument: line 1, spec.key: must be an environment reference | write ${env:NAME}: a "
      "secret is never stored in a pond";
  EXPECT_EQ(secret("key: hunter2"), refused);
  EXPECT_EQ(secret("key: x${env:HYDRO_KEY}"), refused);
  EXPECT_EQ(secret("key: '${env:}'"), refused);
}

TEST(Config, EnvironmentSubstitution) {
  ::setenv("POND_TEST_NAME", "dock", 1);
  ::unsetenv("POND_TEST_NONE");
  EXPECT_EQ(substitute_environment("a ${env:POND_TEST_NAME}/${env:POND_TEST_NAME} $b ${c}"),
            "a dock/dock $b ${c}");
  EXPECT_EQ(
      error_from([] { substitute_environment("${env:POND_TEST_NONE}"); }),
      "InvalidArgument: environment variable substitution failed: POND_TEST_NONE is not set | "
      "set it where pond runs, for instance: export POND_TEST_NONE=…");
}

TEST(Config, QueriesThatAreNoSelect) {
  const auto query = [](const std::string& text) {
    const std::string result = validated("sql-derived-table", "query: |\n  " + text + "\n");
    const auto at = result.find("spec.query: ");
    return at == result.npos ? result : result.substr(at + 12);
  };
  EXPECT_EQ(query("DROP TABLE x"), "is not a SELECT: it begins with 'DROP'");
  EXPECT_EQ(query("SELECT 1; SELECT 2"),
            "must be one SELECT, and there is more after the semicolon");
  EXPECT_EQ(query("SELECT 1) UNION (SELECT 2"), "has parentheses that do not match");
  EXPECT_EQ(query("SELECT 'a"), "has a quote or a comment that does not end");
  EXPECT_EQ(query("-- nothing"), "is empty");
  EXPECT_EQ(query("SELECT ';)' AS \"a;\" /* ; */ ; -- the end"),
            R"({"patterns":{},"query":"SELECT ';)' AS \"a;\" /* ; */"})");
}

}  // namespace
}  // namespace pond::factory

// What `pond site build` writes, and what it does not write again.
#include <arrow/io/file.h>
#include <gtest/gtest.h>
#include <parquet/arrow/reader.h>
#include <yaml-cpp/yaml.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "oplog/inner.h"
#include "pond/site.h"
#include "tinylogfs/scene.h"

namespace pond::site {
namespace {

namespace fsys = std::filesystem;
using nlohmann::json;

constexpr std::int64_t kStep = 300;        // readings every five minutes
constexpr std::int64_t kMay = 1525132800;  // 2018-05-01T00:00:00Z
constexpr std::int64_t kDay = 86400;
constexpr std::int64_t kReadingsOfADay = kDay / kStep;

class SiteTest : public tinylogfs::PondTest {
 protected:
  // Readings of whole days: a column "level.m" of 0, 1, 2, … within each day.
  static std::shared_ptr<arrow::Table> days(std::int64_t first_day, std::int64_t count) {
    std::vector<std::int64_t> seconds;
    std::vector<double> values;
    for (std::int64_t i = 0; i < count * kReadingsOfADay; ++i) {
      seconds.push_back(kMay + first_day * kDay + i * kStep);
      values.push_back(static_cast<double>(i % kReadingsOfADay));
    }
    return tinylogfs::readings(seconds, values, "level.m");
  }

  void append(const std::string& path, const std::shared_ptr<arrow::Table>& rows) {
    commit([&] {
      if (!root().find(path)) make(path, tinyfs::Kind::Series);
      file(path).append(*rows);
    });
  }

  BuildReport build(const SiteSpec& spec, const BuildOptions& options = {}) {
    query::Session session(&*fs, {.restricted = false});
    return build_site(*fs, session, spec, out(), options);
  }

  static SiteSpec spec(std::vector<ChartSpec> charts) { return {"Site", "", std::move(charts)}; }
  static ChartSpec chart(const std::string& title, const std::string& series) {
    return {title, series, "", "", {}};
  }

  fsys::path out() const { return directory.path() / "out"; }
  json manifest() const { return json::parse(read_file(out() / "data/manifest.json")); }

  // Every file of the site with its bytes.
  std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fsys::recursive_directory_iterator(out())) {
      if (!entry.is_regular_file()) continue;
      files[fsys::relative(entry.path(), out()).string()] = read_file(entry.path());
    }
    return files;
  }

  static std::vector<std::string> names(const json& resolutions) {
    std::vector<std::string> list;
    for (const auto& r : resolutions)
      list.push_back(r.at("name"));
    return list;
  }

  static std::vector<std::string> tiles(const json& resolution) {
    std::vector<std::string> list;
    for (const auto& t : resolution.at("tiles"))
      list.push_back(t.at("file"));
    return list;
  }
};

TEST_F(SiteTest, TilesHoldTheReadingsAndTheirAverages) {
  append("/a.series", days(0, 40));
  const BuildReport report = build(spec({chart("Weir", "/a.series")}));
  EXPECT_EQ(report.rows, 40 * kReadingsOfADay);
  EXPECT_EQ(report.warnings, std::vector<std::string>{});

  const json weir = manifest().at("charts").at(0);
  EXPECT_EQ(weir.at("slug"), "weir");
  EXPECT_EQ(
      weir.at("columns"),
      json::parse(R"([{"name": "level.m", "label": "Level", "unit": "m", "scale": "linear"}])"));
  EXPECT_EQ(weir.at("from"), kMay * 1000);
  const std::int64_t last = (kMay + 40 * kDay - kStep) * 1000;
  EXPECT_EQ(weir.at("to"), last);
  EXPECT_EQ(weir.at("latest"), json({{"time", last}, {"values", {{"level.m", {last, 287.0}}}}}));
  const json& resolutions = weir.at("resolutions");
  EXPECT_EQ(names(resolutions), (std::vector<std::string>{"raw", "1h", "6h", "1d"}));
  EXPECT_EQ(tiles(resolutions[0]),
            (std::vector<std::string>{"weir/raw/2018-05.parquet", "weir/raw/2018-06.parquet"}));
  EXPECT_EQ(tiles(resolutions[1]), (std::vector<std::string>{"weir/1h/2018.parquet"}));
  EXPECT_EQ(tiles(resolutions[3]), (std::vector<std::string>{"weir/1d/2010s.parquet"}));
  EXPECT_EQ(resolutions[0]["interval"], kStep);
  EXPECT_EQ(resolutions[0]["tiles"][0]["rows"], 31 * kReadingsOfADay);

  const auto raw = oplog::read_parquet(out() / "data/weir/raw/2018-06.parquet");
  EXPECT_EQ(raw->num_rows(), 9 * kReadingsOfADay);
  EXPECT_EQ(raw->schema()->field_names(), (std::vector<std::string>{"timestamp", "level.m"}));
  const auto daily = oplog::read_parquet(out() / "data/weir/1d/2010s.parquet");
  EXPECT_EQ(daily->num_rows(), 40);
  const auto value = [&](const char* column) {
    return static_cast<const arrow::FloatArray&>(*daily->GetColumnByName(column)->chunk(0))
        .Value(0);
  };
  EXPECT_FLOAT_EQ(value("level.m.avg"), 143.5F);
  EXPECT_FLOAT_EQ(value("level.m.min"), 0.0F);
  EXPECT_FLOAT_EQ(value("level.m.max"), 287.0F);
}

TEST_F(SiteTest, NothingNewWritesNothing) {
  append("/a.series", days(0, 40));
  const SiteSpec site = spec({chart("Weir", "/a.series")});
  build(site);
  const auto before = contents();
  const BuildReport again = build(site);
  EXPECT_EQ(again.files_written, 0U);
  EXPECT_EQ(again.files_removed, 0U);
  EXPECT_EQ(contents(), before);
  // Also when everything is looked at anew, and in another pond's folder: the bytes are the same.
  build(site, {.force = true});
  EXPECT_EQ(contents(), before);
}

TEST_F(SiteTest, NewRowsRewriteTheTilesTheyFallInto) {
  append("/a.series", days(0, 40));
  const SiteSpec site = spec({chart("Weir", "/a.series")});
  build(site);
  const auto before = contents();
  append("/a.series", days(40, 1));
  build(site);
  const auto after = contents();
  EXPECT_EQ(after.at("data/weir/raw/2018-05.parquet"), before.at("data/weir/raw/2018-05.parquet"));
  EXPECT_NE(after.at("data/weir/raw/2018-06.parquet"), before.at("data/weir/raw/2018-06.parquet"));
  EXPECT_NE(after.at("data/weir/1d/2010s.parquet"), before.at("data/weir/1d/2010s.parquet"));

  // The same as building from nothing.
  fsys::remove_all(out());
  build(site);
  EXPECT_EQ(contents().at("data/manifest.json"), after.at("data/manifest.json"));
}

TEST_F(SiteTest, LateRowsRewriteAnEarlyTile) {
  append("/a.series", days(31, 9));
  const SiteSpec site = spec({chart("Weir", "/a.series")});
  build(site);
  const auto before = contents();
  append("/a.series", days(3, 2));
  build(site);
  const auto after = contents();
  EXPECT_TRUE(after.contains("data/weir/raw/2018-05.parquet"));
  EXPECT_EQ(after.at("data/weir/raw/2018-06.parquet"), before.at("data/weir/raw/2018-06.parquet"));
  EXPECT_EQ(manifest()["charts"][0]["from"], (kMay + 3 * kDay) * 1000);
}

TEST_F(SiteTest, AFileTakenAwayOrDamagedComesBack) {
  append("/a.series", days(0, 40));
  const SiteSpec site = spec({chart("Weir", "/a.series")});
  build(site);
  const auto before = contents();
  fsys::remove(out() / "data/weir/raw/2018-05.parquet");
  std::ofstream(out() / "data/weir/1h/2018.parquet") << "";
  std::ofstream(out() / "app.js") << "broken";
  EXPECT_EQ(build(site).files_written, 3U);
  EXPECT_EQ(contents(), before);
  std::ofstream(out() / "data/.state.json") << "{";
  build(site);
  EXPECT_EQ(contents(), before);
}

TEST_F(SiteTest, WhatIsNoLongerNamedGoesAndForeignFilesStay) {
  append("/a.series", days(0, 2));
  append("/b.series", days(0, 2));
  build(spec({chart("A", "/a.series"), chart("B", "/b.series")}));
  std::ofstream(out() / "robots.txt") << "mine";
  std::ofstream(out() / "data/b/notes.txt") << "mine";
  const BuildReport report = build(spec({chart("A", "/a.series")}));
  EXPECT_EQ(report.files_removed, 4U);
  EXPECT_FALSE(fsys::exists(out() / "data/b/raw"));
  EXPECT_TRUE(fsys::exists(out() / "data/b/notes.txt"));
  EXPECT_TRUE(fsys::exists(out() / "robots.txt"));
}

TEST_F(SiteTest, PatternsMakeAChartForEachSeries) {
  commit([&] { root().create_directory("/gauges"); });
  append("/gauges/north.series", days(0, 1));
  append("/gauges/south.series", days(0, 1));
  build(spec({chart("Gauge $0", "/gauges/*.series")}));
  const json charts = manifest().at("charts");
  ASSERT_EQ(charts.size(), 2U);
  EXPECT_EQ(charts[0]["title"], "Gauge north");
  EXPECT_EQ(charts[1]["slug"], "gauge-south");
}

TEST_F(SiteTest, ASeriesThatIsNotThereYetIsAWarning) {
  commit([&] { make("/empty.series", tinyfs::Kind::Series); });
  const BuildReport report =
      build(spec({chart("Later", "/later.series"), chart("Empty", "/empty.series")}));
  EXPECT_EQ(report.warnings.size(), 2U);
  EXPECT_EQ(manifest()["charts"][0]["resolutions"], json::array());
}

TEST_F(SiteTest, AnUnknownColumnIsAnErrorThatListsThem) {
  append("/a.series", days(0, 1));
  ChartSpec wrong = chart("Weir", "/a.series");
  wrong.columns = {{"levle.m", "", "", "linear"}};
  try {
    build(spec({wrong}));
    FAIL() << "built";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
    EXPECT_STREQ(error.what(), "/a.series has no numeric column 'levle.m'");
    EXPECT_EQ(error.hint(), "did you mean level.m? its columns are level.m");
  }
}

TEST_F(SiteTest, TitlesCannotCarryMarkup) {
  append("/a.series", days(0, 1));
  SiteSpec site = spec({chart("<script>alert(1)</script>", "/a.series")});
  site.title = "\"><img src=x onerror=alert(2)>";
  build(site);
  const std::string page = read_file(out() / "index.html");
  EXPECT_EQ(page.find("<script>alert"), page.npos);
  EXPECT_EQ(page.find("<img"), page.npos);
  EXPECT_EQ(page.find("{{"), page.npos);
  EXPECT_EQ(manifest()["charts"][0]["title"], "<script>alert(1)</script>");
}

TEST_F(SiteTest, TheFirstLoadIsSmall) {
  append("/a.series", days(0, 1));
  build(spec({chart("Weir", "/a.series")}));
  std::size_t bytes = 0;
  for (const auto& [name, content] : contents()) {
    if (name.ends_with(".js") || name.ends_with(".css")) bytes += content.size();
  }
  EXPECT_LT(bytes, 160'000U);
}

class SiteSpecTest : public testing::Test {
 protected:
  SiteSpecTest() { add_site(registry); }
  std::string problem(const char* yaml) {
    try {
      registry.validate("site", YAML::Load(yaml), "site.yaml");
      return "none";
    } catch (const Error& error) {
      return error.what();
    }
  }
  factory::Registry registry;
};

TEST_F(SiteSpecTest, TheExampleIsValid) {
  const auto& type = registry.get("site");
  const SiteSpec spec = parse_spec(registry.validate("site", YAML::Load(type.example), "example"));
  EXPECT_EQ(spec.title, "Streams of Maryland");
  ASSERT_EQ(spec.charts.size(), 1U);
  EXPECT_EQ(spec.charts[0].reduced, "/reduced/plumtree");
  EXPECT_EQ(spec.charts[0].columns[1].scale, "log");
}

TEST_F(SiteSpecTest, ProblemsNameTheirPlace) {
  EXPECT_NE(problem("title: T\ncharts: []").find("spec.charts"), std::string::npos);
  EXPECT_NE(problem("title: T\ncharts:\n- {title: A, serie: /a}").find("spec.charts[0]"),
            std::string::npos);
  EXPECT_NE(problem("title: T\ncharts:\n- {title: A, series: a}").find("not an absolute path"),
            std::string::npos);
  EXPECT_NE(
      problem("title: T\ncharts:\n- {title: A, series: /a, columns: [{name: x, scale: cubic}]}")
          .find("spec.charts[0].columns[0].scale"),
      std::string::npos);
  EXPECT_NE(problem("title: T\ncolour: red\ncharts:\n- {title: A, series: /a}").find("colour"),
            std::string::npos);
}

}  // namespace
}  // namespace pond::site

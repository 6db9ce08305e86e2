// Names, periods and the page's text.
#include <gtest/gtest.h>

#include "pond/error.h"
#include "pond/time.h"
#include "site/labels.h"
#include "site/page.h"
#include "site/period.h"

namespace pond::site {
namespace {

TEST(Labels, NamesTellQuantityUnitAndInstrument) {
  const auto label = [](const char* name) {
    const Label l = label_of(name);
    return l.text + "|" + l.unit;
  };
  EXPECT_EQ(label("water_temperature.C"), "Water temperature|°C");
  EXPECT_EQ(label("discharge.cfs"), "Discharge|ft³/s");
  EXPECT_EQ(label("pH.std"), "pH|");
  EXPECT_EQ(label("BDock.Temperature.C"), "Temperature, BDock|°C");
  EXPECT_EQ(label("level"), "Level|");
  EXPECT_EQ(label("oddity.furlong"), "Oddity|furlong");
}

TEST(Labels, SlugsAreSafeAndDifferent) {
  std::set<std::string> taken;
  EXPECT_EQ(slug_of("Plumtree Run, near Bel Air!", taken), "plumtree-run-near-bel-air");
  EXPECT_EQ(slug_of("plumtree run near bel air", taken), "plumtree-run-near-bel-air-2");
  EXPECT_EQ(slug_of("../../etc", taken), "etc");
  EXPECT_EQ(slug_of("Änkerbäck", taken), "nkerb-ck");
  EXPECT_EQ(slug_of("水位", taken), "chart");
  EXPECT_EQ(slug_of("range", taken), "chart-range");
}

TEST(Labels, HtmlIsEscaped) {
  EXPECT_EQ(escape_html(R"(<b title="x">Tom & 'Anna'</b>)"),
            "&lt;b title=&quot;x&quot;&gt;Tom &amp; &#39;Anna&#39;&lt;/b&gt;");
}

struct PeriodCase {
  Period period;
  const char* time;
  const char* start;
  const char* end;
  const char* name;
};

class Periods : public testing::TestWithParam<PeriodCase> {};

TEST_P(Periods, BeginEndAndName) {
  const auto& c = GetParam();
  const std::int64_t start = period_start(c.period, parse_time(c.time));
  EXPECT_EQ(format_time(start), c.start);
  EXPECT_EQ(format_time(period_end(c.period, start)), c.end);
  EXPECT_EQ(period_name(c.period, start), c.name);
}

INSTANTIATE_TEST_SUITE_P(
    All, Periods,
    testing::Values(PeriodCase{Period::Hour, "2018-05-07T13:59:59Z", "2018-05-07T13:00:00Z",
                               "2018-05-07T14:00:00Z", "2018-05-07T13"},
                    PeriodCase{Period::Day, "2018-12-31T23:59:59Z", "2018-12-31T00:00:00Z",
                               "2019-01-01T00:00:00Z", "2018-12-31"},
                    PeriodCase{Period::Week, "2018-05-13T10:00:00Z", "2018-05-07T00:00:00Z",
                               "2018-05-14T00:00:00Z", "2018-05-07"},
                    PeriodCase{Period::Month, "2020-02-29T10:00:00Z", "2020-02-01T00:00:00Z",
                               "2020-03-01T00:00:00Z", "2020-02"},
                    PeriodCase{Period::Quarter, "2018-11-13T10:00:00Z", "2018-10-01T00:00:00Z",
                               "2019-01-01T00:00:00Z", "2018-Q4"},
                    PeriodCase{Period::Year, "1969-07-20T20:17:00Z", "1969-01-01T00:00:00Z",
                               "1970-01-01T00:00:00Z", "1969"},
                    PeriodCase{Period::Decade, "2019-12-31T10:00:00Z", "2010-01-01T00:00:00Z",
                               "2020-01-01T00:00:00Z", "2010s"}));

TEST(PeriodLength, TilesHoldAtMostAboutSixteenThousandPoints) {
  constexpr std::int64_t kSecond = 1'000'000;
  EXPECT_EQ(period_for(kSecond / 10), Period::Hour);
  EXPECT_EQ(period_for(10 * kSecond), Period::Day);
  EXPECT_EQ(period_for(60 * kSecond), Period::Week);
  EXPECT_EQ(period_for(300 * kSecond), Period::Month);
  EXPECT_EQ(period_for(900 * kSecond), Period::Quarter);
  EXPECT_EQ(period_for(3600 * kSecond), Period::Year);
  EXPECT_EQ(period_for(6 * 3600 * kSecond), Period::Decade);
}

TEST(Template, EveryNameNeedsAValue) {
  EXPECT_EQ(fill("a {{x}} b {{y}}{{x}}", {{"x", "1"}, {"y", "{{x}}"}}), "a 1 b {{x}}1");
  EXPECT_THROW(fill("a {{z}}", {{"x", "1"}}), Error);
}

TEST(Lighten, LeavesCodeAndLicences) {
  const char* source = R"(// Comment.
/**
 * Documentation.
 */
  export const url = 'http://x';  // stays, it is not alone
/* License: MIT */

/* one */ .a { }
    return `/* not a comment */`
)";
  EXPECT_EQ(lighten(source), R"(export const url = 'http://x';  // stays, it is not alone
/* License: MIT */
.a { }
return `/* not a comment */`
)");
}

}  // namespace
}  // namespace pond::site

#include "pond/url.h"

#include <gtest/gtest.h>

#include "query/scene.h"

namespace pond {
namespace {

using query::error_from;

std::string round_trip(const std::string& text) {
  return Url::parse(text).to_string();
}

TEST(Url, ABareWordIsAPondPath) {
  const Url url = Url::parse("/sensors/*.series");
  EXPECT_FALSE(url.host);
  EXPECT_EQ(url.format, Format::Auto);
  EXPECT_EQ(url.path, "/sensors/*.series");
}

TEST(Url, FormatCompressionAndKind) {
  const Url url = Url::parse("host+csv+gzip+series:///drop/f.csv.gz");
  EXPECT_TRUE(url.host);
  EXPECT_EQ(url.format, Format::Csv);
  EXPECT_EQ(url.compression, Compression::Gzip);
  EXPECT_EQ(url.kind, tinyfs::Kind::Series);
  EXPECT_EQ(url.path, "/drop/f.csv.gz");
}

TEST(Url, AFormatThatIsAKindIsBoth) {
  const Url url = Url::parse("host+table:///f.parquet");
  EXPECT_EQ(url.format, Format::Table);
  EXPECT_EQ(url.kind, tinyfs::Kind::Table);
}

TEST(Url, FourSlashesAreThree) {
  EXPECT_EQ(Url::parse("host:////abs/f").path, "/abs/f");
}

TEST(Url, ARelativeHostPath) {
  EXPECT_EQ(Url::parse("host+csv://drop/f.csv").path, "drop/f.csv");
}

TEST(Url, AVersion) {
  const Url url = Url::parse("/dock.series@version=12");
  EXPECT_EQ(url.path, "/dock.series");
  EXPECT_EQ(url.version, 12U);
}

TEST(Url, WritesWhatItReads) {
  for (const char* text : {"/a/b", "csv:///a", "host:///f", "host+csv+gzip+series:///f.csv.gz",
                           "series:///x", "host+json+zstd+table:///x", "/a@version=3"})
    EXPECT_EQ(round_trip(text), text);
}

TEST(Url, NamesTheUnknownPartAndTheNearest) {
  EXPECT_EQ(error_from([] { Url::parse("host+cvs:///f"); }),
            "InvalidArgument: unknown part 'cvs' in the URL host+cvs:///f | did you mean 'csv'?");
  EXPECT_EQ(error_from([] { Url::parse("csv+json:///f"); }),
            "InvalidArgument: two formats in the URL csv+json:///f");
  EXPECT_EQ(error_from([] { Url::parse("/a@version=new"); }),
            "InvalidArgument: not a version: 'new' in /a@version=new | write a whole number, as in "
            "/sensors/dock.series@version=12");
}

TEST(HostFiles, AreRelativeToTheGivenDirectory) {
  const query::Directory host;
  host.write("drop/b.csv", "");
  host.write("drop/a.csv", "");
  host.write("drop/deep/c.csv", "");
  const auto names = [&](const char* url) {
    std::string text;
    for (const auto& file : host_files(Url::parse(url), host.path()))
      text += file.lexically_relative(host.path()).string() + " ";
    return text;
  };
  EXPECT_EQ(names("host+csv://drop/a.csv"), "drop/a.csv ");
  EXPECT_EQ(names("host+csv:///drop/*.csv"), "drop/a.csv drop/b.csv ");
  EXPECT_EQ(names("host+csv:///drop/**/*.csv"), "drop/a.csv drop/b.csv drop/deep/c.csv ");
  EXPECT_EQ(error_from([&] { names("host+csv:///drop/*.json"); }),
            "NotFound: no file of the host matches /drop/*.json");
}

}  // namespace
}  // namespace pond

#include "tinyfs/path.h"

#include <gtest/gtest.h>

#include "pond/tinyfs.h"

namespace pond::tinyfs {
namespace {

using namespace std::string_view_literals;

TEST(Path, Normalises) {
  EXPECT_EQ(normalise_path("/a//b/./c/../d"), "/a/b/d");
  EXPECT_EQ(normalise_path("/"), "/");
  EXPECT_EQ(normalise_path("/a/"), "/a");
  EXPECT_EQ(normalise_path("/../../a"), "/a");
  EXPECT_EQ(normalise_path(""), "/");
  EXPECT_EQ(normalise_path("b/../../c", "/x/a"), "/x/c");
  EXPECT_EQ(normalise_path("/b", "/a"), "/b");
  EXPECT_EQ(normalise_path(".", "/a/"), "/a");
  EXPECT_EQ(normalise_path("..."), "/...");
}

TEST(Path, JoinsAndSplits) {
  EXPECT_EQ(join_path("/", "a"), "/a");
  EXPECT_EQ(join_path("/a", "b"), "/a/b");
  EXPECT_EQ(split_path("/a//b/"), (std::vector{"a"sv, "b"sv}));
  EXPECT_TRUE(split_path("//").empty());
}

TEST(Path, ShowsControlCharacters) {
  EXPECT_EQ(shown("/a\nb\x7fé"), "/a\\x0ab\\x7fé");
}

// The borders of UTF-8 (RFC 3629 section 4).
TEST(Path, NamesAreUtf8) {
  for (const auto name :
       {"a"sv, "\x7f"sv, "\xc2\x80"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv,
        "\xef\xbf\xbf"sv, "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv})
    EXPECT_NO_THROW(check_name(name, "/x")) << name;
  for (const auto name :
       {"\x80"sv, "\xc1\xbf"sv, "\xc2"sv, "\xe0\x9f\xbf"sv, "\xed\xa0\x80"sv, "\xe2\x82"sv,
        "\xf0\x8f\xbf\xbf"sv, "\xf4\x90\x80\x80"sv, "\xf5"sv, "a\xff"sv})
    EXPECT_THROW(check_name(name, "/x"), Error) << name;
}

TEST(Kind, HasNames) {
  for (const Kind kind : {Kind::Directory, Kind::Data, Kind::Table, Kind::Series, Kind::Symlink})
    EXPECT_EQ(parse_kind(to_string(kind)), kind);
  try {
    parse_kind("serie");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
    EXPECT_EQ(error.hint(), "did you mean series?");
  }
}

}  // namespace
}  // namespace pond::tinyfs

#include "tinyfs/pattern.h"

#include <gtest/gtest.h>

#include <random>

#include "pond/tinyfs.h"

namespace pond::tinyfs {
namespace {

using Captures = std::optional<std::vector<std::string>>;
const Captures kNone;

Captures some(std::vector<std::string> captures) {
  return captures;
}

TEST(MatchPath, Literals) {
  EXPECT_EQ(match_path("/a/b", "/a/b"), some({}));
  EXPECT_EQ(match_path("/a//b", "/a/./b/"), some({}));
  EXPECT_EQ(match_path("/a/b", "/a"), kNone);
  EXPECT_EQ(match_path("/a", "/a/b"), kNone);
  EXPECT_EQ(match_path("a", "/a"), kNone);
  EXPECT_EQ(match_path("/a", "a"), kNone);
  EXPECT_EQ(match_path("a/b", "a/b"), some({}));
}

TEST(MatchPath, StarsAreGreedy) {
  EXPECT_EQ(match_path("/*", "/abc"), some({"abc"}));
  EXPECT_EQ(match_path("/*", "/a/b"), kNone);
  EXPECT_EQ(match_path("/*_*", "/a_b_c"), some({"a_b", "c"}));
  EXPECT_EQ(match_path("/a*", "/a"), some({""}));
  EXPECT_EQ(match_path("/a**b", "/axyb"), some({"xy"}));
  EXPECT_EQ(match_path("/*.series", "/a.series.bak"), kNone);
}

TEST(MatchPath, DoubleStars) {
  EXPECT_EQ(match_path("/**", "/a/b"), some({"a/b"}));
  EXPECT_EQ(match_path("/**", "/"), kNone);
  EXPECT_EQ(match_path("/a/**", "/a"), kNone);
  EXPECT_EQ(match_path("/**/c", "/c"), some({""}));
  EXPECT_EQ(match_path("/**/c", "/a/b/c"), some({"a/b"}));
  EXPECT_EQ(match_path("/a/**/c/*", "/a/c/c/c/d"), some({"c/c", "d"}));
  EXPECT_EQ(match_path("/**/**", "/a/b"), some({"a", "b"}));
  EXPECT_EQ(match_path("**/x", "a/x"), some({"a"}));
  EXPECT_EQ(match_path("/**/c", "/.a/c"), kNone);
  EXPECT_EQ(match_path("/\\**", "/*a"), some({"a"}));
}

TEST(MatchPath, OneCharacterIsOneOfUnicode) {
  EXPECT_EQ(match_path("/?", "/é"), some({"é"}));
  EXPECT_EQ(match_path("/?", "/ab"), kNone);
  EXPECT_EQ(match_path("/?", "/日"), some({"日"}));
  EXPECT_EQ(match_path("/??", "/a\xff"), some({"a", "\xff"}));
}

TEST(MatchPath, Classes) {
  EXPECT_EQ(match_path("/[a-c]x", "/bx"), some({"b"}));
  EXPECT_EQ(match_path("/[a-c]x", "/dx"), kNone);
  EXPECT_EQ(match_path("/[!a-c]", "/d"), some({"d"}));
  EXPECT_EQ(match_path("/[^a-c]", "/a"), kNone);
  EXPECT_EQ(match_path("/[]]", "/]"), some({"]"}));
  EXPECT_EQ(match_path("/[!]]", "/]"), kNone);
  EXPECT_EQ(match_path("/[a-]", "/-"), some({"-"}));
  EXPECT_EQ(match_path("/[\\]x]", "/]"), some({"]"}));
  EXPECT_EQ(match_path("/[à-ü]", "/é"), some({"é"}));
  EXPECT_EQ(match_path("/[z-a]", "/m"), kNone);
}

TEST(MatchPath, Braces) {
  EXPECT_EQ(match_path("/{a,bc}d", "/bcd"), some({"bc"}));
  EXPECT_EQ(match_path("/{a,bc}d", "/cd"), kNone);
  EXPECT_EQ(match_path("/x{,y}", "/x"), some({""}));
  EXPECT_EQ(match_path("/{a{1,2},b}{3}", "/a23"), some({"a2", "3"}));
  EXPECT_EQ(match_path("/{*.csv,*.txt}", "/a.txt"), some({"a.txt"}));
  EXPECT_EQ(match_path("/{[,],a}b", "/,b"), some({","}));
  EXPECT_EQ(match_path("/{a\\,b,c}", "/a,b"), some({"a,b"}));
  // The first alternative that lets the rest match.
  EXPECT_EQ(match_path("/{a,ab}*", "/abc"), some({"a", "bc"}));
  EXPECT_EQ(match_path("/{a,ab}c", "/abc"), some({"ab"}));
}

TEST(MatchPath, EscapesAndUnclosedBracketsAreLiteral) {
  EXPECT_EQ(match_path("/a\\*", "/a*"), some({}));
  EXPECT_EQ(match_path("/a\\*", "/ab"), kNone);
  EXPECT_EQ(match_path("/a\\", "/a\\"), some({}));
  EXPECT_EQ(match_path("/a[b", "/a[b"), some({}));
  EXPECT_EQ(match_path("/a{b,c", "/a{b,c"), some({}));
  EXPECT_EQ(match_path("/a}b]", "/a}b]"), some({}));
  EXPECT_EQ(match_path("/{a{b,c}", "/{ac"), some({"c"}));
}

TEST(MatchPath, LeadingDotsMatchOnlyDots) {
  EXPECT_EQ(match_path("/*", "/.a"), kNone);
  EXPECT_EQ(match_path("/*.a", "/.a"), kNone);
  EXPECT_EQ(match_path("/?a", "/.a"), kNone);
  EXPECT_EQ(match_path("/[.]a", "/.a"), kNone);
  EXPECT_EQ(match_path("/.*", "/.a"), some({"a"}));
  EXPECT_EQ(match_path("/{.,}a", "/.a"), some({"."}));
  EXPECT_EQ(match_path("/*", "/a.b"), some({"a.b"}));
}

TEST(MatchPath, TrailingSlashMeansInside) {
  EXPECT_EQ(match_path("/a/", "/a/b"), some({}));
  EXPECT_EQ(match_path("/a/", "/a"), kNone);
  EXPECT_EQ(match_path("/", "/a"), some({}));
  EXPECT_EQ(match_path("/*/", "/a/.b"), kNone);
}

TEST(HasWildcards, LooksForUnescapedOnes) {
  for (const char* path : {"/*", "/a?", "/[a]", "/{a,b}", "/**/x", "a/*/b"})
    EXPECT_TRUE(has_wildcards(path)) << path;
  for (const char* path : {"/", "", "/a", "/a\\*", "/a[b", "/{", "/a\\{b,c\\}", "/a]"})
    EXPECT_FALSE(has_wildcards(path)) << path;
}

// Patterns that make a naive matcher take exponential time.
TEST(MatchPath, HostilePatternsAreQuick) {
  std::string stars;
  for (int i = 0; i < 100; ++i)
    stars += "a*{a,aa}";
  EXPECT_EQ(match_path("/" + stars + "b", "/" + std::string(255, 'a')), kNone);
  std::string deep;
  std::string path;
  for (int i = 0; i < 50; ++i)
    deep += "/**/a", path += "/a";
  EXPECT_EQ(match_path(deep + "/b", path + path), kNone);
  EXPECT_THROW(match_path("/" + std::string(5000, '?'), "/a"), Error);
  std::string nested;
  for (int i = 0; i < 40; ++i)
    nested += '{';
  EXPECT_THROW(match_path("/" + nested + "a" + std::string(40, '}'), "/a"), Error);
}

// Whatever the text, compiling and matching end well; a name always matches itself escaped.
TEST(MatchPath, SurvivesRandomPatterns) {
  std::mt19937 random(42);
  const std::string alphabet = "ab.*?[]{},!-\\/\xc3\xa9\xff";
  const auto text = [&](std::size_t most) {
    std::string s;
    for (std::size_t n = random() % (most + 1); n > 0; --n)
      s += alphabet[random() % alphabet.size()];
    return s;
  };
  for (int i = 0; i < 20000; ++i) {
    const std::string name = "x" + text(8);
    std::string escaped;
    for (const char c : name)
      escaped += c == '/' ? "/" : std::string("\\") + c;
    if (name.find("..") == name.npos && !name.ends_with('/') && name.find("/.") == name.npos) {
      EXPECT_EQ(match_path(escaped, name), some({})) << name;
    }
    try {
      match_path(text(16), name);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::InvalidArgument);
    }
  }
}

}  // namespace
}  // namespace pond::tinyfs

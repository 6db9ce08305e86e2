#pragma once

#include <algorithm>

#include "fixture.h"

namespace pond::tinyfs {

class GlobConformance : public Conformance {
 protected:
  GlobConformance() {
    commit([&] {
      for (const char* directory : {"/sensors/dock", "/sensors/pier/old", "/.config", "/web"})
        root().create_directories(directory);
      for (const char* file :
           {"/sensors/dock/a.series", "/sensors/dock/b.series", "/sensors/dock/notes",
            "/sensors/pier/a.series", "/sensors/pier/old/a.series", "/sensors/pier/.hidden",
            "/.config/a.series", "/readme"})
        write(file, file);
    });
  }

  // "path: capture, capture" of each match.
  Paths captures(const std::string& pattern) {
    Paths lines;
    for (const auto& match : root().glob(pattern)) {
      std::string line = match.node.path() + ":";
      for (const auto& capture : match.captures)
        line += " " + capture + ",";
      lines.push_back(line);
    }
    return lines;
  }
};

TEST_P(GlobConformance, Star) {
  EXPECT_EQ(glob("/*"), (Paths{"/readme", "/sensors", "/web"}));
  EXPECT_EQ(glob("/sensors/dock/*.series"),
            (Paths{"/sensors/dock/a.series", "/sensors/dock/b.series"}));
  EXPECT_EQ(glob("/*/*/a.series"), (Paths{"/sensors/dock/a.series", "/sensors/pier/a.series"}));
  EXPECT_EQ(glob("/*/*/*.csv"), Paths{});
}

TEST_P(GlobConformance, DoubleStar) {
  EXPECT_EQ(glob("/**"), (Paths{"/readme", "/sensors", "/sensors/dock", "/sensors/dock/a.series",
                                "/sensors/dock/b.series", "/sensors/dock/notes", "/sensors/pier",
                                "/sensors/pier/a.series", "/sensors/pier/old",
                                "/sensors/pier/old/a.series", "/web"}));
  EXPECT_EQ(glob("/**/a.series"), (Paths{"/sensors/dock/a.series", "/sensors/pier/a.series",
                                         "/sensors/pier/old/a.series"}));
  EXPECT_EQ(glob("/**/readme"), (Paths{"/readme"}));
  EXPECT_EQ(glob("/sensors/pier/**"),
            (Paths{"/sensors/pier/a.series", "/sensors/pier/old", "/sensors/pier/old/a.series"}));
  EXPECT_EQ(glob("/**/pier/**/a.series"),
            (Paths{"/sensors/pier/a.series", "/sensors/pier/old/a.series"}));
  EXPECT_EQ(glob("/**/**/old"), (Paths{"/sensors/pier/old"}));
}

TEST_P(GlobConformance, QuestionMarksClassesAndBraces) {
  EXPECT_EQ(glob("/sensors/dock/?.series"),
            (Paths{"/sensors/dock/a.series", "/sensors/dock/b.series"}));
  EXPECT_EQ(glob("/sensors/dock/[b-z].series"), (Paths{"/sensors/dock/b.series"}));
  EXPECT_EQ(glob("/sensors/dock/[!b-z].series"), (Paths{"/sensors/dock/a.series"}));
  EXPECT_EQ(glob("/sensors/{dock,pier}/{n{otes,ope},a.series}"),
            (Paths{"/sensors/dock/a.series", "/sensors/dock/notes", "/sensors/pier/a.series"}));
}

TEST_P(GlobConformance, DotFiles) {
  EXPECT_EQ(glob("/.*"), (Paths{"/.config"}));
  EXPECT_EQ(glob("/.config/*"), (Paths{"/.config/a.series"}));
  EXPECT_EQ(glob("/**/.hidden"), (Paths{"/sensors/pier/.hidden"}));
  EXPECT_EQ(glob("/**/.*"), (Paths{"/.config", "/sensors/pier/.hidden"}));
}

TEST_P(GlobConformance, WithoutWildcards) {
  EXPECT_EQ(glob("/sensors/dock"), (Paths{"/sensors/dock"}));
  EXPECT_EQ(glob("/sensors/./dock//notes"), (Paths{"/sensors/dock/notes"}));
  EXPECT_EQ(glob("/sensors/doc"), Paths{});
  EXPECT_EQ(glob("/readme/below"), Paths{});
  EXPECT_EQ(glob("."), (Paths{"/"}));
}

TEST_P(GlobConformance, TrailingSlashListsInside) {
  EXPECT_EQ(glob("/"), (Paths{"/readme", "/sensors", "/web"}));
  EXPECT_EQ(glob("/sensors/"), (Paths{"/sensors/dock", "/sensors/pier"}));
  EXPECT_EQ(glob("/*/pier/"), (Paths{"/sensors/pier/a.series", "/sensors/pier/old"}));
  EXPECT_EQ(glob("/readme/"), Paths{});
  EXPECT_EQ(glob("/web/"), Paths{});
  EXPECT_EQ(captures("/*/old/"), Paths{});
  EXPECT_EQ(captures("/sensors/*/old/"), (Paths{"/sensors/pier/old/a.series: pier,"}));
}

TEST_P(GlobConformance, Escapes) {
  commit([&] {
    write("/a*b", "star");
    write("/axb", "x");
  });
  EXPECT_EQ(glob("/a\\*b"), (Paths{"/a*b"}));
  EXPECT_EQ(glob("/a[*]b"), (Paths{"/a*b"}));
  EXPECT_EQ(glob("/a*b"), (Paths{"/a*b", "/axb"}));
}

TEST_P(GlobConformance, Captures) {
  EXPECT_EQ(captures("/sensors/*/*.series"),
            (Paths{"/sensors/dock/a.series: dock, a,", "/sensors/dock/b.series: dock, b,",
                   "/sensors/pier/a.series: pier, a,"}));
  EXPECT_EQ(
      captures("/**/{a,b}.series"),
      (Paths{"/sensors/dock/a.series: sensors/dock, a,", "/sensors/dock/b.series: sensors/dock, b,",
             "/sensors/pier/a.series: sensors/pier, a,",
             "/sensors/pier/old/a.series: sensors/pier/old, a,"}));
  EXPECT_EQ(captures("/**/re[a-c]dm?"), (Paths{"/readme: , a, e,"}));
  EXPECT_EQ(captures("/readme"), (Paths{"/readme:"}));
}

TEST_P(GlobConformance, RelativePatterns) {
  const WD pier = root().open_directory("/sensors/pier");
  EXPECT_EQ(glob(pier, "*"), (Paths{"/sensors/pier/a.series", "/sensors/pier/old"}));
  EXPECT_EQ(glob(pier, "../d*/n*"), (Paths{"/sensors/dock/notes"}));
  EXPECT_EQ(glob(pier, ".."), (Paths{"/sensors"}));
  EXPECT_EQ(glob(pier, "./"), (Paths{"/sensors/pier/a.series", "/sensors/pier/old"}));
  EXPECT_EQ(glob(pier, "/r*"), (Paths{"/readme"}));
  EXPECT_EQ(glob(pier, "../gone/../*"), Paths{});
}

TEST_P(GlobConformance, PatternsThatCannotMean) {
  EXPECT_EQ(error_text([&] { glob("/*/../a"); }),
            "'..' after a wildcard has no one meaning: /*/../a");
  EXPECT_EQ(
      error_text([&] { glob("/{a/b,c}"); }),
      "a '/' inside braces: /{a/b,c} [braces choose within one component: give two patterns]");
  EXPECT_EQ(error_code([&] { glob(""); }), "InvalidArgument");
}

TEST_P(GlobConformance, SymlinksAreFollowedByNameOnly) {
  commit([&] {
    root().create_symlink("/link", "sensors/dock");
    root().create_symlink("/sensors/dock/round", "/");
    root().create_symlink("/web/loop", "loop");
    root().create_symlink("/web/gone", "nowhere");
  });
  EXPECT_EQ(glob("/link"), (Paths{"/link"}));
  EXPECT_EQ(root().glob("/link")[0].node.kind(), Kind::Symlink);
  EXPECT_EQ(glob("/link/*.series"), (Paths{"/link/a.series", "/link/b.series"}));
  EXPECT_EQ(glob("/li*/notes"), (Paths{"/link/notes"}));
  EXPECT_EQ(glob("/link/"),
            (Paths{"/link/a.series", "/link/b.series", "/link/notes", "/link/round"}));
  EXPECT_EQ(glob("/**/notes"), (Paths{"/sensors/dock/notes"}));
  EXPECT_EQ(glob("/web/*"), (Paths{"/web/gone", "/web/loop"}));
  EXPECT_EQ(glob("/web/*/*"), Paths{});
  EXPECT_EQ(glob("/link/../p*"), (Paths{"/sensors/pier"}));
}

TEST_P(GlobConformance, AgreesWithMatchingEveryPath) {
  Paths all;
  for (const auto& line : tree())
    all.push_back(line.substr(0, line.find(' ')));
  for (const char* pattern :
       {"/**", "/*", "/**/*", "/*/**", "/**/a*", "/*/*/", "/**/", "/.*/**", "/**/o*/**", "/{s,w}*",
        "/*/{pier,dock}/**/[ab].series", "/**/?????", "/**/pier/", "/**/*/**/a.series"}) {
    Paths expected;
    for (const auto& path : all)
      if (match_path(pattern, path)) expected.push_back(path);
    std::sort(expected.begin(), expected.end());
    EXPECT_EQ(glob(pattern), expected) << pattern;
  }
}

}  // namespace pond::tinyfs

// One chart of a site: its tiles, and its entry in the manifest.
#pragma once

#include <string>
#include <vector>

#include "pond/site.h"
#include "site/folder.h"
#include "site/page.h"
#include "site/state.h"

namespace pond::site {

struct BuiltChart {
  PageChart page;
  std::string entry;  // of the manifest, JSON
  ChartState state;
};

// `spec` is without patterns. `before`: what the last build left, or null.
BuiltChart build_chart(tinyfs::FS& fs, query::Session& session, Folder& folder,
                       const std::string& slug, const ChartSpec& spec, const ChartState* before,
                       std::vector<std::string>& warnings);

}  // namespace pond::site

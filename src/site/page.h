// The page itself: index.html made from its templates, and the files it loads.
#pragma once

#include <string>
#include <vector>

#include "site/folder.h"

namespace pond::site {

// A chart's place in the page.
struct PageColumn {
  std::string label, unit;
};
struct PageChart {
  std::string slug, title;
  std::vector<PageColumn> columns;
};

// Writes index.html, app.js, style.css, js/ and lib/.
void write_page(Folder& folder, const std::string& title, const std::string& description,
                const std::vector<PageChart>& charts);

// A template with each {{name}} replaced. `values` are HTML already. InvalidArgument for a name
// without value.
std::string fill(std::string_view text,
                 const std::vector<std::pair<std::string, std::string>>& values);

// JavaScript or CSS without indentation, comments on lines of their own and doc comments; those
// that hold a licence stay. Not for sources with template literals over several lines.
std::string lighten(std::string_view source);

}  // namespace pond::site

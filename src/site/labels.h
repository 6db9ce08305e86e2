// What people read for a column's name, and the names of charts in addresses and folders.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace pond::site {

struct Label {
  std::string text;  // "Water temperature"
  std::string unit;  // "°C"; empty for a quantity without one
};

// Reads a name of the form [instrument.]quantity.unit, the project's rule for columns. Known units
// are written as they are usually seen.
Label label_of(std::string_view column);

// "plumtree-run-near-bel-air": letters, digits and dashes of `title`, at most 48, different from
// those in `taken`, to which it is added.
std::string slug_of(std::string_view title, std::set<std::string>& taken);

// Text made safe inside HTML, also within quoted attributes.
std::string escape_html(std::string_view text);

}  // namespace pond::site

// A look at a Mustache template before it is used: the library that renders it passes over
// mistakes.
#pragma once

#include <string>
#include <string_view>

namespace pond::factory {

// "line 3: …", or empty when every tag ends, every section is closed in its turn and nothing is
// asked for that there is not (partials, other delimiters).
std::string mustache_problem(std::string_view text);

}  // namespace pond::factory

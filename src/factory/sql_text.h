// A look at a configured query's text before it is kept: no SQL parser, only what a wrong text can
// be told by.
#pragma once

#include <string>
#include <string_view>

namespace pond::factory {

// The query without blanks around it and without a final semicolon. What stands in the way of using
// it as
// "(query)" is put into `problem`: more than one statement, a statement that is no SELECT,
// parentheses or quotes that don't match.
std::string single_select(std::string_view query, std::string& problem);

}  // namespace pond::factory

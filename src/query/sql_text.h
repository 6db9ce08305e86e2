// What can be known of a query from its text alone.
#pragma once

#include <string>
#include <string_view>

namespace pond::query {

// The text without what follows its last statement (a semicolon, blanks, comments). InvalidArgument
// when there is more than one statement, or none.
std::string single_statement(std::string_view sql);

// Is it a relation already: a parenthesised SELECT or the call of a table function?
bool is_relation(std::string_view text);

}  // namespace pond::query

// What can be known of a query from its text alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pond::query {

// The quoted words ('…' and "…") of a statement that look like a pond path or a URL: they start
// with '/' or contain "://". A word in another place than a table's is among them too. Each once,
// in order.
//
// duckdb_get_table_names would say exactly which of them are tables, but it binds the statement's
// table functions and so opens files that a restricted query may not open.
std::vector<std::string> path_names(std::string_view sql);

// The text without what follows its last statement (a semicolon, blanks, comments). InvalidArgument
// when there is more than one statement, or none.
std::string single_statement(std::string_view sql);

// Is it a relation already: a parenthesised SELECT or the call of a table function?
bool is_relation(std::string_view text);

}  // namespace pond::query

// A look at a configured query's text before it is kept: no SQL parser, only what a wrong text can
// be told by.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pond::factory {

class ConfigReader;

// The query without blanks around it and without a final semicolon. What stands in the way of using
// it as
// "(query)" is put into `problem`: more than one statement, a statement that is no SELECT,
// parentheses or quotes that don't match.
std::string single_select(std::string_view query, std::string& problem);

// The required key `query`, checked so.
std::string read_query(ConfigReader& reader);

// Names for a query's tables, and what stands after FROM for each.
using NamedRelations = std::vector<std::pair<std::string, std::string>>;

// The result of a query over them, to stand after FROM itself. A single one is `source` too. The
// names are common table expressions: they are seen by this query alone, and a chain of derived
// nodes stays one plan into which filters and projections reach.
std::string query_over(const NamedRelations& tables, const std::string& query);

}  // namespace pond::factory

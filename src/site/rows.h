// Results of a few rows, as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "pond/query.h"

namespace pond::site {

// A value of a result whose columns were cast to BIGINT, DOUBLE or VARCHAR.
using Cell = std::variant<std::monostate, std::int64_t, double, std::string>;
using Row = std::vector<Cell>;

std::vector<Row> fetch(query::Session& session, const std::string& sql);

inline std::int64_t integer(const Cell& cell) {
  return std::get<std::int64_t>(cell);
}
inline std::string text(const Cell& cell) {
  return std::get<std::string>(cell);
}
inline bool is_null(const Cell& cell) {
  return std::holds_alternative<std::monostate>(cell);
}

// The columns of a relation (an expression that may follow FROM).
struct RelationColumn {
  std::string name;
  std::string type;  // DuckDB's: "DOUBLE", "TIMESTAMP WITH TIME ZONE"
  bool numeric() const;
  bool temporal() const;
};
std::vector<RelationColumn> describe(query::Session& session, const std::string& relation);

}  // namespace pond::site

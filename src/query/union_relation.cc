#include "query/union_relation.h"

#include "pond/query.h"

namespace pond::query {
namespace {

// Hive partitioning off: the folder a pond lies in adds no columns to its tables.
constexpr const char* kParquetOptions = ", hive_partitioning=false";

}  // namespace

std::string read_parquet_of(const std::vector<std::string>& files, bool by_name) {
  if (files.size() == 1)
    return "read_parquet(" + literal_path(files.front()) + kParquetOptions + ")";
  std::string list;
  for (const std::string& file : files) {
    if (!list.empty()) list += ", ";
    list += literal_path(file);
  }
  return "read_parquet([" + list + "]" + (by_name ? ", union_by_name=true" : "") + kParquetOptions +
         ")";
}

std::string escaped_path(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    const bool wildcard = c == '*' || c == '?' || c == '[';
    if (wildcard) escaped += '[';
    escaped += c;
    if (wildcard) escaped += ']';
  }
  return escaped;
}

std::string literal_path(const std::string& path) {
  return quote_literal(escaped_path(path));
}

void UnionRelation::add_parquet(const std::string& path) {
  if (parts_.empty() || parts_.back().files.empty()) parts_.emplace_back();
  parts_.back().files.push_back(path);
}

void UnionRelation::add_parquet(const std::string& path, std::uint64_t first, std::uint64_t last) {
  add("(SELECT * EXCLUDE (file_row_number) FROM read_parquet(" + literal_path(path) +
      kParquetOptions + ", file_row_number=true) WHERE file_row_number >= " +
      std::to_string(first) + " AND file_row_number < " + std::to_string(last) + ")");
}

void UnionRelation::add(std::string relation) {
  parts_.push_back({{}, std::move(relation)});
}

std::string UnionRelation::sql() const {
  std::string text;
  for (const Part& part : parts_) {
    const std::string relation =
        part.files.empty() ? part.relation : read_parquet_of(part.files, true);
    if (parts_.size() == 1) return relation;
    if (!text.empty()) text += " UNION ALL BY NAME ";
    text += "SELECT * FROM " + relation;
  }
  return "(" + text + ")";
}

}  // namespace pond::query

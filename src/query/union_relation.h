// A relation put together of several parts: one table by column name, in the order the parts were
// added.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace pond::query {

class UnionRelation {
 public:
  // A Parquet file, whole or only the rows [first, last).
  void add_parquet(const std::string& path);
  void add_parquet(const std::string& path, std::uint64_t first, std::uint64_t last);
  // Anything that stands after FROM.
  void add(std::string relation);

  bool empty() const { return parts_.empty(); }
  // What stands after FROM: a table function's call, or a parenthesised SELECT. Neighbouring
  // Parquet files are one scan.
  std::string sql() const;

 private:
  struct Part {
    std::vector<std::string> files;  // or:
    std::string relation;
  };
  std::vector<Part> parts_;
};

// The call of the table function that reads Parquet files; `by_name` when their schemas differ.
std::string read_parquet_of(const std::vector<std::string>& files, bool by_name);

// A path as DuckDB's readers take it: their wildcards in it stand for themselves.
std::string escaped_path(const std::string& path);
// The same as a string literal of SQL.
std::string literal_path(const std::string& path);

}  // namespace pond::query

// Text for people: aligned columns, sizes, times, colours.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace pond::cli {

// Is `fd` a terminal that wants colours (no NO_COLOR)?
bool colours_on(int fd);

// Line breaks and control characters become blanks.
std::string one_line(std::string_view text);

// "2024-01-31 12:00:00", UTC.
std::string list_time(std::int64_t time_us);

// "315,648"
std::string grouped(std::uint64_t number);

// "1.2 MB"
std::string human_size(std::uint64_t bytes);

// Rows of text whose columns align; the last column keeps its own length.
class Columns {
 public:
  enum class Align { Left, Right };
  explicit Columns(std::vector<Align> align) : align_(std::move(align)) {}
  void add(std::vector<std::string> row);
  void set_minimum(std::size_t column, std::size_t width);
  bool empty() const { return rows_.empty(); }
  void print(std::ostream& out) const;

 private:
  std::vector<Align> align_;
  std::vector<std::size_t> widths_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace pond::cli

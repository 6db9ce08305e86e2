#include "query/csv_dialect.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <string_view>
#include <vector>

namespace pond::query {
namespace {

// One record at a time by the rules of RFC 4180.
class Records {
 public:
  Records(const std::filesystem::path& file, char delimiter)
      : input_(file, std::ios::binary), buffer_(*input_.rdbuf()), delimiter_(delimiter) {}

  // False at the end. `fields` of the record, which starts at `line`.
  bool next() {
    fields_ = 1;
    blank_ = true;
    open_quote_ = false;
    line_ = next_line_;
    bool quoted = false;
    bool at_start = true;
    bool any = false;
    for (int c = buffer_.sbumpc(); c != EOF; c = buffer_.sbumpc()) {
      any = true;
      if (c == '\n') ++next_line_;
      if (quoted) {
        if (c != '"') continue;
        if (buffer_.sgetc() == '"') {
          buffer_.sbumpc();
        } else {
          quoted = false;
        }
        continue;
      }
      if (c == '\n') return true;
      if (c == '"' && at_start) {
        quoted = true;
        blank_ = false;
      }
      at_start = c == delimiter_;
      if (c == delimiter_) ++fields_;
      if (c != '\r') blank_ = false;
    }
    open_quote_ = quoted;
    return any;
  }

  std::size_t fields() const { return fields_; }
  bool blank() const { return blank_; }
  bool open_quote() const { return open_quote_; }
  std::size_t line() const { return line_; }

 private:
  std::ifstream input_;
  std::streambuf& buffer_;
  char delimiter_;
  std::size_t fields_ = 0;
  std::size_t line_ = 1;
  std::size_t next_line_ = 1;
  bool blank_ = true;
  bool open_quote_ = false;
};

std::size_t count_unquoted(std::string_view line, char wanted) {
  std::size_t count = 0;
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    if (c == wanted && !quoted) ++count;
  }
  return count;
}

// Does a field begin as a number or a time does? "1.5", "-3", "2024-01-01"; a name rarely starts
// so.
bool looks_like_value(std::string_view field) {
  while (!field.empty() && (field.front() == ' ' || field.front() == '-' || field.front() == '+'))
    field.remove_prefix(1);
  return !field.empty() && std::isdigit(static_cast<unsigned char>(field.front())) != 0;
}

}  // namespace

CsvDialect csv_dialect(std::string_view beginning) {
  CsvDialect dialect;
  if (beginning.starts_with("\xEF\xBB\xBF")) beginning.remove_prefix(3);
  while (beginning.starts_with('\n') || beginning.starts_with('\r'))
    beginning.remove_prefix(1);
  std::string_view line = beginning.substr(0, beginning.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);

  std::size_t most = 0;
  for (const char candidate : {',', ';', '\t', '|'}) {
    const std::size_t count = count_unquoted(line, candidate);
    if (count > most) {
      most = count;
      dialect.delimiter = candidate;
    }
  }
  std::string_view rest = line;
  while (!rest.empty()) {
    const std::size_t end = rest.find(dialect.delimiter);
    if (looks_like_value(rest.substr(0, end))) dialect.header = false;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return dialect;
}

std::optional<std::string> broken_csv_row(const std::filesystem::path& file, char delimiter) {
  Records records(file, delimiter);
  std::optional<std::size_t> columns;
  while (records.next()) {
    const std::string where = "line " + std::to_string(records.line()) + ": ";
    if (records.open_quote()) return where + "expected a closing quote, found the end of the file";
    if (records.blank()) continue;
    if (!columns) columns = records.fields();
    if (records.fields() != *columns) {
      return where + "expected " + std::to_string(*columns) +
             (*columns == 1 ? " column" : " columns") + ", found " +
             std::to_string(records.fields());
    }
  }
  return std::nullopt;
}

}  // namespace pond::query

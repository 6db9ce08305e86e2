#include "cli/statements.h"

namespace pond::cli {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool is_blank(std::string_view text) {
  return text.find_first_not_of(kBlanks) == std::string_view::npos;
}

// Where the ';' that ends the first statement is; npos when it is not there yet.
std::size_t end_of_statement(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == ';') return i;
    if (c == '\'' || c == '"') {
      i = text.find(c, i + 1);
    } else if (c == '-' && next == '-') {
      i = text.find('\n', i);
    } else if (c == '/' && next == '*') {
      i = text.find("*/", i + 2);
      if (i != std::string_view::npos) ++i;
    }
    if (i == std::string_view::npos) return i;
  }
  return std::string_view::npos;
}

}  // namespace

std::optional<std::string> StatementReader::next() {
  while (true) {
    const std::size_t end = end_of_statement(text_);
    if (end == std::string::npos) return std::nullopt;
    std::string statement = text_.substr(0, end);
    text_.erase(0, end + 1);
    if (!is_blank(statement)) return statement;
  }
}

std::optional<std::string> StatementReader::rest() {
  std::string statement;
  statement.swap(text_);
  if (is_blank(statement)) return std::nullopt;
  return statement;
}

bool StatementReader::pending() const {
  return !is_blank(text_);
}

}  // namespace pond::cli

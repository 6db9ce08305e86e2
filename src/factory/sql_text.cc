#include "factory/sql_text.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "pond/factory.h"
#include "pond/query.h"

namespace pond::factory {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

// Steps through SQL text one token at a time, over comments and quoted text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool unfinished() const { return unfinished_; }
  std::size_t position() const { return at_; }

  // The next token outside comments: a word, a quoted text (its first character stands for it), or
  // one punctuation character. Empty at the end.
  std::string_view next() {
    skip_blanks_and_comments();
    if (at_ >= text_.size()) return {};
    const std::size_t start = at_;
    const char c = text_[at_];
    if (c == '\'' || c == '"') {
      skip_quoted(c, false);
    } else if ((c == 'e' || c == 'E') && peek(1) == '\'') {
      ++at_;
      skip_quoted('\'', true);
    } else if (c == '$' && skip_dollar_quoted()) {
      return text_.substr(start, 1);
    } else if (is_word(c)) {
      while (at_ < text_.size() && is_word(text_[at_]))
        ++at_;
      return text_.substr(start, at_ - start);
    } else {
      ++at_;
    }
    return text_.substr(start, 1);
  }

 private:
  char peek(std::size_t ahead) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void skip_to(std::string_view end, std::size_t from) {
    const std::size_t found = text_.find(end, from);
    unfinished_ = unfinished_ || found == text_.npos;
    at_ = found == text_.npos ? text_.size() : found + end.size();
  }

  void skip_blanks_and_comments() {
    while (at_ < text_.size()) {
      if (kBlanks.find(text_[at_]) != kBlanks.npos) {
        ++at_;
      } else if (text_[at_] == '-' && peek(1) == '-') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (text_[at_] == '/' && peek(1) == '*') {
        // Nested, as in PostgreSQL's grammar, which is DuckDB's.
        int depth = 0;
        do {
          if (text_[at_] == '/' && peek(1) == '*') {
            ++depth;
            at_ += 2;
          } else if (text_[at_] == '*' && peek(1) == '/') {
            --depth;
            at_ += 2;
          } else {
            ++at_;
          }
        } while (depth > 0 && at_ < text_.size());
        unfinished_ = unfinished_ || depth > 0;
      } else {
        return;
      }
    }
  }

  void skip_quoted(char quote, bool backslashes) {
    for (++at_; at_ < text_.size(); ++at_) {
      if (backslashes && text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == quote) {
        ++at_;
        if (at_ >= text_.size() || text_[at_] != quote) return;
      }
    }
    at_ = text_.size();
    unfinished_ = true;
  }

  // $$ … $$ and $tag$ … $tag$; false for a parameter like $1.
  bool skip_dollar_quoted() {
    std::size_t end = at_ + 1;
    while (end < text_.size() && is_word(text_[end]))
      ++end;
    if (end >= text_.size() || text_[end] != '$') return false;
    skip_to(text_.substr(at_, end + 1 - at_), end + 1);
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  bool unfinished_ = false;
};

std::string lower(std::string_view word) {
  std::string text(word);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// How a statement that gives rows can begin.
constexpr std::array<std::string_view, 10> kSelects{
    "select", "with", "from", "values", "table", "(", "pivot", "unpivot", "describe", "summarize"};

}  // namespace

std::string single_select(std::string_view query, std::string& problem) {
  Scanner scanner(query);
  int depth = 0;
  bool first = true;
  std::size_t end = query.size();
  bool ended = false;
  for (auto token = scanner.next(); !token.empty(); token = scanner.next()) {
    if (first && std::find(kSelects.begin(), kSelects.end(), lower(token)) == kSelects.end() &&
        token != ";") {
      problem = "is not a SELECT: it begins with '" + std::string(token) + "'";
      return {};
    }
    if (token == ";") {
      if (!ended) end = scanner.position() - 1;
      ended = true;
      continue;
    }
    if (ended) {
      problem = "must be one SELECT, and there is more after the semicolon";
      return {};
    }
    first = false;
    if (token == "(") ++depth;
    if (token == ")") --depth;
    if (depth < 0) break;
  }
  if (first) {
    problem = "is empty";
  } else if (depth != 0) {
    problem = "has parentheses that do not match";
  } else if (scanner.unfinished()) {
    problem = "has a quote or a comment that does not end";
  }
  auto text = query.substr(0, end);
  const std::size_t start = std::min(text.find_first_not_of(kBlanks), text.size());
  text.remove_prefix(start);
  const std::size_t last = text.find_last_not_of(kBlanks);
  return std::string(text.substr(0, last == text.npos ? 0 : last + 1));
}

std::string read_query(ConfigReader& reader) {
  std::string problem;
  std::string query = single_select(reader.text("query"), problem);
  if (!problem.empty()) config_error(reader.node("query"), reader.path("query"), problem);
  return query;
}

std::string query_over(const NamedRelations& tables, const std::string& query) {
  std::string with;
  const auto add = [&with](const std::string& name, const std::string& relation) {
    with += with.empty() ? "WITH " : ", ";
    with += query::quote_identifier(name) + " AS NOT MATERIALIZED (SELECT * FROM " + relation + ")";
  };
  for (const auto& [name, relation] : tables)
    add(name, relation);
  if (tables.size() == 1 && tables.front().first != "source")
    add("source", query::quote_identifier(tables.front().first));
  // A line break, for a query that ends in a comment.
  return "(" + with + (with.empty() ? "" : " ") + "SELECT * FROM (" + query + "\n))";
}

}  // namespace pond::factory

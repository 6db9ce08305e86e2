#include "query/sql_text.h"

#include <algorithm>
#include <cctype>

#include "pond/error.h"
#include "pond/query.h"

namespace pond::query {
namespace {

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

enum class Lexeme { End, Quoted, Semicolon, Other };

// DuckDB's lexical rules, as far as quotes and comments go.
class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  Lexeme next() {
    skip_blanks();
    start_ = at_;
    if (at_ >= sql_.size()) return Lexeme::End;
    const char c = sql_[at_];
    if (c == '\'' || c == '"') {
      quoted(c, false);
      return Lexeme::Quoted;
    }
    if (c == ';') {
      ++at_;
      return Lexeme::Semicolon;
    }
    if ((c == 'e' || c == 'E') && sql_.substr(at_ + 1).starts_with('\'')) {
      ++at_;
      quoted('\'', true);
      return Lexeme::Other;
    }
    if (c == '$' && dollar_quoted()) return Lexeme::Other;
    if (is_word(c)) {
      while (at_ < sql_.size() && is_word(sql_[at_]))
        ++at_;
    } else {
      ++at_;
    }
    return Lexeme::Other;
  }

  std::size_t start() const { return start_; }
  std::size_t end() const { return at_; }
  const std::string& text() const { return text_; }  // of a Quoted, without its quotes

 private:
  void skip_blanks() {
    while (at_ < sql_.size()) {
      if (std::isspace(static_cast<unsigned char>(sql_[at_])) != 0) {
        ++at_;
      } else if (sql_.substr(at_).starts_with("--")) {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (sql_.substr(at_).starts_with("/*")) {
        comment();
      } else {
        return;
      }
    }
  }

  void comment() {  // nests, as in PostgreSQL
    int depth = 0;
    while (at_ < sql_.size()) {
      const auto rest = sql_.substr(at_);
      if (rest.starts_with("/*")) {
        ++depth;
        at_ += 2;
      } else if (rest.starts_with("*/")) {
        at_ += 2;
        if (--depth == 0) return;
      } else {
        ++at_;
      }
    }
  }

  void quoted(char quote, bool backslash) {
    text_.clear();
    for (++at_; at_ < sql_.size(); ++at_) {
      const char c = sql_[at_];
      if (backslash && c == '\\' && at_ + 1 < sql_.size()) {
        text_ += sql_[++at_];
      } else if (c != quote) {
        text_ += c;
      } else if (at_ + 1 < sql_.size() && sql_[at_ + 1] == quote) {
        text_ += quote;
        ++at_;
      } else {
        ++at_;
        return;
      }
    }
  }

  // $$ … $$ or $tag$ … $tag$; false for a parameter ($1).
  bool dollar_quoted() {
    std::size_t close = at_ + 1;
    while (close < sql_.size() && is_word(sql_[close]))
      ++close;
    if (close >= sql_.size() || sql_[close] != '$') return false;
    if (close > at_ + 1 && std::isdigit(static_cast<unsigned char>(sql_[at_ + 1])) != 0)
      return false;
    const std::string_view tag = sql_.substr(at_, close + 1 - at_);
    const std::size_t end = sql_.find(tag, close + 1);
    at_ = end == std::string_view::npos ? sql_.size() : end + tag.size();
    return true;
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;
  std::string text_;
};

std::string quote(std::string_view text, char mark) {
  std::string quoted(1, mark);
  for (const char c : text) {
    if (c == mark) quoted += mark;
    quoted += c;
  }
  return quoted += mark;
}

}  // namespace

std::vector<std::string> path_names(std::string_view sql) {
  std::vector<std::string> names;
  Lexer lexer(sql);
  for (Lexeme lexeme = lexer.next(); lexeme != Lexeme::End; lexeme = lexer.next()) {
    if (lexeme != Lexeme::Quoted) continue;
    const std::string& text = lexer.text();
    if (!text.starts_with('/') && text.find("://") == std::string::npos) continue;
    if (std::find(names.begin(), names.end(), text) == names.end()) names.push_back(text);
  }
  return names;
}

std::string single_statement(std::string_view sql) {
  Lexer lexer(sql);
  std::size_t end = 0;
  bool ended = false;
  for (Lexeme lexeme = lexer.next(); lexeme != Lexeme::End; lexeme = lexer.next()) {
    if (lexeme == Lexeme::Semicolon) {
      ended = ended || end > 0;
      continue;
    }
    if (ended)
      throw Error(ErrorCode::InvalidArgument, "only queries: more than one statement was given",
                  "run one SELECT at a time");
    end = lexer.end();
  }
  if (end == 0)
    throw Error(ErrorCode::InvalidArgument, "an empty query",
                "write for instance SELECT * FROM source");
  return std::string(sql.substr(0, end));
}

bool is_relation(std::string_view text) {
  if (text.starts_with('(')) return true;
  std::size_t at = 0;
  while (at < text.size() && is_word(text[at]))
    ++at;
  return at > 0 && text.substr(at).starts_with('(') && text.ends_with(')');
}

std::string quote_identifier(std::string_view name) {
  return quote(name, '"');
}
std::string quote_literal(std::string_view text) {
  return quote(text, '\'');
}

}  // namespace pond::query

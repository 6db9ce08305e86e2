#include "cli/sql_prompt.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <iostream>
#include <map>

#include "cli/line_editor.h"
#include "cli/paths.h"
#include "cli/print.h"
#include "cli/statements.h"
#include "pond/error.h"

namespace pond::cli {
namespace {

constexpr const char* kHelp =
    "A statement ends with ';' and may take several lines. Paths and URLs are tables:\n"
    "  SELECT count(*) FROM '/sensors/*.series';\n"
    "  FROM '/sensors/dock.series@version=3';\n"
    "  FROM 'host+csv:///home/me/rain.csv' LIMIT 10;\n"
    "The tab key completes paths after a quote, and keywords and columns elsewhere.\n"
    ".tables [PATTERN] lists what can be asked, .schema PATH its columns, .quit (or Ctrl-D) "
    "leaves.\n";

constexpr std::array kKeywords = {
    "AND",   "AS",      "ASC",   "avg",       "BETWEEN",  "BY",          "CASE",
    "CAST",  "count",   "DESC",  "DESCRIBE",  "DISTINCT", "ELSE",        "END",
    "FROM",  "FULL",    "GROUP", "HAVING",    "IN",       "INTERVAL",    "IS",
    "JOIN",  "LEFT",    "LIKE",  "LIMIT",     "max",      "min",         "NOT",
    "NULL",  "ON",      "OR",    "ORDER",     "OUTER",    "OVER",        "PARTITION",
    "PIVOT", "SELECT",  "sum",   "SUMMARIZE", "THEN",     "time_bucket", "timestamp",
    "UNION", "UNPIVOT", "USING", "WHEN",      "WHERE",    "WINDOW",      "WITH"};

std::string lower(std::string_view text) {
  std::string all(text);
  std::transform(all.begin(), all.end(), all.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return all;
}

class Prompt {
 public:
  Prompt(Context& context, const std::function<void(const std::string&)>& answer)
      : context_(context), answer_(answer) {}

  void pipe() {
    for (std::string line; std::getline(std::cin, line);)
      if (!take(line)) return;
    if (const auto sql = reader_.rest()) answer_(*sql);
  }

  void terminal() {
    LineEditor editor(LineEditor::history_file("sql_history"),
                      [this](const std::string& word, std::string_view before) {
                        return complete(word, before);
                      });
    std::cout << "Ends with ';'. Tab completes, .help explains, Ctrl-D leaves.\n" << std::flush;
    while (auto line = editor.read(reader_.pending() ? "  ...> " : "pond> ")) {
      typed_ += *line + "\n";
      bool more = true;
      try {
        more = take(*line);
      } catch (const Error& error) {
        std::cout << std::flush;
        std::cerr << "error: " << one_line(error.what()) << '\n';
        if (!error.hint().empty()) std::cerr << "hint: " << one_line(error.hint()) << '\n';
      }
      if (reader_.pending()) continue;
      editor.remember(typed_);
      typed_.clear();
      if (!more) return;
    }
    std::cout << '\n';
  }

 private:
  // A line; false when it says to leave.
  bool take(const std::string& line) {
    if (!reader_.pending() && line.starts_with('.')) return command(line);
    reader_.add(line + "\n");
    while (const auto sql = reader_.next()) {
      answer_(*sql);
      std::cout << std::flush;
    }
    return true;
  }

  bool command(const std::string& line) {
    const std::size_t blank = line.find(' ');
    const std::string name = line.substr(0, blank);
    const std::string argument =
        blank == std::string::npos ? "" : line.substr(line.find_first_not_of(' ', blank));
    if (name == ".quit" || name == ".exit") return false;
    if (name == ".tables") {
      for (const auto& match : context_.root().glob(argument.empty() ? "/**" : argument))
        if (match.node.kind() != tinyfs::Kind::Directory) std::cout << match.node.path() << '\n';
    } else if (name == ".schema" && !argument.empty()) {
      answer_("DESCRIBE FROM " + query::quote_literal(argument));
    } else if (name == ".help") {
      std::cout << kHelp;
    } else {
      throw Error(ErrorCode::InvalidArgument, "no command " + name, ".help lists them");
    }
    std::cout << std::flush;
    return true;
  }

  std::vector<std::string> complete(const std::string& word, std::string_view before) {
    if (!before.empty() && (before.back() == '\'' || before.back() == '"')) {
      const std::size_t scheme = word.find("://");
      const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
      std::vector<std::string> found;
      if (word.starts_with("host")) return found;
      for (const std::string& path : path_completions(context_.root(), word.substr(begin)))
        found.push_back(word.substr(0, begin) + path);
      return found;
    }
    std::vector<std::string> found;
    const auto offer = [&](const std::string& name) {
      if (lower(name).starts_with(lower(word)) &&
          std::find(found.begin(), found.end(), name) == found.end())
        found.push_back(name);
    };
    for (const std::string& path : query::path_names(typed_ + rest_of(before)))
      for (const std::string& column : columns_of(path))
        offer(column);
    const bool small = !word.empty() && std::islower(static_cast<unsigned char>(word[0])) != 0;
    for (const char* keyword : kKeywords)
      offer(small ? lower(keyword) : keyword);
    std::sort(found.begin(), found.end());
    return found;
  }

  // The line as far as it stands, without a quote left open.
  static std::string rest_of(std::string_view line) {
    std::string text(line);
    if (std::count(text.begin(), text.end(), '\'') % 2 != 0) text += '\'';
    return text;
  }

  const std::vector<std::string>& columns_of(const std::string& path) {
    const auto known = columns_.find(path);
    if (known != columns_.end()) return known->second;
    std::vector<std::string> names;
    try {
      const auto rows =
          context_.session(true).query("FROM " + query::quote_literal(path) + " LIMIT 0");
      names = rows->schema()->field_names();
    } catch (const Error&) {
      names.clear();  // it may be half a path
    }
    return columns_.emplace(path, std::move(names)).first->second;
  }

  Context& context_;
  const std::function<void(const std::string&)>& answer_;
  StatementReader reader_;
  std::string typed_;  // of the statement at hand
  std::map<std::string, std::vector<std::string>> columns_;
};

}  // namespace

void sql_prompt(Context& context, const std::function<void(const std::string& sql)>& answer) {
  Prompt prompt(context, answer);
  if (isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {
    prompt.terminal();
  } else {
    prompt.pipe();
  }
}

}  // namespace pond::cli

#include "query/duckdb_error.h"

#include <optional>
#include <vector>

namespace pond::query {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

std::string strip(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '.' || text.back() == '\n'))
    text.pop_back();
  return text;
}

std::optional<std::string> after(std::string_view line, std::string_view words) {
  const std::size_t at = line.find(words);
  if (at == std::string_view::npos) return std::nullopt;
  return std::string(line.substr(at + words.size()));
}

std::string replace_names(std::string text, const ShownNames& names) {
  for (const auto& [path, shown] : names) {
    if (path.empty() || path == shown) continue;
    for (std::size_t at = text.find(path); at != std::string::npos;
         at = text.find(path, at + shown.size()))
      text.replace(at, path.size(), shown);
  }
  return text;
}

// "CSV Error on Line: 3 / Original Line: … / Expected Number of Columns: 2 Found: 3 / … /   file =
// f.csv"
std::optional<Error> csv_error(const std::vector<std::string>& lines) {
  std::string line_number;
  std::string file = "CSV";
  std::string problem;
  for (const std::string& line : lines) {
    if (const auto number = after(line, "CSV Error on Line: ")) {
      line_number = strip(*number);
    } else if (const auto path = after(line, "  file = ")) {
      file = *path;
    } else if (const auto counts = after(line, "Expected Number of Columns: ")) {
      const std::size_t found = counts->find(" Found: ");
      problem = "expected " + counts->substr(0, found) + " columns";
      if (found != std::string::npos) problem += ", found " + strip(counts->substr(found + 8));
    } else if (const auto column = after(line, "Error when converting column \"")) {
      const std::size_t quote = column->find("\". ");
      problem = "column " + column->substr(0, quote);
      if (quote != std::string::npos) problem += ": " + strip(column->substr(quote + 3));
    } else if (!line_number.empty() && problem.empty() && !line.empty() &&
               !line.starts_with("Original Line:") && !line.starts_with("Possible")) {
      problem = strip(line);
    }
  }
  if (line_number.empty()) return std::nullopt;
  if (problem.empty()) problem = "not valid CSV";
  return Error(ErrorCode::InvalidArgument, file + ": line " + line_number + ": " + problem,
               "correct the line and try again");
}

ErrorCode code_of(std::string_view message) {
  if (message.starts_with("IO Error") && message.find("No files found") != std::string_view::npos)
    return ErrorCode::NotFound;
  if (message.starts_with("IO Error") || message.starts_with("Out of Memory Error"))
    return ErrorCode::Io;
  if (message.starts_with("Not implemented Error")) return ErrorCode::Unsupported;
  return ErrorCode::InvalidArgument;
}

// Words before the message proper that say nothing to a user.
std::string_view without_wrapping(std::string_view message) {
  constexpr std::string_view kWrap = "closed pending query result\nError: ";
  const std::size_t at = message.find(kWrap);
  if (at != std::string_view::npos) message.remove_prefix(at + kWrap.size());
  // Of error(…), by which our own relations complain.
  constexpr std::string_view kOurs = "Invalid Input Error: ";
  if (message.starts_with(std::string(kOurs) + "/")) message.remove_prefix(kOurs.size());
  return message;
}

}  // namespace

Error duckdb_error(std::string_view message, const ShownNames& names) {
  const std::string_view proper = without_wrapping(message);
  const std::vector<std::string> lines = lines_of(replace_names(std::string(proper), names));
  if (const auto error = csv_error(lines)) return *error;

  std::string what = lines.empty() ? "the query failed" : strip(lines.front());
  std::string hint;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    const bool useful = line.starts_with("Candidate") || line.starts_with("Did you mean") ||
                        line.starts_with("\tCandidate");
    if (useful && hint.empty()) hint = strip(line);
    if (line.starts_with("LINE ") && what.find("at or near") != std::string::npos && hint.empty()) {
      hint = line;
      if (i + 1 < lines.size()) {
        const std::size_t caret = lines[i + 1].find('^');
        if (caret != std::string::npos && caret < line.size())
          hint = "in: " + line.substr(line.find(": ") + 2);
      }
    }
  }
  if (what.starts_with("Permission Error"))
    hint =
        "a query reads only what its own paths and URLs name: FROM '/pond/path' or "
        "'host+csv:///file.csv'";
  if (what.starts_with("Out of Memory Error") && hint.empty())
    hint = "raise POND_MEMORY_LIMIT, or ask for fewer rows or columns at once";
  return Error(code_of(proper), what, hint);
}

}  // namespace pond::query

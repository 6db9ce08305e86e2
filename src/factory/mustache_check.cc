#include "factory/mustache_check.h"

#include <algorithm>
#include <vector>

namespace pond::factory {
namespace {

std::string trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(kBlanks) + 1 - first));
}

// Sections nest no deeper than a person can follow.
constexpr std::size_t kMostNested = 64;

}  // namespace

std::string mustache_problem(std::string_view text) {
  struct Open {
    std::string name;
    std::size_t at;
  };
  std::vector<Open> open;
  const auto at_line = [&](std::size_t at, const std::string& problem) {
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
    return "line " + std::to_string(line) + " of the template: " + problem;
  };
  std::size_t at = 0;
  while ((at = text.find("{{", at)) != text.npos) {
    const bool triple = text.substr(at).starts_with("{{{");
    const std::string_view close = triple ? "}}}" : "}}";
    const std::size_t start = at + close.size();
    const std::size_t end = text.find(close, start);
    if (end == text.npos) return at_line(at, "a tag that does not end with " + std::string(close));
    const std::string tag = trimmed(text.substr(start, end - start));
    const char sigil = triple || tag.empty() ? ' ' : tag[0];
    const std::string name =
        sigil == '#' || sigil == '^' || sigil == '/' ? trimmed(tag.substr(1)) : tag;
    if (name.empty()) return at_line(at, "a tag without a name");
    if (sigil == '>') return at_line(at, "there are no partials here: {{" + tag + "}}");
    if (sigil == '=') return at_line(at, "the delimiters are {{ and }}, and stay so");
    if (sigil == '#' || sigil == '^') {
      open.push_back({name, at});
      if (open.size() > kMostNested) return at_line(at, "sections nest too deep");
    } else if (sigil == '/') {
      if (open.empty()) return at_line(at, "{{/" + name + "}} closes nothing");
      if (open.back().name != name)
        return at_line(at, "{{/" + name + "}} closes {{#" + open.back().name + "}}");
      open.pop_back();
    }
    at = end + close.size();
  }
  if (!open.empty()) return at_line(open.back().at, "{{#" + open.back().name + "}} is not closed");
  return {};
}

}  // namespace pond::factory

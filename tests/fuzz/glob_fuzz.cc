// Globs and paths: the compiled patterns against a plain recursive reading of the same grammar.
#include <memory>
#include <vector>

#include "fuzz/fuzz.h"
#include "pond/tinyfs.h"
#include "tinyfs/path.h"
#include "tinyfs/pattern.h"

using namespace pond;
using tinyfs::first_code_point;

namespace {

// All ways to read one component, {alternatives} written out: sequences of these.
struct Token {
  enum { Byte, AnyChar, AnyRun, Class } type = Byte;
  char byte = 0;
  std::string set = {};  // of a class, without its brackets
};
using Tokens = std::vector<Token>;

// The ']' that closes text[open] == '['; npos when nothing does.
std::size_t class_close(std::string_view text, std::size_t open) {
  std::size_t first = open + 1;
  if (first < text.size() && (text[first] == '!' || text[first] == '^')) ++first;
  for (std::size_t i = first; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ']' && i > first) {
      return i;
    }
  }
  return std::string_view::npos;
}

// The parts between text[open] == '{', its commas and its '}', and where that is; nothing when it
// does not close.
std::optional<std::pair<std::vector<std::string_view>, std::size_t>> braces(std::string_view text,
                                                                            std::size_t open) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t begin = open + 1;
  for (std::size_t i = open; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\') {
      ++i;
    } else if (c == '[') {
      if (const std::size_t close = class_close(text, i); close != text.npos) i = close;
    } else if (c == '{') {
      ++depth;
    } else if ((c == ',' && depth == 1) || (c == '}' && depth == 1)) {
      parts.push_back(text.substr(begin, i - begin));
      begin = i + 1;
      if (c == '}') return std::pair(parts, i);
    } else if (c == '}') {
      --depth;
    }
  }
  return std::nullopt;
}

// Adds to `all` what each of `heads` becomes with `text` behind it. False when there are too many.
bool read(std::string_view text, Tokens head, std::vector<Tokens>& all, bool& wild) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      head.push_back({Token::Byte, text[++i]});
    } else if (c == '*') {
      wild = true;
      head.push_back({Token::AnyRun});
    } else if (c == '?') {
      wild = true;
      head.push_back({Token::AnyChar});
    } else if (c == '[' && class_close(text, i) != text.npos) {
      wild = true;
      const std::size_t close = class_close(text, i);
      head.push_back({Token::Class, 0, std::string(text.substr(i + 1, close - i - 1))});
      i = close;
    } else if (const auto found = c == '{' ? braces(text, i) : std::nullopt) {
      wild = true;
      for (const auto part : found->first) {
        const std::string rest = std::string(part) + std::string(text.substr(found->second + 1));
        // What stands behind the braces must not complete something that a part began.
        if (part.find_first_of("[{\\") != part.npos) return false;
        if (all.size() > 200 || !read(rest, head, all, wild)) return false;
      }
      return true;
    } else {
      head.push_back({Token::Byte, c});
    }
  }
  all.push_back(std::move(head));
  return true;
}

bool in_class(std::string_view set, char32_t c) {
  const bool negated = set.starts_with('!') || set.starts_with('^');
  if (negated) set.remove_prefix(1);
  const auto member = [&set] {
    if (set.starts_with('\\')) set.remove_prefix(1);
    const auto point = first_code_point(set);
    set.remove_prefix(point.size);
    return point.value;
  };
  bool inside = false;
  while (!set.empty()) {
    const char32_t low = member();
    char32_t high = low;
    if (set.size() > 1 && set.front() == '-') {
      set.remove_prefix(1);
      high = member();
    }
    inside = inside || (low <= c && c <= high);
  }
  return inside != negated;
}

bool matches(const Tokens& tokens, std::size_t token, std::string_view name, std::size_t at) {
  if (token == tokens.size()) return at == name.size();
  const Token& wanted = tokens[token];
  const bool more = at < name.size();
  if (wanted.type == Token::Byte)
    return more && name[at] == wanted.byte && matches(tokens, token + 1, name, at + 1);
  if (at == 0 && name.starts_with('.')) return false;
  if (wanted.type == Token::AnyRun && matches(tokens, token + 1, name, at)) return true;
  if (!more) return false;
  const auto c = first_code_point(name.substr(at));
  if (wanted.type == Token::AnyRun) return matches(tokens, token, name, at + c.size);
  if (wanted.type == Token::Class && !in_class(wanted.set, c.value)) return false;
  return matches(tokens, token + 1, name, at + c.size);
}

void compare_component(const std::string& pattern, const std::string& name) {
  if (pattern.size() > 20 || name.size() > 14) return;
  const auto compiled = tinyfs::ComponentPattern::compile(pattern);
  std::vector<std::string> captures;
  if (compiled.type() == tinyfs::ComponentPattern::Type::AnyDepth) return;
  const bool matched = compiled.match(name, &captures);
  fuzz::expect(captures.size() == (matched ? compiled.captures() : 0), "a capture a wildcard");
  std::vector<Tokens> readings;
  bool wild = false;
  if (!read(pattern, {}, readings, wild)) return;
  const bool wanted = std::any_of(readings.begin(), readings.end(),
                                  [&](const Tokens& t) { return matches(t, 0, name, 0); });
  fuzz::expect(matched == wanted, "the same answer", pattern + " and " + name);
  fuzz::expect(wild == (compiled.type() == tinyfs::ComponentPattern::Type::Wild), "wild", pattern);
}

}  // namespace

// The input is a pattern and, after a NUL, a name or path.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const std::string pattern = input.text('\0');
  const std::string name = input.rest();
  fuzz::answers([&] {
    if (pattern.find('/') == pattern.npos && name.find('/') == name.npos)
      compare_component(pattern, name);
  });
  fuzz::answers([&] { tinyfs::match_path(pattern, name); });
  fuzz::answers([&] { tinyfs::has_wildcards(pattern); });
  fuzz::answers([&] { tinyfs::check_name(name, name); });
  fuzz::answers([&] { tinyfs::check_target(name, pattern); });
  fuzz::expect(tinyfs::shown(name).find('\n') == std::string::npos, "one line");

  const std::string normal = tinyfs::normalise_path(name, "/" + pattern);
  fuzz::expect(normal.starts_with('/') && tinyfs::normalise_path(normal) == normal,
               "a normal path is one already", normal);
  for (const auto component : tinyfs::split_path(normal))
    fuzz::expect(component != "." && component != "..", "a normal path is plain", normal);
  return 0;
}

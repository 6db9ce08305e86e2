#include "tinyfs/pattern.h"

#include <algorithm>

#include "pond/error.h"
#include "pond/tinyfs.h"
#include "tinyfs/path.h"

namespace pond::tinyfs {
namespace {

constexpr std::size_t kMaxPattern = 4096;  // bytes of a component
constexpr int kMaxNesting = 32;            // of braces
constexpr std::size_t kUnset = static_cast<std::size_t>(-1);

// The index after the ']' that closes the class opened at `open`; 0 when nothing does, and then '['
// is an ordinary character, as in a shell. A ']' that comes first is a member. Where one '[' has no
// end, no later one has: `unclosed` remembers the first, or each would look through all the rest.
std::size_t class_end(std::string_view text, std::size_t open, std::size_t& unclosed) {
  if (open >= unclosed) return 0;
  std::size_t i = open + 1;
  if (i < text.size() && (text[i] == '!' || text[i] == '^')) ++i;
  for (const std::size_t first = i; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == ']' && i > first) {
      return i + 1;
    }
  }
  unclosed = open;
  return 0;
}

// Which '{' have a '}' that closes them, all found in one pass.
std::vector<bool> closed_braces(std::string_view text, std::size_t& unclosed) {
  std::vector<bool> closed(text.size());
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '[') {
      if (const std::size_t end = class_end(text, i, unclosed); end != 0) i = end - 1;
    } else if (text[i] == '{') {
      open.push_back(i);
    } else if (text[i] == '}' && !open.empty()) {
      closed[open.back()] = true;
      open.pop_back();
    }
  }
  return closed;
}

}  // namespace

class ComponentCompiler {
 public:
  explicit ComponentCompiler(std::string_view text) : text_(text) {}

  ComponentPattern compile() {
    if (text_.size() > kMaxPattern)
      throw Error(ErrorCode::InvalidArgument, "a pattern of more than 4096 bytes between two '/'");
    if (text_ == "**") {
      result_.type_ = ComponentPattern::Type::AnyDepth;
      result_.captures_ = 1;
      return std::move(result_);
    }
    closed_ = closed_braces(text_, unclosed_);
    sequence(0);
    emit(Op::Match);
    if (wild_) {
      result_.type_ = ComponentPattern::Type::Wild;
    } else {
      for (const auto& instruction : result_.program_)
        if (instruction.op == Op::Byte) result_.literal_ += static_cast<char>(instruction.operand);
    }
    return std::move(result_);
  }

 private:
  using Op = ComponentPattern::Op;

  std::size_t emit(Op op, std::size_t operand = 0) {
    result_.program_.push_back({op, operand});
    return result_.program_.size() - 1;
  }
  std::size_t here() const { return result_.program_.size(); }
  void byte(char c) { emit(Op::Byte, static_cast<unsigned char>(c)); }

  // Emits a wildcard, captured unless it is inside braces: those are captured as a whole, so that
  // the number of captures is the pattern's alone and not that of the alternative that matched.
  template <typename Emit>
  void wildcard(int depth, const Emit& emit_it) {
    wild_ = true;
    const std::size_t slot = 2 * result_.captures_;
    if (depth == 0) {
      ++result_.captures_;
      emit(Op::Save, slot);
    }
    emit_it();
    if (depth == 0) emit(Op::Save, slot + 1);
  }

  // Up to the end of the text or, inside braces, to their next ',' or '}'.
  void sequence(int depth) {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (depth > 0 && (c == ',' || c == '}')) return;
      if (c == '\\' && at_ + 1 < text_.size()) {
        byte(text_[at_ + 1]);
        at_ += 2;
      } else if (c == '*') {
        while (at_ < text_.size() && text_[at_] == '*')
          ++at_;
        wildcard(depth, [&] { emit(Op::Star); });
      } else if (c == '?') {
        ++at_;
        wildcard(depth, [&] { emit(Op::AnyChar); });
      } else if (c == '[' && class_end(text_, at_, unclosed_) != 0) {
        wildcard(depth, [&] { char_class(); });
      } else if (c == '{' && closed_[at_]) {
        if (depth == kMaxNesting)
          throw Error(ErrorCode::InvalidArgument, "braces nested too deep: " + shown(text_));
        wildcard(depth, [&] { alternatives(depth + 1); });
      } else {
        byte(c);
        ++at_;
      }
    }
  }

  void alternatives(int depth) {
    std::vector<std::size_t> exits;
    for (;;) {
      ++at_;  // '{' or ','
      const std::size_t split = emit(Op::Split);
      sequence(depth);
      if (text_[at_] == '}') {
        // The last alternative: nothing to fall back to, so its Split becomes a plain step.
        result_.program_[split] = {Op::Jump, split + 1};
        break;
      }
      exits.push_back(emit(Op::Jump));
      result_.program_[split].operand = here();
    }
    ++at_;
    for (const std::size_t exit : exits)
      result_.program_[exit].operand = here();
  }

  void char_class() {
    const std::size_t end = class_end(text_, at_, unclosed_) - 1;
    ComponentPattern::CharClass set;
    ++at_;
    if (text_[at_] == '!' || text_[at_] == '^') {
      set.negated = true;
      ++at_;
    }
    const auto member = [&] {
      if (text_[at_] == '\\') ++at_;
      const CodePoint c = first_code_point(text_.substr(at_));
      at_ += c.size;
      return c.value;
    };
    while (at_ < end) {
      const char32_t low = member();
      char32_t high = low;
      if (at_ + 1 < end && text_[at_] == '-') {
        ++at_;
        high = member();
      }
      set.ranges.emplace_back(low, high);
    }
    at_ = end + 1;
    emit(Op::Class, result_.classes_.size());
    result_.classes_.push_back(std::move(set));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t unclosed_ = static_cast<std::size_t>(-1);  // of class_end
  std::vector<bool> closed_;
  bool wild_ = false;
  ComponentPattern result_;
};

ComponentPattern ComponentPattern::compile(std::string_view text) {
  return ComponentCompiler(text).compile();
}

ComponentPattern ComponentPattern::anything() {
  ComponentPattern pattern;
  pattern.type_ = Type::Wild;
  pattern.program_ = {{Op::Star, 0}, {Op::Match, 0}};
  return pattern;
}

bool ComponentPattern::CharClass::contains(char32_t c) const {
  const bool inside = std::any_of(ranges.begin(), ranges.end(), [c](const auto& range) {
    return range.first <= c && c <= range.second;
  });
  return inside != negated;
}

bool ComponentPattern::match(std::string_view name, std::vector<std::string>* captures) const {
  if (type_ == Type::Literal) return name == literal_;
  std::vector<std::size_t> saved(2 * captures_, kUnset);
  if (!run(name, saved)) return false;
  if (captures != nullptr) {
    for (std::size_t k = 0; k < captures_; ++k)
      captures->emplace_back(name.substr(saved[2 * k], saved[2 * k + 1] - saved[2 * k]));
  }
  return true;
}

// Depth first with preferred branches first, so a '*' is greedy and the first alternative wins, as
// in re2's bit-state matcher.
bool ComponentPattern::run(std::string_view name, std::vector<std::size_t>& saved) const {
  struct Job {
    std::size_t pc;
    std::size_t at;
    std::size_t slot;  // kUnset, or: give this slot back its value `at`
  };
  const std::size_t width = name.size() + 1;
  std::vector<bool> tried(program_.size() * width);
  std::vector<Job> jobs{{0, 0, kUnset}};
  while (!jobs.empty()) {
    auto [pc, at, slot] = jobs.back();
    jobs.pop_back();
    if (slot != kUnset) {
      saved[slot] = at;
      continue;
    }
    for (bool alive = true; alive;) {
      if (tried[pc * width + at]) break;
      tried[pc * width + at] = true;
      const auto& [op, operand] = program_[pc];
      const bool more = at < name.size();
      // A leading dot is matched only by a pattern's own dot.
      const bool free = at > 0 || !more || name[0] != '.';
      switch (op) {
        case Op::Byte:
          alive = more && static_cast<unsigned char>(name[at]) == operand;
          ++at, ++pc;
          break;
        case Op::AnyChar:
        case Op::Class: {
          alive = more && free;
          if (!alive) break;
          const CodePoint c = first_code_point(name.substr(at));
          alive = op == Op::AnyChar || classes_[operand].contains(c.value);
          at += c.size, ++pc;
          break;
        }
        case Op::Star:
          alive = free;
          if (alive && more) {
            jobs.push_back({pc + 1, at, kUnset});
            at += first_code_point(name.substr(at)).size;
          } else {
            ++pc;
          }
          break;
        case Op::Split:
          jobs.push_back({operand, at, kUnset});
          ++pc;
          break;
        case Op::Jump:
          pc = operand;
          break;
        case Op::Save:
          jobs.push_back({0, saved[operand], operand});
          saved[operand] = at;
          ++pc;
          break;
        case Op::Match:
          if (!more) return true;
          alive = false;
          break;
      }
    }
  }
  return false;
}

SplitPattern split_pattern(std::string_view pattern) {
  // "{a/b,c}" would be two components that match next to nothing, so say it.
  std::vector<std::size_t> open;
  std::size_t last_slash = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '/') {
      last_slash = i;
    } else if (pattern[i] == '{') {
      open.push_back(i);
    } else if (pattern[i] == '}' && !open.empty()) {
      if (open.back() < last_slash) {
        throw Error(ErrorCode::InvalidArgument, "a '/' inside braces: " + shown(pattern),
                    "braces choose within one component: give two patterns");
      }
      open.pop_back();
    }
  }
  SplitPattern split{is_absolute(pattern), {}, pattern.ends_with('/')};
  for (const auto component : split_path(pattern))
    if (component != ".") split.components.push_back(component);
  return split;
}

PathPattern::PathPattern(std::span<const std::string_view> components, bool inside) {
  for (const auto component : components)
    components_.push_back(ComponentPattern::compile(component));
  if (inside) components_.push_back(ComponentPattern::anything());
}

namespace {

// Matches component patterns against names, remembering which pairs of suffixes cannot match.
class PathMatcher {
 public:
  PathMatcher(std::span<const ComponentPattern> patterns, std::span<const std::string> names)
      : patterns_(patterns), names_(names), hopeless_((patterns.size() + 1) * (names.size() + 1)) {}

  bool match(std::size_t pattern, std::size_t name, std::vector<std::string>& captures) {
    if (pattern == patterns_.size()) return name == names_.size();
    const std::size_t state = pattern * (names_.size() + 1) + name;
    if (hopeless_[state]) return false;
    const std::size_t kept = captures.size();
    if (patterns_[pattern].type() == ComponentPattern::Type::AnyDepth) {
      if (any_depth(pattern, name, captures)) return true;
    } else if (name < names_.size() && patterns_[pattern].match(names_[name], &captures) &&
               match(pattern + 1, name + 1, captures)) {
      return true;
    }
    captures.resize(kept);
    hopeless_[state] = true;
    return false;
  }

 private:
  // The longest run first, as with '*'. A final "**" takes at least one name: "/a/**" is what lies
  // below
  // "/a".
  bool any_depth(std::size_t pattern, std::size_t name, std::vector<std::string>& captures) {
    const std::size_t least = pattern + 1 == patterns_.size() ? 1 : 0;
    std::size_t count = 0;
    while (name + count < names_.size() && any_depth_enters(names_[name + count]))
      ++count;
    const std::size_t kept = captures.size();
    for (std::size_t n = count + 1; n-- > least;) {
      std::string matched;
      for (std::size_t i = 0; i < n; ++i) {
        if (i > 0) matched += '/';
        matched += names_[name + i];
      }
      captures.push_back(std::move(matched));
      if (match(pattern + 1, name + n, captures)) return true;
      captures.resize(kept);
    }
    return false;
  }

  std::span<const ComponentPattern> patterns_;
  std::span<const std::string> names_;
  std::vector<bool> hopeless_;
};

}  // namespace

std::optional<std::vector<std::string>> PathPattern::match(
    std::span<const std::string> names) const {
  std::vector<std::string> captures;
  if (!PathMatcher(components_, names).match(0, 0, captures)) return std::nullopt;
  return captures;
}

bool has_wildcards(std::string_view path) {
  const auto components = split_pattern(path).components;
  return std::any_of(components.begin(), components.end(), [](std::string_view component) {
    return ComponentPattern::compile(component).type() != ComponentPattern::Type::Literal;
  });
}

std::optional<std::vector<std::string>> match_path(std::string_view pattern,
                                                   std::string_view path) {
  const SplitPattern split = split_pattern(pattern);
  if (split.absolute != is_absolute(path)) return std::nullopt;
  std::vector<std::string> names;
  for (const auto name : split_path(path))
    if (name != ".") names.emplace_back(name);
  return PathPattern(split.components, split.inside).match(names);
}

}  // namespace pond::tinyfs

// Glob patterns as text: compiling them and matching names against them. The grammar is that of
// WD::glob.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pond::tinyfs {

// One component of a pattern, compiled to a small program that a backtracking matcher runs. Every
// (instruction, position) pair is tried at most once, so a match costs O(program * name), whatever
// the pattern.
class ComponentPattern {
 public:
  enum class Type { Literal, Wild, AnyDepth /* ** */ };

  // Throws InvalidArgument for a pattern of more than 4096 bytes or of braces nested too deep.
  static ComponentPattern compile(std::string_view text);
  // "*", but without a capture: what a trailing '/' of a pattern stands for.
  static ComponentPattern anything();

  Type type() const { return type_; }
  const std::string& literal() const { return literal_; }  // the name, for Literal
  std::size_t captures() const { return captures_; }

  // Appends what each wildcard of this component matched in `name` to `captures` (unless null). Not
  // for AnyDepth.
  bool match(std::string_view name, std::vector<std::string>* captures) const;

 private:
  friend class ComponentCompiler;
  enum class Op { Byte, AnyChar, Class, Star, Split, Jump, Save, Match };
  struct Instruction {
    Op op;
    // Byte: its value; Class: its index; Split: the second branch (the first is the next
    // instruction); Jump: where to; Save: the slot.
    std::size_t operand;
  };
  struct CharClass {
    bool negated = false;
    std::vector<std::pair<char32_t, char32_t>> ranges;  // inclusive
    bool contains(char32_t c) const;
  };
  bool run(std::string_view name, std::vector<std::size_t>& saved) const;

  Type type_ = Type::Literal;
  std::string literal_;
  std::vector<Instruction> program_;
  std::vector<CharClass> classes_;
  std::size_t captures_ = 0;
};

// The text of a pattern taken apart; the views are into it.
struct SplitPattern {
  bool absolute;
  std::vector<std::string_view> components;  // without "."; not yet compiled
  bool inside;                               // it ended in '/'
};
SplitPattern split_pattern(std::string_view pattern);  // InvalidArgument for a '/' inside braces

// A whole pattern, compiled.
class PathPattern {
 public:
  PathPattern(std::span<const std::string_view> components, bool inside);

  std::span<const ComponentPattern> components() const { return components_; }
  // All captures, when `names`, the components of a path, match.
  std::optional<std::vector<std::string>> match(std::span<const std::string> names) const;

 private:
  std::vector<ComponentPattern> components_;
};

// Can "**" match this name, or one with this name on the way to it?
inline bool any_depth_enters(std::string_view name) {
  return !name.starts_with('.');
}

}  // namespace pond::tinyfs

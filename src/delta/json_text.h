// JSON from outside, before it is parsed.
#pragma once

#include <cstddef>
#include <string_view>

namespace pond::delta {

// How deep lists and objects may nest: far more than any schema or commitInfo needs, and little
// enough for what walks them by recursion.
inline constexpr int kMaxNesting = 200;

inline bool nests_too_deep(std::string_view json) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      if (c == '\\') ++i;
      if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxNesting) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

}  // namespace pond::delta

// Structured damage: a valid file and a short script of edits to it, so that a fuzzer reaches what
// lies behind the checks of a container (magic bytes, lengths, footers) that blind mutation rarely
// gets past.
#pragma once

#include <algorithm>
#include <string>
#include <utility>

#include "fuzz/fuzz.h"

namespace pond::fuzz {

// Applies edits of 5 bytes (what, where: 3, value) until the input ends.
inline std::string damaged(std::string bytes, Input& script) {
  while (!script.empty() && !bytes.empty()) {
    const unsigned what = script.byte() % 8;
    std::uint64_t where = script.number(3);
    const std::uint8_t value = script.byte();
    // Footers are at the end, headers at the beginning: every second place counts from the end.
    where = where % 2 == 0 ? where / 2 % bytes.size() : bytes.size() - 1 - where / 2 % bytes.size();
    const std::size_t length = std::min<std::size_t>(value % 32 + 1, bytes.size() - where);
    switch (what) {
      case 0:
        bytes[where] = static_cast<char>(bytes[where] ^ (1U << value % 8));
        break;
      case 1:
        bytes[where] = static_cast<char>(value);
        break;
      case 2:
        bytes[where] = static_cast<char>(bytes[where] + (value % 2 == 0 ? 1 : -1));
        break;
      case 3:
        bytes.resize(where);
        break;
      case 4:
        bytes.erase(where, length);
        break;
      case 5:
        bytes.insert(where, std::string(bytes, where, length));
        break;
      case 6:
        std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(where), length,
                    value % 2 == 0 ? '\0' : '\xff');
        break;
      default: {
        const std::size_t other = bytes.size() - length - where % (bytes.size() - length + 1);
        std::swap_ranges(
            bytes.begin() + static_cast<std::ptrdiff_t>(where),
            bytes.begin() + static_cast<std::ptrdiff_t>(where + length),
            bytes.begin() +
                static_cast<std::ptrdiff_t>(
                    other + length <= where || other >= where + length ? other : where));
      }
    }
  }
  return bytes;
}

// The first byte chooses: the rest as it is, or as a script of edits to one of `valid`.
template <typename Bases>
std::string raw_or_damaged(const Bases& valid, Input& input) {
  const std::size_t choice = input.byte() % (std::size(valid) + 1);
  if (choice == 0) return input.rest();
  return damaged(valid[choice - 1], input);
}

}  // namespace pond::fuzz

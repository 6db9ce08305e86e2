#include "delta/z85.h"

#include <array>
#include <cstdint>
#include <limits>

namespace pond::delta {
namespace {

constexpr std::string_view kDigits =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
static_assert(kDigits.size() == 85);

constexpr std::array<std::int8_t, 256> values() {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    table[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
  return table;
}
constexpr std::array<std::int8_t, 256> kValues = values();

}  // namespace

std::optional<std::string> z85_decode(std::string_view text) {
  if (text.size() % 5 != 0) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() / 5 * 4);
  for (std::size_t i = 0; i < text.size(); i += 5) {
    std::uint64_t number = 0;
    for (const char c : text.substr(i, 5)) {
      const std::int8_t value = kValues[static_cast<unsigned char>(c)];
      if (value < 0) return std::nullopt;
      number = number * 85 + static_cast<std::uint64_t>(value);
    }
    if (number > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes += static_cast<char>(number >> shift & 0xff);
  }
  return bytes;
}

std::string z85_encode(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 4) {
    std::uint32_t number = 0;
    for (std::size_t j = i; j < i + 4; ++j)
      number = number << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0U);
    for (std::uint32_t power = 85 * 85 * 85 * 85; power > 0; power /= 85)
      text += kDigits[number / power % 85];
  }
  return text;
}

}  // namespace pond::delta

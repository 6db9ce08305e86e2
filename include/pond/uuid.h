// UUIDs: the identity of ponds, nodes, partitions and commits.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pond {

// 16 bytes in network order; `Uuid()` is the nil UUID.
struct Uuid {
  // A new UUIDv7 (RFC 9562 section 5.7): 48 bits of Unix milliseconds, then random bits. Ids made
  // by one process sort by creation.
  static Uuid v7();

  // Parses the 36-character form; throws InvalidArgument.
  static Uuid parse(std::string_view text);

  std::string to_string() const;  // lower case, 36 characters
  bool is_nil() const { return *this == Uuid(); }

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

  std::array<std::uint8_t, 16> bytes{};
};

}  // namespace pond

template <>
struct std::hash<pond::Uuid> {
  std::size_t operator()(const pond::Uuid& id) const noexcept {
    std::size_t h = 0;
    for (auto b : id.bytes)
      h = h * 131 + b;
    return h;
  }
};

#include "pond/uuid.h"

#include <sys/random.h>

#include <chrono>
#include <mutex>

#include "pond/error.h"

namespace pond {

Uuid Uuid::v7() {
  // RFC 9562 section 6.2 method 1: within one millisecond the 12 bits of rand_a count up, so that
  // ids of one process are ordered.
  static std::mutex mutex;
  static std::uint64_t last_ms = 0;
  static std::uint16_t counter = 0;
  Uuid id;
  if (::getrandom(id.bytes.data(), id.bytes.size(), 0) != static_cast<ssize_t>(id.bytes.size()))
    throw Error(ErrorCode::Io, "cannot read random bytes");
  using std::chrono::system_clock;
  auto ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(system_clock::now().time_since_epoch())
          .count());
  {
    const std::lock_guard lock(mutex);
    if (ms <= last_ms) {
      if (++counter > 0xfff) {
        counter = 0;
        ++last_ms;
      }
      ms = last_ms;
    } else {
      last_ms = ms;
      counter = static_cast<std::uint16_t>(((id.bytes[6] & 0x07U) << 8U) | id.bytes[7]);
    }
    id.bytes[6] = static_cast<std::uint8_t>(0x70U | (counter >> 8U));
    id.bytes[7] = static_cast<std::uint8_t>(counter & 0xffU);
  }
  for (unsigned i = 0; i < 6; ++i)
    id.bytes[i] = static_cast<std::uint8_t>((ms >> (40U - 8U * i)) & 0xffU);
  id.bytes[8] = static_cast<std::uint8_t>(0x80U | (id.bytes[8] & 0x3fU));
  return id;
}

namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

Uuid Uuid::parse(std::string_view text) {
  const auto fail = [&]() -> Uuid {
    throw Error(ErrorCode::InvalidArgument, "not a UUID: '" + std::string(text) + "'");
  };
  if (text.size() != 36) return fail();
  Uuid id;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return fail();
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return fail();
    auto& byte = id.bytes[digits / 2];
    byte = static_cast<std::uint8_t>((byte << 4U) | static_cast<unsigned>(value));
    ++digits;
  }
  return id;
}

std::string Uuid::to_string() const {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kHex[bytes[i] >> 4U]);
    text.push_back(kHex[bytes[i] & 15U]);
  }
  return text;
}

}  // namespace pond

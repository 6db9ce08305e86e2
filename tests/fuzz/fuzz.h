// What every fuzz target needs. A target feeds bytes to one parser: a pond::Error is a fine answer,
// any other exception, a crash, a hang and a broken expectation are findings.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "pond/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace pond::fuzz {

inline void expect(bool holds, std::string_view what, std::string_view details = {}) {
  if (holds) return;
  const std::string message =
      "broken expectation: " + std::string(what) + " " + std::string(details) + "\n";
  std::fwrite(message.data(), 1, message.size(), stderr);
  std::abort();
}

// True when `parse` had an answer, false when it refused its input in the way it should.
template <typename Parse>
bool answers(Parse parse) {
  try {
    parse();
    return true;
  } catch (const Error& error) {
    expect(*error.what() != '\0', "an error says what is wrong");
    return false;
  }
}

// The fuzzer's bytes, taken from the front; zeros after the end.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::uint64_t number(int bytes) {
    std::uint64_t value = 0;
    for (int i = 0; i < bytes; ++i)
      value = value << 8U | byte();
    return value;
  }
  // Up to `separator`, which goes too; the rest when it does not occur.
  std::string text(char separator) {
    const std::size_t end = std::min(rest_.find(separator), rest_.size());
    std::string taken(rest_.substr(0, end));
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    return taken;
  }
  // A number of any size, small ones and the extremes more often.
  std::int64_t integer() {
    const std::uint8_t kind = byte();
    if (kind < 0xc0) return static_cast<std::int8_t>(kind << 1U) / 2;
    if (kind < 0xd0) return INT64_MAX - kind % 16;
    if (kind < 0xe0) return INT64_MIN + kind % 16;
    return static_cast<std::int64_t>(number(8));
  }
  // Up to 255 bytes, as the next one says.
  Input part() {
    const std::size_t wanted = byte();
    const std::size_t length = std::min(wanted, rest_.size());
    Input taken(*this);
    taken.rest_ = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return taken;
  }
  std::string rest() { return std::string(std::exchange(rest_, {})); }

 private:
  std::string_view rest_;
};

}  // namespace pond::fuzz

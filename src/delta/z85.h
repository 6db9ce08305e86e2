// Z85, the base 85 of deletion vectors (ZeroMQ RFC 32): five characters for four bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pond::delta {

// nullopt when `text` is not Z85.
std::optional<std::string> z85_decode(std::string_view text);

// `bytes` filled up with zeros to a multiple of four.
std::string z85_encode(std::string_view bytes);

}  // namespace pond::delta

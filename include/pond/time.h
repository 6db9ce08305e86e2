// Times. Everywhere in DuckPond a time is an int64 count of microseconds since 1970-01-01T00:00:00Z
// (UTC, leap seconds ignored), named `..._us`, unless the name says otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pond {

std::int64_t now_us();

// "2024-01-01T00:00:00Z", with as many fractional digits (3 or 6) as are not zero.
std::string format_time(std::int64_t time_us);

// Reads RFC 3339 ("2024-01-01T00:00:00Z", "+02:00" offsets, a blank for the T, seconds optional, a
// fraction of up to 9 digits) and a bare date (midnight UTC). A time without offset is UTC. Throws
// InvalidArgument.
std::int64_t parse_time(std::string_view text);

// A duration of configuration files: "10s", "5m", "1h", "1d", "1w", also "250ms"; positive.
// Microseconds. Throws InvalidArgument.
std::int64_t parse_duration(std::string_view text);

}  // namespace pond

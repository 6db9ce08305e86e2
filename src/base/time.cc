#include "pond/time.h"

#include <charconv>
#include <chrono>
#include <cstdio>

#include "pond/error.h"

namespace pond {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;

// Reads exactly `digits` decimal digits from the front of `text`; -1 when they are not there.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

std::string format_time(std::int64_t time_us) {
  using namespace std::chrono;
  // Not by time - floor<days>(time): the start of the first day there is lies before INT64_MIN.
  std::int64_t day_count = time_us / kDay;
  std::int64_t of_day = time_us % kDay;
  if (of_day < 0) {
    of_day += kDay;
    --day_count;
  }
  // std::chrono's year has 16 bits, so a whole number of eras (of 400 years, which are all alike)
  // is taken off before and put back after. Numbers so large come from damaged files.
  constexpr std::int64_t kEraDays = 146'097;
  const std::int64_t eras = day_count / kEraDays;
  const year_month_day date{sys_days(days(day_count % kEraDays))};
  const hh_mm_ss clock{microseconds(of_day)};
  char text[64];
  int n = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d",
                        static_cast<int>(date.year()) + static_cast<int>(eras) * 400,
                        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                        static_cast<int>(clock.hours().count()),
                        static_cast<int>(clock.minutes().count()),
                        static_cast<int>(clock.seconds().count()));
  const auto fraction = static_cast<int>(clock.subseconds().count());
  if (fraction % 1000 != 0) {
    n += std::snprintf(text + n, sizeof text - static_cast<std::size_t>(n), ".%06d", fraction);
  } else if (fraction != 0) {
    n += std::snprintf(text + n, sizeof text - static_cast<std::size_t>(n), ".%03d",
                       fraction / 1000);
  }
  return std::string(text, static_cast<std::size_t>(n)) + "Z";
}

std::int64_t parse_time(std::string_view text) {
  using namespace std::chrono;
  const std::string_view whole = text;
  const auto fail = [&]() -> std::int64_t {
    throw Error(ErrorCode::InvalidArgument, "not a time: '" + std::string(whole) + "'",
                "write it like 2024-01-31T12:00:00Z or 2024-01-31");
  };
  const int y = take_number(text, 4);
  if (y < 0 || !take(text, '-')) return fail();
  const int m = take_number(text, 2);
  if (m < 0 || !take(text, '-')) return fail();
  const int d = take_number(text, 2);
  if (d < 0) return fail();
  const year_month_day date{year(y), month(static_cast<unsigned>(m)),
                            day(static_cast<unsigned>(d))};
  if (!date.ok()) return fail();
  std::int64_t time = sys_days(date).time_since_epoch().count() * kDay;
  if (text.empty()) return time;

  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return fail();
  const int hour = take_number(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return fail();
  const int minute = take_number(text, 2);
  if (minute < 0 || minute > 59) return fail();
  int second = 0;
  std::int64_t fraction = 0;
  if (take(text, ':')) {
    second = take_number(text, 2);
    if (second < 0 || second > 60) return fail();
    if (take(text, '.') || take(text, ',')) {
      std::int64_t scale = 100'000;
      std::size_t digits = 0;
      while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
        fraction += (text.front() - '0') * scale;
        scale /= 10;
        text.remove_prefix(1);
        ++digits;
      }
      if (digits == 0 || digits > 9) return fail();
    }
  }
  time += ((hour * 60 + minute) * 60 + second) * kSecond + fraction;
  if (text.empty() || text == "Z" || text == "z") return time;
  const bool east = text.front() == '+';
  if (!take(text, '+') && !take(text, '-')) return fail();
  const int offset_hours = take_number(text, 2);
  if (offset_hours < 0) return fail();
  take(text, ':');
  const int offset_minutes = text.empty() ? 0 : take_number(text, 2);
  if (offset_minutes < 0 || !text.empty()) return fail();
  const std::int64_t offset = (offset_hours * 60 + offset_minutes) * 60 * kSecond;
  return east ? time - offset : time + offset;
}

std::int64_t parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  std::int64_t scale = 0;
  if (unit == "ms") scale = 1000;
  if (unit == "s") scale = kSecond;
  if (unit == "m") scale = 60 * kSecond;
  if (unit == "h") scale = 3600 * kSecond;
  if (unit == "d") scale = kDay;
  if (unit == "w") scale = 7 * kDay;
  std::int64_t duration = 0;
  if (error != std::errc() || count <= 0 || scale == 0 ||
      __builtin_mul_overflow(count, scale, &duration))
    throw Error(ErrorCode::InvalidArgument, "not a duration: '" + std::string(text) + "'",
                "write a whole number and a unit: 250ms, 10s, 5m, 1h, 1d, 1w");
  return duration;
}

}  // namespace pond

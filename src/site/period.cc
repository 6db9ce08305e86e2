#include "site/period.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <utility>

namespace pond::site {
namespace {

using namespace std::chrono;
using Micros = sys_time<microseconds>;

constexpr std::int64_t kHour = 3'600'000'000;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMostRows = 16'000;

constexpr std::array kLengths = {
    std::pair{Period::Decade, 3653 * kDay}, std::pair{Period::Year, 366 * kDay},
    std::pair{Period::Quarter, 92 * kDay},  std::pair{Period::Month, 31 * kDay},
    std::pair{Period::Week, 7 * kDay},      std::pair{Period::Day, kDay},
};

std::int64_t micros(sys_days day) {
  return Micros(day).time_since_epoch().count();
}

sys_days first_of(year y, month m) {
  return sys_days(y / m / 1);
}

// Decades as date_trunc counts them: 2010 to 2019.
year decade_of(year y) {
  return year((static_cast<int>(y) - (static_cast<int>(y) % 10 + 10) % 10));
}

}  // namespace

Period period_for(std::int64_t interval_us) {
  for (const auto& [period, length] : kLengths) {
    if (length <= interval_us * kMostRows) return period;
  }
  return Period::Hour;
}

const char* to_string(Period period) {
  switch (period) {
    case Period::Hour:
      return "hour";
    case Period::Day:
      return "day";
    case Period::Week:
      return "week";
    case Period::Month:
      return "month";
    case Period::Quarter:
      return "quarter";
    case Period::Year:
      return "year";
    case Period::Decade:
      return "decade";
  }
  return "";
}

std::int64_t period_start(Period period, std::int64_t time_us) {
  const Micros time{microseconds(time_us)};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  switch (period) {
    case Period::Hour:
      return Micros(floor<hours>(time)).time_since_epoch().count();
    case Period::Day:
      return micros(day);
    case Period::Week:
      return micros(day - (weekday(day) - Monday));
    case Period::Month:
      return micros(first_of(date.year(), date.month()));
    case Period::Quarter: {
      const unsigned month_index = static_cast<unsigned>(date.month()) - 1;
      return micros(first_of(date.year(), month(month_index / 3 * 3 + 1)));
    }
    case Period::Year:
      return micros(first_of(date.year(), January));
    case Period::Decade:
      return micros(first_of(decade_of(date.year()), January));
  }
  return time_us;
}

std::int64_t period_end(Period period, std::int64_t start_us) {
  const sys_days day = floor<days>(Micros(microseconds(start_us)));
  const year_month_day date(day);
  switch (period) {
    case Period::Hour:
      return start_us + kHour;
    case Period::Day:
      return start_us + kDay;
    case Period::Week:
      return start_us + 7 * kDay;
    case Period::Month:
      return micros(sys_days(date + months(1)));
    case Period::Quarter:
      return micros(sys_days(date + months(3)));
    case Period::Year:
      return micros(sys_days(date + years(1)));
    case Period::Decade:
      return micros(sys_days(date + years(10)));
  }
  return start_us;
}

std::string period_name(Period period, std::int64_t start_us) {
  const Micros time{microseconds(start_us)};
  const sys_days day = floor<days>(time);
  const year_month_day date(day);
  const int y = static_cast<int>(date.year());
  const unsigned m = static_cast<unsigned>(date.month());
  const unsigned d = static_cast<unsigned>(date.day());
  char name[48];
  switch (period) {
    case Period::Hour:
      std::snprintf(name, sizeof name, "%04d-%02u-%02uT%02d", y, m, d,
                    static_cast<int>(floor<hours>(time - day).count()));
      break;
    case Period::Day:
    case Period::Week:
      std::snprintf(name, sizeof name, "%04d-%02u-%02u", y, m, d);
      break;
    case Period::Month:
      std::snprintf(name, sizeof name, "%04d-%02u", y, m);
      break;
    case Period::Quarter:
      std::snprintf(name, sizeof name, "%04d-Q%u", y, (m - 1) / 3 + 1);
      break;
    case Period::Year:
      std::snprintf(name, sizeof name, "%04d", y);
      break;
    case Period::Decade:
      std::snprintf(name, sizeof name, "%04ds", y);
      break;
  }
  return name;
}

}  // namespace pond::site

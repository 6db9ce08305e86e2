// The periods that tiles cover.
#pragma once

#include <cstdint>
#include <string>

namespace pond::site {

// Whole hours, days, Monday-weeks, months, quarters, years and decades of UTC, as DuckDB's
// date_trunc has them.
enum class Period { Hour, Day, Week, Month, Quarter, Year, Decade };

// The longest period that holds at most about 16,000 points spaced like this.
Period period_for(std::int64_t interval_us);

const char* to_string(Period period);  // "month": date_trunc's word

// The file name for the period that begins then: "2018-05", "2018", "2010s", "2018-05-07T13".
std::string period_name(Period period, std::int64_t start_us);

// When the next one begins.
std::int64_t period_end(Period period, std::int64_t start_us);
// When the one around a time begins.
std::int64_t period_start(Period period, std::int64_t time_us);

}  // namespace pond::site

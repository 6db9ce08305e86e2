// One page of a location's data, as HydroVu sends it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pond::collect::hydrovu {

struct TimedValue {
  std::int64_t seconds = 0;  // Unix, UTC
  double value = 0;
};

// The readings of one quantity, in the order sent.
struct Quantity {
  std::string parameter_id;
  std::string unit_id;
  std::vector<TimedValue> readings;
};

struct Page {
  std::vector<Quantity> quantities;
  std::size_t unreadable = 0;  // readings left out: no time of the years 1970 to 9999, or no number
};

// Reads {locationId, parameters: [{customParameter, parameterId, unitId, readings: [{timestamp,
// value}]}]} in one pass, without a tree in memory. Members it does not know are passed over.
// InvalidArgument when `json` is not JSON (cut short, say) or not an object.
Page parse_page(std::string_view json);

}  // namespace pond::collect::hydrovu

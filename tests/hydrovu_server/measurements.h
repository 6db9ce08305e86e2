// The measurements that the local HydroVu server gives out, read from Parquet files whose columns
// are `timestamp` and `{parameter}.{unit}`.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace hydrovu_server {

// One measured quantity of a location. `values[i]` was read at `Location::seconds[i]`; NaN where
// nothing was.
struct Quantity {
  std::string column;     // "water_temperature.C"
  std::string parameter;  // "water_temperature"
  std::string unit;       // "C"
  std::vector<double> values;
};

struct Location {
  std::int64_t id = 0;
  std::string name;
  std::string description;
  double latitude = 0;
  double longitude = 0;
  std::vector<std::int64_t> seconds;  // Unix seconds, ascending, no repeats
  std::vector<Quantity> quantities;
};

// Reads one Parquet file. The sites of examples/data have a name, a description and a position; any
// other file is named after itself. Throws std::runtime_error.
Location read_location(const std::filesystem::path& file);

// The files themselves, and every *.parquet of the directories among `paths`, sorted.
std::vector<Location> read_locations(const std::vector<std::filesystem::path>& paths);

}  // namespace hydrovu_server

#include "measurements.h"

#include <arrow/api.h>
#include <arrow/io/api.h>
#include <parquet/arrow/reader.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <stdexcept>

namespace hydrovu_server {

namespace {

struct Site {
  const char* stem;
  std::int64_t id;
  const char* name;
  const char* description;
  double latitude;
  double longitude;
};

// Positions to about 100 m.
constexpr Site kSites[] = {
    {"usgs-01581752", 1581752, "PlumtreeRun", "USGS 01581752, Plumtree Run near Bel Air, Maryland",
     39.497, -76.348},
    {"usgs-01589330", 1589330, "DeadRun", "USGS 01589330, Dead Run at Franklintown, Maryland",
     39.311, -76.717},
    {"usgs-01650800", 1650800, "SligoCreek",
     "USGS 01650800, Sligo Creek near Takoma Park, Maryland", 38.986, -77.005},
};

template <class T>
T value_of(arrow::Result<T> result, const std::filesystem::path& file) {
  if (!result.ok()) throw std::runtime_error(file.string() + ": " + result.status().ToString());
  return std::move(result).ValueUnsafe();
}

std::vector<std::int64_t> read_seconds(const arrow::ChunkedArray& column,
                                       const std::filesystem::path& file) {
  if (column.type()->id() != arrow::Type::TIMESTAMP ||
      static_cast<const arrow::TimestampType&>(*column.type()).unit() != arrow::TimeUnit::MICRO) {
    throw std::runtime_error(file.string() + ": the column timestamp is not timestamp[us]");
  }
  std::vector<std::int64_t> seconds;
  seconds.reserve(static_cast<std::size_t>(column.length()));
  for (const auto& chunk : column.chunks()) {
    const auto& times = static_cast<const arrow::TimestampArray&>(*chunk);
    for (std::int64_t i = 0; i < times.length(); ++i) {
      if (times.IsNull(i) || times.Value(i) % 1'000'000 != 0) {
        throw std::runtime_error(file.string() + ": HydroVu's times are whole seconds");
      }
      seconds.push_back(times.Value(i) / 1'000'000);
    }
  }
  if (std::adjacent_find(seconds.begin(), seconds.end(), std::greater_equal<>()) != seconds.end()) {
    throw std::runtime_error(file.string() + ": the times do not ascend");
  }
  return seconds;
}

std::vector<double> read_values(const arrow::ChunkedArray& column) {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(column.length()));
  for (const auto& chunk : column.chunks()) {
    const auto& array = static_cast<const arrow::DoubleArray&>(*chunk);
    for (std::int64_t i = 0; i < array.length(); ++i) {
      values.push_back(array.IsNull(i) ? std::numeric_limits<double>::quiet_NaN() : array.Value(i));
    }
  }
  return values;
}

}  // namespace

Location read_location(const std::filesystem::path& file) {
  auto input = value_of(arrow::io::ReadableFile::Open(file.string()), file);
  auto reader = value_of(parquet::arrow::OpenFile(input, arrow::default_memory_pool()), file);
  std::shared_ptr<arrow::Table> table = value_of(reader->ReadTable(), file);

  Location location;
  const std::string stem = file.stem().string();
  location.id = static_cast<std::int64_t>(std::hash<std::string>()(stem) >> 16);
  location.name = stem;
  for (const Site& site : kSites) {
    if (stem != site.stem) continue;
    location.id = site.id;
    location.name = site.name;
    location.description = site.description;
    location.latitude = site.latitude;
    location.longitude = site.longitude;
  }
  for (int i = 0; i < table->num_columns(); ++i) {
    const std::string& name = table->field(i)->name();
    if (name == "timestamp") {
      location.seconds = read_seconds(*table->column(i), file);
    } else if (table->column(i)->type()->id() == arrow::Type::DOUBLE) {
      const auto dot = name.find('.');
      if (dot == std::string::npos) {
        throw std::runtime_error(file.string() + ": the column " + name +
                                 " is not named {parameter}.{unit}");
      }
      location.quantities.push_back(
          {name, name.substr(0, dot), name.substr(dot + 1), read_values(*table->column(i))});
    }
  }
  if (location.seconds.size() != static_cast<std::size_t>(table->num_rows())) {
    throw std::runtime_error(file.string() + ": there is no column timestamp");
  }
  return location;
}

std::vector<Location> read_locations(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::filesystem::path> files;
  for (const auto& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path)) {
      if (entry.path().extension() == ".parquet") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  std::vector<Location> locations;
  for (const auto& file : files)
    locations.push_back(read_location(file));
  if (locations.empty()) throw std::runtime_error("no Parquet file to serve");
  return locations;
}

}  // namespace hydrovu_server

// The series that one location of HydroVu is stored as.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "collect/hydrovu_client.h"
#include "collect/readings.h"
#include "pond/factory.h"

namespace pond::collect::hydrovu {

// The clock of an instrument that says later than this after now is wrong.
inline constexpr std::int64_t kFuture_us = 86'400'000'000;

// Stored wide, at {pond_path}/{name}.series: `timestamp` and a column `{parameter}.{unit}` for each
// quantity, as the friendly names had it when its first reading came (a quantity renamed later
// keeps its column; ids without a friendly name become `parameter{id}.unit{id}`). The Arrow
// schema's metadata says what the columns and the location are:
//
//   hydrovu.location_id, hydrovu.name, hydrovu.description, hydrovu.latitude, hydrovu.longitude
//   hydrovu.columns = {"water_temperature.C": {"parameter_id": "1", "parameter":
//   "water_temperature",
//                                              "unit_id": "1", "unit": "C"}, …}
//
// Each version's attributes hold {"hydrovu": {"location": ID, "resume": TIME}}: the time of the
// latest reading stored so far, not counting those more than a day in the future of the commit. The
// next run asks for what comes after it (and a little before, hydrovu_job.h).
class Series {
 public:
  Series(factory::RunContext& context, std::string path, Location location, const Names& names);

  const std::string& path() const { return path_; }
  const Location& location() const { return location_; }
  std::optional<std::int64_t> resume_us() const { return resume_us_; }

  // The column of a quantity, an index for `Reading::column`.
  std::uint32_t column(const Quantity& quantity);

  // Stores what of `readings` is not stored yet, the earliest `limit` rows of it, in one commit;
  // none when there is nothing. Returns the rows stored, and empties `readings`.
  std::uint64_t store(std::vector<Reading>& readings, std::uint64_t limit, std::int64_t now_us,
                      factory::RunReport& report);

 private:
  struct Column {
    std::string name;
    std::string parameter_id;
    std::string parameter;
    std::string unit_id;
    std::string unit;
  };

  void read_state();
  std::string metadata_of_columns() const;
  std::shared_ptr<tinyfs::Node> find() const;

  factory::RunContext& context_;
  std::string path_;
  Location location_;
  const Names& names_;
  std::vector<Column> columns_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> by_ids_;
  std::optional<std::int64_t> resume_us_;
};

}  // namespace pond::collect::hydrovu

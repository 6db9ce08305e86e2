// The tables beside the series: {pond_path}/locations, parameters and units.
#pragma once

#include <string>
#include <vector>

#include "collect/hydrovu_client.h"
#include "pond/factory.h"

namespace pond::collect::hydrovu {

// Stores those of the three that differ from what is stored, in one commit; none when nothing
// differs. Columns: locations (id, name, description: text; latitude, longitude: double),
// parameters and units (id, name: text), in order of id. A version's attributes hold {"hydrovu":
// {"sha256": …}} of its rows.
void store_tables(factory::RunContext& context, const std::string& pond_path, const Names& names,
                  std::vector<Location> locations, factory::RunReport& report);

}  // namespace pond::collect::hydrovu

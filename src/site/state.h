// What a build remembers for the next one, in data/.state.json of the site.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "site/level.h"

namespace pond::site {

// A tile as the manifest lists it, and what it was made of.
struct Tile {
  std::string file;                     // below data/
  std::int64_t start_us = 0;            // of its period
  std::int64_t from_us = 0, to_us = 0;  // first and last row
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::string v;    // the beginning of the SHA-256 of the file
  std::string key;  // fingerprint of its rows
};

struct LevelState {
  std::string name;
  std::string period;
  std::vector<Tile> tiles;  // by time
};

struct ChartState {
  std::string recipe;         // which node, columns and levels; another recipe is another chart
  std::uint64_t version = 0;  // of the stored series that was seen; 0: not a stored one
  std::string entry;          // its manifest entry, JSON
  std::uint64_t rows = 0;
  std::vector<LevelState> levels;

  const LevelState* level(const std::string& name) const;
};

struct BuildState {
  std::map<std::string, ChartState> charts;  // by slug
  std::vector<std::string> files;            // all that the build made, below the site
};

// Empty when there is none or it is of another version of the program: then all is built anew.
BuildState load_state(const std::filesystem::path& file);
void save_state(const std::filesystem::path& file, const BuildState& state);

}  // namespace pond::site

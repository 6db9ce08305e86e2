// The commands that the crash tests run. To have another command tested, add a line to the table.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace pond::crash {

using Command = std::vector<std::string>;  // what follows `pond`

struct Scene {
  std::string name;
  std::vector<Command> before;    // bring the pond to where the scene begins
  std::vector<Command> commands;  // each is recorded, cut and made to fail
};

const std::vector<Scene>& scenes();

// The host files that the commands name, relative to `directory`.
void write_host_files(const std::filesystem::path& directory);

}  // namespace pond::crash

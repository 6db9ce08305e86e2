// A folder for the files of one run, in memory where the system has such a place.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

namespace pond::fuzz {

class Scratch {
 public:
  Scratch() {
    std::error_code missing;
    const std::filesystem::path memory("/dev/shm");
    path_ =
        (std::filesystem::is_directory(memory, missing) ? memory
                                                        : std::filesystem::temp_directory_path()) /
        ("pond-fuzz-" + std::to_string(::getpid()));
    std::filesystem::remove_all(path_);
    std::filesystem::create_directories(path_);
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace pond::fuzz

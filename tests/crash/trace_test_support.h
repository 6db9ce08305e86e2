// Running the program under the preloaded recorder, and what it recorded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "shim/trace_format.h"

namespace pond::crash {

struct Record {
  Op op = Op::Open;
  std::uint32_t flags = 0;
  std::int64_t handle = 0;
  std::int64_t offset = 0;
  std::string first{}, second{}, data{};
};

std::vector<Record> read_trace(const std::filesystem::path& file);
std::string describe(const Record& record);

// One process of `pond`, with the recorder preloaded when `shim` has a POND_SHIM_ROOT.
struct Invocation {
  std::vector<std::string> arguments;       // after `pond`
  std::filesystem::path pond;               // --pond
  std::filesystem::path host;               // where relative host+ URLs start, and the directory it runs in
  std::map<std::string, std::string> shim;  // POND_SHIM_... without the prefix
  std::uint64_t address_space = 0;          // RLIMIT_AS in bytes; 0: none
};

struct Outcome {
  int status = 0;  // the exit code; 128 + the signal that ended it
  std::string errors;
  bool timed_out = false;
};

Outcome run(const Invocation& invocation);

}  // namespace pond::crash

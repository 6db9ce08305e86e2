// What an inbox has brought in: a series in the pond,
//
//   /.inbox/<node id>.series
//
// with a row for each host file taken: `timestamp` (when), `source` (its path), `size`, `modified`
// (µs UTC), `hash` (SHA-256) and `path` (in the pond). It is committed with what it tells of.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "pond/factory.h"

namespace pond::factory {

struct Taken {
  std::int64_t time_us = 0;
  std::string source;
  std::uint64_t size = 0;
  std::int64_t modified_us = 0;
  std::string hash;
  std::string path;
};

// What a file of the host looks like without being read.
Taken look_at(const std::filesystem::path& file);  // Io

class InboxLedger {
 public:
  InboxLedger(const tinyfs::NodeId& node, RunContext& context);

  // Is it the file that was taken, as far as size and time of change tell? Not for one that changed
  // about when it was taken.
  bool seems_taken(const Taken& file) const;
  // The pond path that this content went to, under whatever name it came; null when it is new.
  const std::string* path_of(const std::string& hash) const;
  void add(Taken file);
  void store();  // within the transaction; nothing when nothing was added

 private:
  RunContext& context_;
  std::string path_;
  std::map<std::string, Taken> by_source_;
  std::map<std::string, std::string> by_hash_;
  std::vector<Taken> added_;
};

}  // namespace pond::factory

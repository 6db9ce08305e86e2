#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "pond/delta.h"
#include "pond/oplog.h"

namespace pond::oplog {

// What an OpLog's copies share: the open table and the snapshot in use.
struct OpLog::State {
  State(std::filesystem::path where, delta::Table opened, delta::Snapshot now)
      : directory(std::move(where)), table(std::move(opened)), snapshot(std::move(now)) {}

  std::filesystem::path directory;  // absolute
  delta::Table table;
  delta::Snapshot snapshot;
  Uuid pond_id;
  std::string birthplace;
};

// Oplog files up to this size are read whole; of larger ones the contents of files are left behind.
inline constexpr std::size_t kEagerBytes = std::size_t{1} << 20U;

}  // namespace pond::oplog

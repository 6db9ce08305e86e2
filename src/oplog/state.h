#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "oplog/history.h"
#include "oplog/pond_lock.h"
#include "pond/delta.h"
#include "pond/oplog.h"

namespace pond::oplog {

// What an OpLog's copies share: the open table and the snapshot in use.
struct OpLog::State {
  State(std::filesystem::path where, delta::Table opened, delta::Snapshot now, PondLock reading)
      : directory(std::move(where)),
        table(std::move(opened)),
        snapshot(std::move(now)),
        lock(std::move(reading)) {}

  std::filesystem::path directory;  // absolute
  delta::Table table;
  delta::Snapshot snapshot;
  Uuid pond_id;
  std::string birthplace;
  PondLock lock;                   // on the snapshot's version
  bool partial = false;            // the store fetches files from beyond
  std::optional<History> history;  // once an entry was asked for that has expired
};

// Begins the keys of the pond's settings in the table's configuration.
inline constexpr std::string_view kMaintenancePrefix = "pond.maintenance.";

// Of an AddFile: the SHA-256 of the file.
inline constexpr std::string_view kHashTag = "sha256";

}  // namespace pond::oplog

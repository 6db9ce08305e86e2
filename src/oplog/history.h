// The log entries that have expired from the Delta log, kept in few files: POND/history/.
// docs/storage-format.md
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pond/object_store.h"

namespace pond::oplog {

// Text of log entries by transaction.
using EntryTexts = std::map<std::int64_t, std::string>;

class History {
 public:
  explicit History(ObjectStore& store) : store_(store) {}

  // Writes entries durably, and merges files so that their number grows with the logarithm of the
  // entries.
  void add(const EntryTexts& entries);

  // nullopt when it is not kept here. Corrupt names the file.
  std::optional<std::string> entry(std::int64_t txn);

  struct File {
    std::int64_t first = 0, last = 0;  // transactions, both included
    std::string key;
  };
  // In order, none inside another.
  std::vector<File> files() const;
  EntryTexts read(const File& file) const;

 private:
  void write(const EntryTexts& entries);

  ObjectStore& store_;
  std::optional<std::vector<File>> known_;
  File cached_;
  EntryTexts cache_;
};

}  // namespace pond::oplog

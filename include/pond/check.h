// What `pond fsck` does: trusts nothing, reads what is stored, and says what is damaged and what is
// good.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "pond/oplog.h"

namespace pond {

struct Damage {
  std::string where;  // a path of the pond, or a file below the pond's directory
  std::string what;   // one line, without a full stop
};

struct CheckOptions {
  // Names, sizes and the log alone; otherwise every byte is read and hashed.
  bool quick = false;
  // Only these paths (and what is below them); empty: everything.
  std::vector<std::string> paths{};
  // Checks a content file in place of reading it here: what is wrong with it, or nothing (empty).
  std::function<std::string(const oplog::Record&)> content{};
  // Called now and then with what has been read so far and about how much there is, in bytes.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress{};
};

struct CheckReport {
  std::vector<Damage> damages;
  // SHA-256, 64 hex digits, over every node and version in the pond: the same for a pond and any
  // whole copy of it, and whatever was folded or compacted. Empty when the tree could not be read,
  // or was read in part.
  std::string root;
  std::int64_t commits = 0;    // whose chain was followed
  std::uint64_t nodes = 0;     // found undamaged
  std::uint64_t versions = 0;  // of them
  std::uint64_t files = 0;     // of the host, looked at
  std::uint64_t bytes = 0;     // in them
};

// Checks an open pond. Never throws for what is damaged, only for what is asked (NotFound: a path).
CheckReport check_pond(const oplog::OpLog& log, const CheckOptions& options);

// What stands in the way of opening a pond, and the way back.
struct RecoverOptions {
  bool dry_run = false;
  // A file that cannot be read is damaged: for a disk that has failed, not one that failed once.
  bool unreadable = false;
};

struct RecoverReport {
  std::int64_t good = -1;              // the newest transaction that is whole
  std::int64_t newest = -1;            // that the log names
  std::vector<Damage> damages;         // of the transactions after `good`
  std::vector<std::string> set_aside;  // files, as they were named in the pond
  std::string aside;                   // the folder they are in now; empty with `dry_run`
};

// Goes back to the newest transaction whose files are all there and unharmed. What comes after it
// is moved into POND/recovered/<time>/, not deleted. NotFound when there is no pond; Corrupt when
// no transaction is whole; Io when a file is there and cannot be read.
RecoverReport recover_pond(const std::filesystem::path& directory, const RecoverOptions& options);

}  // namespace pond

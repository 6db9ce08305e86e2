// Who reads which version of a pond, and who writes, so that housekeeping leaves their files alone.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "base/file.h"

namespace pond::oplog {

// Holds a version of the pond: a shared lock of the kernel on one byte of the file POND/.readers,
// at the offset that is the version's number. The lock ends with the process, however that ends;
// the file itself is empty and stays. Where locks do not work (a read-only medium, a filesystem
// without them) nothing is held, and a reader has the time that the pond's retention gives.
class PondLock {
 public:
  explicit PondLock(const std::filesystem::path& pond);

  // Holds `version` in place of what was held. Until the first call every version is held.
  void hold(std::int64_t version);

  // While somebody writes files that no commit names yet, none of them may be taken for garbage.
  // write() waits while somebody sweeps; sweep() is false while somebody else writes. done() ends
  // either.
  void write();
  bool sweep();
  void done();

  // The oldest version below `limit` that somebody else holds.
  std::optional<std::int64_t> oldest_below(std::int64_t limit) const;

 private:
  bool lock(std::int64_t byte, short type, bool wait = false) const;

  Fd file_;
  std::int64_t held_ = 0;
  bool writing_ = false;
};

}  // namespace pond::oplog

#include "oplog/pond_lock.h"

#include <fcntl.h>

#include <cerrno>

namespace pond::oplog {
namespace {

constexpr std::int64_t kWriters = std::int64_t{1} << 62;  // the byte that stands for writing

}  // namespace

PondLock::PondLock(const std::filesystem::path& pond) {
  const auto path = pond / ".readers";
  file_ = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!file_.valid()) file_ = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  // Version 0 is below every horizon: nothing is removed while the log is being read.
  lock(0, F_RDLCK);
}

// Locks of the open file description, not of the process: closing some other descriptor of the file
// must not end them.
bool PondLock::lock(std::int64_t byte, short type, bool wait) const {
  if (!file_.valid()) return false;
  struct flock range {};
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  while (::fcntl(file_.get(), wait ? F_OFD_SETLKW : F_OFD_SETLK, &range) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

void PondLock::hold(std::int64_t version) {
  if (version == held_) return;
  if (!lock(version, F_RDLCK)) return;
  lock(held_, F_UNLCK);
  held_ = version;
}

void PondLock::write() {
  if (!writing_) writing_ = lock(kWriters, F_RDLCK, true);
}

bool PondLock::sweep() {
  writing_ = lock(kWriters, F_WRLCK);
  return writing_;
}

void PondLock::done() {
  if (writing_) lock(kWriters, F_UNLCK);
  writing_ = false;
}

std::optional<std::int64_t> PondLock::oldest_below(std::int64_t limit) const {
  std::optional<std::int64_t> oldest;
  while (file_.valid() && limit > 0) {
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_whence = SEEK_SET;
    range.l_start = 0;
    range.l_len = limit;
    if (::fcntl(file_.get(), F_OFD_GETLK, &range) != 0 || range.l_type == F_UNLCK) break;
    limit = range.l_start;  // one of those that hold; is there an older one?
    oldest = limit;
  }
  return oldest;
}

}  // namespace pond::oplog

// Inside the preloaded library: what the interposed calls share. The environment tells it what to
// do:
//   POND_SHIM_ROOT=DIR       watch what is below DIR
//   POND_SHIM_TRACE=FILE     append the record of each call to FILE
//   POND_SHIM_KILL=N         SIGKILL the process before the N-th changing call
//   POND_SHIM_FAULT=KIND:N:ERRNO[:on]   the N-th call of a kind fails (`on`: and all after it);
//                            ERRNO 0 makes it a short read or write
//   POND_SHIM_ALLOC=N        the N-th `operator new` throws
//   POND_SHIM_REPORT=FILE    append "fired KIND PATH" when a fault was injected, and at the end
//                            "count KIND N" for each kind
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "trace_format.h"

namespace pond::crash {

enum class Kind : std::uint8_t { Open, Read, Write, Sync, Rename, Mkdir, Unlink, Close };

// Nothing that the library itself does is recorded or made to fail.
class Inside {
 public:
  Inside();
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  bool nested() const { return nested_; }

 private:
  bool nested_;
};

// One call at a time, so that the order of the records is the order of the calls.
std::mutex& one_call();

bool watched(std::string_view path);
std::string absolute(int directory_fd, const char* path);

// The open files below the watched directory; handle -1 when `fd` is none of them.
struct Opened {
  std::int64_t handle = -1;
  std::string path;
};
Opened opened(int fd);
std::int64_t remember(int fd, const std::string& path);
void forget(int fd);

// Whether this call is to fail: errno is set. `fault_short` says so for a short transfer.
bool inject(Kind kind, const std::string& path, bool& fault_short);
bool inject(Kind kind, const std::string& path);

// The moment to be killed; and for a call that then failed: it was no change.
void before_change();
void no_change();
void record(Op op, std::uint32_t flags, std::int64_t handle, std::int64_t offset,
            std::string_view first, std::string_view second = {}, std::string_view data = {});

}  // namespace pond::crash

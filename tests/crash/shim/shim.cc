#include "shim.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <unordered_map>

namespace pond::crash {
namespace {

constexpr std::array<std::string_view, 8> kKinds = {"open",   "read",  "write",  "sync",
                                                    "rename", "mkdir", "unlink", "close"};

thread_local int depth = 0;
std::atomic<std::int64_t> allocations{0}, failing_allocation{-1};

struct Plan {
  std::string root;
  int trace = -1, report = -1;
  std::int64_t kill_at = -1, changes = 0;
  int fault_kind = -1, fault_errno = 0;
  std::int64_t fault_at = 0;
  bool fault_goes_on = false;
  std::array<std::int64_t, kKinds.size()> counts{};
  std::unordered_map<int, Opened> open;
  std::int64_t next_handle = 0;
};

// Never destroyed: other libraries close files while the program ends.
Plan& plan() {
  static Plan& made = *new Plan;
  return made;
}

int append_to(const char* variable) {
  const char* path = std::getenv(variable);
  if (path == nullptr) return -1;
  // High numbers, out of the way of the program's own.
  const auto fd = static_cast<int>(
      ::syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  const int moved = ::fcntl(fd, F_DUPFD_CLOEXEC, 900);
  ::syscall(SYS_close, fd);
  return moved;
}

void write_raw(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::syscall(SYS_write, fd, bytes.data(), bytes.size());
    if (n <= 0) ::abort();
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void report(const std::string& line) {
  if (plan().report >= 0) write_raw(plan().report, line + "\n");
}

void parse_fault(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = text.find(':', first + 1);
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (text.substr(0, first) == kKinds[i]) plan().fault_kind = static_cast<int>(i);
  plan().fault_at = std::stoll(text.substr(first + 1));
  plan().fault_errno = std::stoi(text.substr(second + 1));
  plan().fault_goes_on = text.ends_with(":on");
}

__attribute__((constructor)) void start() {
  const Inside inside;
  Plan& p = plan();
  if (const char* root = std::getenv("POND_SHIM_ROOT")) p.root = root;
  p.trace = append_to("POND_SHIM_TRACE");
  p.report = append_to("POND_SHIM_REPORT");
  if (const char* n = std::getenv("POND_SHIM_KILL")) p.kill_at = std::stoll(n);
  if (const char* n = std::getenv("POND_SHIM_ALLOC")) failing_allocation = std::stoll(n);
  if (const char* fault = std::getenv("POND_SHIM_FAULT")) parse_fault(fault);
  allocations = 0;
}

__attribute__((destructor)) void finish() {
  const Inside inside;
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    report("count " + std::string(kKinds[i]) + " " + std::to_string(plan().counts[i]));
  report("count alloc " + std::to_string(allocations.load()));
}

// As operator new does it: the handler first. Counted from when the program has set one: what the
// libraries allocate before main() is out of its hands.
void* allocate(std::size_t size) {
  const std::new_handler handler = std::get_new_handler();
  if (depth == 0 && handler != nullptr && ++allocations == failing_allocation) {
    const Inside inside;
    report("fired alloc " + std::to_string(size));
    handler();
    throw std::bad_alloc();
  }
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

Inside::Inside() : nested_(depth++ > 0) {}
Inside::~Inside() {
  --depth;
}

std::mutex& one_call() {
  static auto& mutex = *new std::mutex;
  return mutex;
}

bool watched(std::string_view path) {
  const std::string& root = plan().root;
  return !root.empty() && path.starts_with(root) &&
         (path.size() == root.size() || path[root.size()] == '/');
}

std::string absolute(int directory_fd, const char* path) {
  namespace fs = std::filesystem;
  if (path[0] == '/') return fs::path(path).lexically_normal().string();
  const std::string base = directory_fd == AT_FDCWD
                               ? std::string("/proc/self/cwd")
                               : "/proc/self/fd/" + std::to_string(directory_fd);
  std::array<char, 4096> target{};
  const auto n = ::readlink(base.c_str(), target.data(), target.size());
  if (n <= 0) return path;
  return (fs::path(std::string(target.data(), static_cast<std::size_t>(n))) / path)
      .lexically_normal()
      .string();
}

Opened opened(int fd) {
  const auto found = plan().open.find(fd);
  return found == plan().open.end() ? Opened{} : found->second;
}

std::int64_t remember(int fd, const std::string& path) {
  plan().open[fd] = {plan().next_handle, path};
  return plan().next_handle++;
}

void forget(int fd) {
  plan().open.erase(fd);
}

bool inject(Kind kind, const std::string& path, bool& fault_short) {
  Plan& p = plan();
  const std::int64_t n = ++p.counts[static_cast<std::size_t>(kind)];
  fault_short = false;
  if (p.fault_kind != static_cast<int>(kind)) return false;
  if (p.fault_goes_on ? n < p.fault_at : n != p.fault_at) return false;
  if (n == p.fault_at)
    report("fired " + std::string(kKinds[static_cast<std::size_t>(kind)]) + " " + path);
  fault_short = p.fault_errno == 0;
  errno = p.fault_errno;
  return !fault_short;
}

bool inject(Kind kind, const std::string& path) {
  bool ignored = false;
  return inject(kind, path, ignored);
}

void before_change() {
  if (++plan().changes == plan().kill_at) ::kill(::getpid(), SIGKILL);
}

void no_change() {
  --plan().changes;
}

void record(Op op, std::uint32_t flags, std::int64_t handle, std::int64_t offset,
            std::string_view first, std::string_view second, std::string_view data) {
  if (plan().trace < 0) return;
  const int saved = errno;
  const Header header{.op = op,
                      .flags = flags,
                      .handle = handle,
                      .offset = offset,
                      .first_bytes = static_cast<std::uint32_t>(first.size()),
                      .second_bytes = static_cast<std::uint32_t>(second.size()),
                      .data_bytes = data.size()};
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes.append(first).append(second).append(data);
  write_raw(plan().trace, bytes);
  errno = saved;
}

}  // namespace pond::crash

void* operator new(std::size_t size) {
  return pond::crash::allocate(size);
}
void* operator new[](std::size_t size) {
  return pond::crash::allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}

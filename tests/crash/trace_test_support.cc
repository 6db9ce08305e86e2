#include "trace_test_support.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "base/file.h"

namespace pond::crash {
namespace {

constexpr int kSeconds = 60;  // a command that takes longer hangs

// What the child does between fork and exec; it may only call what is safe there.
[[noreturn]] void become(const Invocation& invocation, int errors, char* const* arguments,
                         char* const* environment, const char* directory) {
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, 0);
  ::dup2(null, 1);
  ::dup2(errors, 2);
  if (::chdir(directory) != 0) ::_exit(126);
  if (invocation.address_space > 0) {
    const rlimit limit{invocation.address_space, invocation.address_space};
    ::setrlimit(RLIMIT_AS, &limit);
  }
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::execve(arguments[0], arguments, environment);
  ::_exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (auto& text : texts)
    all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

std::vector<std::string> environment_of(const Invocation& invocation) {
  std::vector<std::string> all{"NO_COLOR=1", "LC_ALL=C.UTF-8", "PATH=/usr/bin:/bin", "HOME=/"};
  if (!invocation.shim.empty()) all.push_back("LD_PRELOAD=" POND_SHIM);
  for (const auto& [name, value] : invocation.shim)
    all.push_back("POND_SHIM_" + name + "=" + value);
  return all;
}

}  // namespace

Outcome run(const Invocation& invocation) {
  const char* program = std::getenv("POND_BIN");
  std::vector<std::string> arguments{program != nullptr ? program : POND_PROGRAM, "--pond",
                                     invocation.pond.string(), "-d", invocation.host.string()};
  arguments.insert(arguments.end(), invocation.arguments.begin(), invocation.arguments.end());
  std::vector<std::string> environment = environment_of(invocation);
  const auto argv = pointers(arguments);
  const auto envp = pointers(environment);
  std::array<int, 2> pipe{};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::vfork();
  if (child == 0)
    become(invocation, pipe[1], argv.data(), envp.data(), invocation.host.c_str());
  ::close(pipe[1]);
  Outcome outcome;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(kSeconds);
  for (std::array<char, 4096> buffer{};;) {
    pollfd wait{pipe[0], POLLIN, 0};
    ::poll(&wait, 1, 1000);
    if (std::chrono::steady_clock::now() > deadline) {
      outcome.timed_out = true;
      ::kill(child, SIGKILL);
    }
    if (wait.revents == 0 && !outcome.timed_out) continue;
    const ssize_t n = ::read(pipe[0], buffer.data(), buffer.size());
    if (n <= 0) break;
    outcome.errors.append(buffer.data(), static_cast<std::size_t>(n));
  }
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  outcome.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return outcome;
}

std::vector<Record> read_trace(const std::filesystem::path& file) {
  std::vector<Record> records;
  if (!std::filesystem::exists(file)) return records;
  const std::string bytes = read_file(file);
  for (std::size_t at = 0; at < bytes.size();) {
    Header header;
    std::memcpy(&header, bytes.data() + at, sizeof header);
    at += sizeof header;
    Record record{.op = header.op,
                  .flags = header.flags,
                  .handle = header.handle,
                  .offset = header.offset,
                  .first = bytes.substr(at, header.first_bytes),
                  .second = bytes.substr(at + header.first_bytes, header.second_bytes),
                  .data = {}};
    at += header.first_bytes + header.second_bytes;
    record.data = bytes.substr(at, header.data_bytes);
    at += header.data_bytes;
    records.push_back(std::move(record));
  }
  return records;
}

std::string describe(const Record& record) {
  constexpr std::array<const char*, 9> kNames = {"open",   "write", "resize", "fsync", "rename",
                                                 "link", "unlink", "mkdir",  "rmdir"};
  std::string text = kNames[static_cast<std::size_t>(record.op)];
  if (record.op == Op::Write || record.op == Op::Resize || record.op == Op::Sync ||
      record.op == Op::Open)
    text += " #" + std::to_string(record.handle);
  if (record.op == Op::Open && (record.flags & kCreated) != 0) text += " (created)";
  if (!record.first.empty()) text += " " + record.first;
  if (!record.second.empty()) text += " -> " + record.second;
  if (!record.data.empty()) text += " " + std::to_string(record.data.size()) + " bytes";
  return text;
}

}  // namespace pond::crash

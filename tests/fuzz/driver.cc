// main() of a fuzz target where libFuzzer is not: runs the target over files and folders of inputs,
// then over mutations of them for a while. An input that crashes it, throws out of it or takes too
// long is left behind.
//
//   url_fuzz [-seconds=N] [-seed=N] [-max_len=N] [-timeout=N] [-artifact_prefix=PATH]
//   [FILE|FOLDER]...
//
// With the same seed and the same files the inputs are the same, and so a failure can be repeated.
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <vector>

#include "fuzz/fuzz.h"

// The sanitizers' runtimes call this before they end the program; elsewhere nobody does.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

struct Options {
  std::uint64_t seconds = 0;
  std::uint64_t seed = 1;
  std::uint64_t max_len = 4096;
  std::uint64_t timeout = 30;
  std::string artifact_prefix;
  std::vector<fs::path> files;
};

// What the signal handlers need.
const Bytes* running = nullptr;
char artifact[4096];

void leave_input(const char* reason) {
  if (running == nullptr) return;
  const int file = ::open(artifact, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  const bool written = file >= 0 && ::write(file, running->data(), running->size()) ==
                                        static_cast<ssize_t>(running->size());
  for (const char* text :
       {reason, ": the input is in ", written ? artifact : "(not written)", "\n"})
    if (::write(STDERR_FILENO, text, std::strlen(text)) < 0) break;
  running = nullptr;
}

void on_signal(int signal) {
  leave_input(signal == SIGPROF ? "too slow" : "crash");
  if (signal == SIGPROF) ::_exit(1);
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

void run(const Bytes& input, const Options& options) {
  // A copy of just that size, so that the address sanitizer sees the first byte past it.
  const Bytes exact(input);
  running = &exact;
  const itimerval limit{.it_interval = {}, .it_value = {static_cast<time_t>(options.timeout), 0}};
  ::setitimer(ITIMER_PROF, &limit, nullptr);
  try {
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
  } catch (const std::exception& error) {
    std::cerr << "not a pond::Error: " << error.what() << std::endl;
    leave_input("an exception");
    std::exit(1);
  }
  const itimerval off{};
  ::setitimer(ITIMER_PROF, &off, nullptr);
  running = nullptr;
}

class Mutator {
 public:
  Mutator(const std::vector<Bytes>& seeds, const Options& options)
      : seeds_(seeds), max_len_(options.max_len), random_(options.seed) {}

  Bytes next() {
    Bytes bytes = seeds_.empty() ? Bytes() : seeds_[below(seeds_.size())];
    for (std::size_t n = std::size_t{1} << below(5); n > 0; --n)
      mutate(bytes);
    if (bytes.size() > max_len_) bytes.resize(max_len_);
    return bytes;
  }

 private:
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_() % bound; }
  auto at(Bytes& bytes, std::size_t i) { return bytes.begin() + static_cast<std::ptrdiff_t>(i); }

  void mutate(Bytes& bytes) {
    const std::size_t place = below(bytes.size() + 1);
    const std::size_t length = std::min(below(16) + 1, bytes.size() - place);
    switch (below(8)) {
      case 0:
        if (place < bytes.size()) bytes[place] ^= static_cast<std::uint8_t>(1U << below(8));
        break;
      case 1:
        if (place < bytes.size()) bytes[place] = static_cast<std::uint8_t>(below(256));
        break;
      case 2:
        bytes.insert(at(bytes, place), static_cast<std::uint8_t>(below(256)));
        break;
      case 3:
        bytes.erase(at(bytes, place), at(bytes, place + length));
        break;
      case 4: {  // doubled
        const Bytes part(at(bytes, place), at(bytes, place + length));
        bytes.insert(at(bytes, below(bytes.size() + 1)), part.begin(), part.end());
        break;
      }
      case 5: {  // a number with its high bits set, or a small one
        const std::uint64_t number = below(2) == 0 ? ~std::uint64_t{0} << below(64) : below(4);
        for (std::size_t i = 0; i < std::min<std::size_t>(8, bytes.size() - place); ++i)
          bytes[place + i] = static_cast<std::uint8_t>(number >> 8 * i);
        break;
      }
      case 6: {  // a piece of another seed
        if (seeds_.empty()) break;
        const Bytes& other = seeds_[below(seeds_.size())];
        const std::size_t from = below(other.size() + 1);
        const std::size_t count = std::min(below(64), other.size() - from);
        bytes.insert(at(bytes, place), other.begin() + static_cast<std::ptrdiff_t>(from),
                     other.begin() + static_cast<std::ptrdiff_t>(from + count));
        break;
      }
      default: {  // what parsers treat specially
        static constexpr std::string_view kWords = "\0\n\r\t \"'\\/{}[]()*?,:;|-+.%$@#&=<>!0919eE";
        bytes.insert(at(bytes, place), static_cast<std::uint8_t>(kWords[below(kWords.size())]));
      }
    }
  }

  const std::vector<Bytes>& seeds_;
  std::size_t max_len_;
  std::mt19937_64 random_;
};

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string_view word(words[i]);
    const auto value = [&](std::string_view name) -> std::optional<std::string> {
      if (!word.starts_with(name)) return std::nullopt;
      return std::string(word.substr(name.size()));
    };
    if (const auto seconds = value("-seconds=")) {
      options.seconds = std::stoull(*seconds);
    } else if (const auto seed = value("-seed=")) {
      options.seed = std::stoull(*seed);
    } else if (const auto length = value("-max_len=")) {
      options.max_len = std::stoull(*length);
    } else if (const auto timeout = value("-timeout=")) {
      options.timeout = std::stoull(*timeout);
    } else if (const auto prefix = value("-artifact_prefix=")) {
      options.artifact_prefix = *prefix;
    } else if (word.starts_with('-')) {
      std::cerr << "unknown option " << word << '\n';
      std::exit(2);
    } else if (fs::is_directory(word)) {
      for (const auto& entry : fs::directory_iterator(word))
        options.files.push_back(entry.path());
    } else {
      options.files.emplace_back(word);
    }
  }
  std::sort(options.files.begin(), options.files.end());
  return options;
}

}  // namespace

int main(int count, char** words) {
  const Options options = parse(count, words);
  std::snprintf(artifact, sizeof artifact, "%scrash-%s", options.artifact_prefix.c_str(),
                fs::path(words[0]).filename().c_str());
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGPROF})
    ::signal(signal, on_signal);
  if (__sanitizer_set_death_callback != nullptr)
    __sanitizer_set_death_callback([] { leave_input("crash"); });

  std::vector<Bytes> seeds;
  for (const auto& file : options.files) {
    std::ifstream input(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>());
    run(seeds.back(), options);
  }
  std::uint64_t executions = seeds.size();
  Mutator mutator(seeds, options);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.seconds);
  while (std::chrono::steady_clock::now() < end) {
    run(mutator.next(), options);
    ++executions;
  }
  std::cout << executions << " executions\n";
}

#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "pond/time.h"

namespace pond::cli {
namespace {

constexpr std::int64_t kPatience_us = 1'000'000;  // nothing is drawn before
constexpr std::int64_t kRedraw_us = 100'000;
constexpr std::uint64_t kBarWidth = 30;

bool wants_words() {
  for (const char* name : {"POND_LOG", "RUST_LOG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr) continue;
    const std::string_view level(value);
    for (const char* word : {"info", "debug", "trace"})
      if (level.find(word) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

Progress::Progress()
    : talks_(wants_words()), terminal_(isatty(STDERR_FILENO) != 0), started_us_(now_us()) {}

Progress::~Progress() {
  wipe();
}

void Progress::say(const std::string& words) {
  if (!talks_) return;
  wipe();
  std::cerr << words << '\n';
}

void Progress::step(std::uint64_t done, std::uint64_t total, std::string_view what) {
  if (!terminal_) return;
  const std::int64_t now = now_us();
  if (now - started_us_ < kPatience_us || now - drawn_us_ < kRedraw_us) return;
  drawn_us_ = now;
  std::string line = "\r\x1b[K";
  if (total > 0) {
    const std::uint64_t filled = std::min(kBarWidth, done * kBarWidth / total);
    line += "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] " +
            std::to_string(std::min<std::uint64_t>(100, done * 100 / total)) + "% ";
  } else {
    line += std::to_string(done) + " ";
  }
  std::cerr << line << what << std::flush;
  shown_ = true;
}

void Progress::wipe() {
  if (shown_) std::cerr << "\r\x1b[K" << std::flush;
  shown_ = false;
}

}  // namespace pond::cli

// Says on stderr what a command is doing: words with POND_LOG=info (or RUST_LOG=info), and on a
// terminal a bar for whatever takes longer than a second.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pond/factory.h"

namespace pond::cli {

class Progress final : public factory::Progress {
 public:
  Progress();
  ~Progress() override;  // wipes the bar
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void say(const std::string& words) override;
  void step(std::uint64_t done, std::uint64_t total, std::string_view what) override;
  void wipe();

 private:
  bool talks_;  // POND_LOG=info
  bool terminal_;
  bool shown_ = false;
  std::int64_t started_us_;
  std::int64_t drawn_us_ = 0;
};

}  // namespace pond::cli

// The states in which a power cut can leave a pond, and whether each is a good one.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "disk_test_support.h"
#include "scenes_test_support.h"
#include "trace_test_support.h"

namespace pond::crash {

// The directories in which one scene plays; gone with it.
class Stage {
 public:
  Stage();
  ~Stage();
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  std::filesystem::path root() const { return directory_ / "root"; }  // what is watched
  std::filesystem::path pond() const { return root() / "pond"; }
  std::filesystem::path host() const { return directory_ / "host"; }
  std::filesystem::path scratch() const { return directory_ / "scratch"; }
  std::filesystem::path report() const { return directory_ / "report"; }

  // Makes `root` hold just this.
  void restore(const Image& image);
  Image image();

  // Runs `pond` without and with the recorder; `shim` adds to what the recorder is told.
  Outcome run(const Command& command) const;
  Outcome record(const Command& command, std::vector<Record>& records,
                 std::map<std::string, std::string> shim = {}) const;

  Blobs blobs;

 private:
  std::filesystem::path directory_;
};

// Runs the commands that a scene begins with.
void prepare(Stage& stage, const Scene& scene);

// One command as it went: what it did to the disk, and what the pond held when it was acknowledged.
struct Step {
  Command command;
  std::vector<Record> records;
  std::string content;
};

struct Recording {
  std::string scene;
  Image image;          // before the first step
  std::string content;  // the same, as read_pond() shows it
  std::vector<Step> steps;
};

// Plays a scene; throws when a command fails or when the recorder missed something: what it saw
// must add up to what is there.
Recording record_scene(Stage& stage, const Scene& scene);

struct Tally {
  std::size_t cuts = 0;
  std::size_t states = 0;   // built
  std::size_t checked = 0;  // those among them that differ from each other
  std::size_t lost = 0;
  std::vector<std::string> losses;  // the first few, described
  Tally& operator+=(const Tally& other);
};

struct Plan {
  std::size_t samples = 3;  // random states of each cut, beside the systematic ones
  // Pretends that an fsync never happened: its number within the scene, and whether of a directory.
  std::function<bool(std::size_t number, bool directory)> ignore;
  std::size_t enough = SIZE_MAX;  // stop after so many losses
};

class States {
 public:
  States(Stage& stage, Plan plan) : stage_(stage), plan_(std::move(plan)) {}

  // Another plan; what was found good stays good.
  void start_again(Plan plan) {
    plan_ = std::move(plan);
    tally_ = {};
    syncs_ = 0;
  }
  // Cuts the power after every call of every step.
  void cut_everywhere(const Recording& recording);
  // Tries the states of one moment. `allowed`: what the pond may hold.
  void cut(const Disk& disk, const std::set<std::string>& allowed, const std::string& moment);
  bool ignores(const Disk& disk, const Record& record);
  bool done() const { return tally_.lost >= plan_.enough; }
  const Tally& tally() const { return tally_; }

 private:
  void attempt(const Disk& disk, const Choice& choice, const std::set<std::string>& allowed,
               const std::string& moment);
  bool check(const Image& image, const std::set<std::string>& allowed, const std::string& moment);

  Stage& stage_;
  Plan plan_;
  Tally tally_;
  std::size_t syncs_ = 0;
  std::set<std::string> good_;  // checked already
  std::mt19937 random_{20240501};
};

std::string spelled(const Command& command);

// POND_CRASH_STATES: how many states the long run is to build; 0 in the short one.
std::size_t wanted_states();

}  // namespace pond::crash

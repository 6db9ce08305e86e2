#include "states_test_support.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "base/sha256.h"
#include "content_test_support.h"
#include "pond/error.h"
#include "pond/uuid.h"

namespace pond::crash {
namespace fs = std::filesystem;
namespace {

fs::path new_directory() {
  // Memory is a disk that fsyncs in no time.
  const fs::path above = fs::is_directory("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
  return above / ("pond-crash-" + Uuid::v7().to_string());
}

std::string difference(const std::string& expected, const std::string& found) {
  const auto lines = [](const std::string& text) {
    std::set<std::string> all;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      all.insert(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return all;
  };
  std::string all;
  const auto a = lines(expected), b = lines(found);
  for (const auto& line : a)
    if (!b.contains(line)) all += "\n    lost:  " + line;
  for (const auto& line : b)
    if (!a.contains(line)) all += "\n    extra: " + line;
  return all;
}

}  // namespace

Stage::Stage() : blobs(new_directory()) {
  directory_ = blobs.path(0).parent_path();
  fs::create_directories(root());
  write_host_files(host());
}

Stage::~Stage() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void Stage::restore(const Image& image) {
  fs::remove_all(root());
  image.write(root(), blobs);
}

Image Stage::image() {
  return Image::read(root(), blobs);
}

Outcome Stage::run(const Command& command) const {
  return crash::run(
      {.arguments = command, .pond = pond(), .host = host(), .shim = {}, .address_space = 0});
}

Outcome Stage::record(const Command& command, std::vector<Record>& records,
                      std::map<std::string, std::string> shim) const {
  const fs::path trace = directory_ / "trace";
  fs::remove(trace);
  fs::remove(report());
  shim["ROOT"] = root().string();
  shim["TRACE"] = trace.string();
  shim["REPORT"] = report().string();
  const Outcome outcome = crash::run({.arguments = command,
                                      .pond = pond(),
                                      .host = host(),
                                      .shim = std::move(shim),
                                      .address_space = 0});
  records = read_trace(trace);
  return outcome;
}

void prepare(Stage& stage, const Scene& scene) {
  stage.restore({});
  for (const auto& command : scene.before) {
    const Outcome outcome = stage.run(command);
    if (outcome.status != 0) throw std::runtime_error(spelled(command) + ": " + outcome.errors);
  }
}

Recording record_scene(Stage& stage, const Scene& scene) {
  prepare(stage, scene);
  Recording recording{
      .scene = scene.name, .image = stage.image(), .content = read_pond(stage.pond()), .steps = {}};
  Disk disk(stage.root().string(), recording.image, stage.blobs);
  for (const auto& command : scene.commands) {
    Step step{.command = command, .records = {}, .content = {}};
    const Outcome outcome = stage.record(command, step.records);
    if (outcome.status != 0) throw std::runtime_error(spelled(command) + ": " + outcome.errors);
    disk.next_process();
    for (const auto& record : step.records)
      disk.apply(record);
    if (disk.now() != stage.image())
      throw std::runtime_error(spelled(command) + ": the recorder missed a change\nseen:\n" +
                               disk.now().key() + "there:\n" + stage.image().key());
    step.content = read_pond(stage.pond());
    recording.steps.push_back(std::move(step));
  }
  return recording;
}

Tally& Tally::operator+=(const Tally& other) {
  cuts += other.cuts;
  states += other.states;
  checked += other.checked;
  lost += other.lost;
  losses.insert(losses.end(), other.losses.begin(), other.losses.end());
  return *this;
}

bool States::ignores(const Disk& disk, const Record& record) {
  return record.op == Op::Sync && plan_.ignore &&
         plan_.ignore(syncs_++, disk.is_directory(record.handle));
}

void States::cut_everywhere(const Recording& recording) {
  Disk disk(stage_.root().string(), recording.image, stage_.blobs);
  std::string before = recording.content;
  syncs_ = 0;
  for (const auto& step : recording.steps) {
    disk.next_process();
    for (std::size_t i = 0; i < step.records.size(); ++i) {
      const Record& record = step.records[i];
      if (!ignores(disk, record)) disk.apply(record);
      if (record.op == Op::Open && record.flags == 0) continue;  // changed nothing
      cut(disk, {before, step.content},
          recording.scene + ": " + spelled(step.command) + ", after call " + std::to_string(i) +
              ", " + describe(record));
      if (done()) return;
    }
    cut(disk, {step.content}, recording.scene + ": " + spelled(step.command) + ", acknowledged");
    if (done()) return;
    before = step.content;
  }
}

void States::cut(const Disk& disk, const std::set<std::string>& allowed,
                 const std::string& moment) {
  ++tally_.cuts;
  const Choice all = disk.everything();
  const std::size_t names = all.names.size(), data = all.data.size();
  const auto with = [&](auto change) {
    Choice choice = all;
    change(choice);
    attempt(disk, choice, allowed, moment);
  };
  attempt(disk, all, allowed, moment);
  for (const Fate fate : {Fate::Absent, Fate::Zeros, Fate::Torn})
    with([&](Choice& choice) { choice.data.assign(data, fate); });
  // Few names: every subset of them. Many: each alone, and all but each.
  if (names <= 5) {
    for (std::size_t subset = 0; subset < std::size_t{1} << names; ++subset)
      with([&](Choice& choice) {
        for (std::size_t i = 0; i < names; ++i)
          choice.names[i] = (subset >> i & 1U) != 0;
      });
  } else {
    with([&](Choice& choice) { choice.names.assign(names, false); });
    for (std::size_t i = 0; i < names; ++i) {
      with([&](Choice& choice) { choice.names[i] = false; });
      with([&](Choice& choice) {
        choice.names.assign(names, false);
        choice.names[i] = true;
      });
    }
  }
  for (std::size_t i = 0; i < data; ++i)
    for (const Fate fate : {Fate::Absent, Fate::Zeros, Fate::Torn})
      with([&](Choice& choice) { choice.data[i] = fate; });
  for (std::size_t i = 0; i < plan_.samples && names + data > 0; ++i)
    with([&](Choice& choice) {
      choice.seed = random_();
      for (std::size_t n = 0; n < names; ++n)
        choice.names[n] = random_() % 4 != 0;
      for (auto& fate : choice.data)
        fate = static_cast<Fate>(random_() % 4);
    });
}

void States::attempt(const Disk& disk, const Choice& choice, const std::set<std::string>& allowed,
                     const std::string& moment) {
  if (done()) return;
  ++tally_.states;
  const Image image = disk.image(choice);
  std::string key = image.key();
  for (const auto& content : allowed)
    key += content;
  key = Sha256::of(key);
  if (good_.contains(key)) return;
  ++tally_.checked;
  if (check(image, allowed, moment)) good_.insert(key);
}

bool States::check(const Image& image, const std::set<std::string>& allowed,
                   const std::string& moment) {
  std::string problem;
  fs::remove_all(stage_.scratch());
  image.write(stage_.scratch(), stage_.blobs);
  const fs::path pond = stage_.scratch() / "pond";
  try {
    const std::string content = read_pond(pond);
    if (!allowed.contains(content)) {
      problem = "holds something else" + difference(*allowed.rbegin(), content);
    } else {
      check_whole(pond);
      commit_next(pond, content, tally_.checked % 8 == 0);
    }
  } catch (const std::exception& error) {
    problem = error.what();
  }
  if (problem.empty()) return true;
  ++tally_.lost;
  if (tally_.losses.size() < 5) tally_.losses.push_back(moment + "\n  " + problem);
  return false;
}

std::string spelled(const Command& command) {
  std::string text = "pond";
  for (const auto& word : command)
    text += " " + word;
  return text;
}

std::size_t wanted_states() {
  const char* states = std::getenv("POND_CRASH_STATES");
  return states == nullptr ? 0 : std::stoul(states);
}

}  // namespace pond::crash

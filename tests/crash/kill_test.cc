// Kills a command, runs the next one, and then cuts the power: what the killed process left without
// syncing it must not pull down what the next one has acknowledged.
#include <gtest/gtest.h>

#include <iostream>

#include "content_test_support.h"
#include "states_test_support.h"

namespace pond::crash {
namespace {

constexpr int kKilled = 128 + 9;

bool changes(const Record& record) {
  return record.op != Op::Open || record.flags != 0;
}

// The calls to be killed before: all of them in the long run, the syncs in the short one (what lies
// between two syncs leaves subsets of what is there before the second).
std::vector<std::size_t> kill_points(const std::vector<Record>& records) {
  std::vector<std::size_t> points;
  std::size_t number = 0;
  for (const auto& record : records)
    if (changes(record) && (++number, wanted_states() > 0 || record.op == Op::Sync))
      points.push_back(number);
  return points;
}

// A command that may be given again after a kill that came too late, and finds nothing to do.
bool may_be_repeated(const Command& command) {
  return command.front() == "apply" || command.front() == "run";
}

class Kill : public testing::TestWithParam<Scene> {};

TEST_P(Kill, LeavesNothingThatTheNextCommandLoses) {
  Stage stage;
  const Recording recording = record_scene(stage, GetParam());
  Plan plan;
  plan.samples = 1;
  States states(stage, plan);
  Disk so_far(stage.root().string(), recording.image, stage.blobs);
  std::string before = recording.content;
  std::size_t kills = 0;
  for (const auto& step : recording.steps) {
    const Image image = so_far.now();
    for (const std::size_t point : kill_points(step.records)) {
      stage.restore(image);
      std::vector<Record> killed, next;
      const Outcome outcome =
          stage.record(step.command, killed, {{"KILL", std::to_string(point)}});
      ASSERT_EQ(outcome.status, kKilled) << "the command took another way than when recorded";
      ++kills;
      const std::string moment = recording.scene + ": " + spelled(step.command) +
                                 " killed before change " + std::to_string(point);
      const std::string found = read_pond(stage.pond());
      const bool landed = found != before;
      const Command then =
          landed && !may_be_repeated(step.command) ? Command{"mkdir", "/next"} : step.command;
      const Outcome second = stage.record(then, next);
      ASSERT_EQ(second.status, 0) << moment << ", then " << spelled(then) << ": " << second.errors;
      const std::string after = read_pond(stage.pond());

      Disk disk(stage.root().string(), image, stage.blobs);
      for (const auto& record : killed)
        disk.apply(record);
      disk.next_process();
      for (const auto& record : next) {
        disk.apply(record);
        if (wanted_states() > 0 && (record.op == Op::Sync || record.op == Op::Rename))
          states.cut(disk, {before, found, after},
                     moment + ", in the next " + spelled(then) + " after " + describe(record));
      }
      states.cut(disk, {after}, moment + ", the next " + spelled(then) + " acknowledged");
    }
    so_far.next_process();
    for (const auto& record : step.records)
      so_far.apply(record);
    before = step.content;
  }
  const Tally& tally = states.tally();
  std::cout << GetParam().name << ": " << kills << " kills, " << tally.cuts << " power cuts, "
            << tally.states << " states, " << tally.checked << " different, " << tally.lost
            << " lost\n";
  for (const auto& loss : tally.losses)
    ADD_FAILURE() << loss;
}

INSTANTIATE_TEST_SUITE_P(Scenes, Kill, testing::ValuesIn(scenes()),
                         [](const auto& scene) { return scene.param.name; });

}  // namespace
}  // namespace pond::crash

// Cuts the power after every call of every command, and looks at every state that may be left.
// docs/durability.md says what is promised and what the disk is assumed to do.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "states_test_support.h"

namespace pond::crash {
namespace {

std::string list(const std::vector<std::string>& losses) {
  std::string text;
  for (const auto& loss : losses)
    text += loss + "\n";
  return text;
}

class PowerCut : public testing::TestWithParam<Scene> {};

TEST_P(PowerCut, LosesNothing) {
  Stage stage;
  const Recording recording = record_scene(stage, GetParam());
  Plan plan;
  std::size_t calls = 1;
  for (const auto& step : recording.steps)
    calls += step.records.size();
  plan.samples = std::max(plan.samples, wanted_states() / scenes().size() / calls);
  States states(stage, plan);
  states.cut_everywhere(recording);
  const Tally& tally = states.tally();
  std::cout << GetParam().name << ": " << tally.cuts << " power cuts, " << tally.states
            << " states, " << tally.checked << " different, " << tally.lost << " lost\n";
  EXPECT_EQ(tally.lost, 0U) << list(tally.losses);
  EXPECT_TRUE(stage.blobs.altered().empty()) << "a file was changed in place";
}

INSTANTIATE_TEST_SUITE_P(Scenes, PowerCut, testing::ValuesIn(scenes()),
                         [](const auto& scene) { return scene.param.name; });

}  // namespace
}  // namespace pond::crash

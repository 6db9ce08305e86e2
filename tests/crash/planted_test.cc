// The harness is believed because it finds the bugs planted here: fsyncs that never happened.
#include <gtest/gtest.h>

#include <iostream>

#include "states_test_support.h"

namespace pond::crash {
namespace {

const Scene& scene(const std::string& name) {
  for (const auto& one : scenes())
    if (one.name == name) return one;
  throw std::runtime_error("no scene " + name);
}

class Planted : public testing::Test {
 protected:
  std::size_t losses(const std::string& name,
                     std::function<bool(std::size_t number, bool directory)> ignore) {
    if (!recording_ || recording_->scene != name) recording_ = record_scene(stage_, scene(name));
    Plan plan;
    plan.samples = 0;
    plan.ignore = std::move(ignore);
    plan.enough = 1;
    states_.start_again(std::move(plan));
    states_.cut_everywhere(*recording_);
    return states_.tally().lost;
  }
  // The fsyncs of the recorded scene.
  std::size_t syncs() const {
    std::size_t count = 0;
    for (const auto& step : recording_->steps)
      for (const auto& record : step.records)
        count += record.op == Op::Sync ? 1 : 0;
    return count;
  }

  Stage stage_;
  States states_{stage_, {}};
  std::optional<Recording> recording_;
};

TEST_F(Planted, NoFileIsSynced) {
  for (const char* name : {"birth", "data"})
    EXPECT_GT(losses(name, [](std::size_t, bool directory) { return !directory; }), 0U) << name;
}

TEST_F(Planted, NoDirectoryIsSynced) {
  for (const char* name : {"birth", "data"})
    EXPECT_GT(losses(name, [](std::size_t, bool directory) { return directory; }), 0U) << name;
}

// Each fsync of making a pond and a few directories is needed: leaving out any one of them loses
// something in some state. The same of storing files, but for what is named twice.
TEST_F(Planted, OneFsyncIsLeftOut) {
  for (const char* name : {"birth", "data"}) {
    EXPECT_EQ(losses(name, {}), 0U) << name;
    std::string idle;
    std::size_t found = 0;
    for (std::size_t left_out = 0; left_out < syncs(); ++left_out) {
      if (losses(name, [&](std::size_t number, bool) { return number == left_out; }) > 0) {
        ++found;
      } else {
        idle += " " + std::to_string(left_out);
      }
    }
    std::cout << name << ": " << found << " of " << syncs() << " fsyncs are needed; not:" << idle
              << "\n";
    EXPECT_GE(found * 10, syncs() * 7) << name;
  }
}

}  // namespace
}  // namespace pond::crash

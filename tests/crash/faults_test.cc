// The N-th call of a kind fails, for every N that a command reaches: it says so in one line and
// changes nothing, or succeeds because the call was not essential; the pond is as before or after.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "base/file.h"
#include "content_test_support.h"
#include "states_test_support.h"

namespace pond::crash {
namespace {

struct Fault {
  std::string kind;
  int error = 0;       // 0: a short transfer
  bool goes_on = false;  // the later ones fail too
};

const std::vector<Fault>& faults() {
  static const std::vector<Fault> all = {
      {"open", EMFILE},  {"open", EIO},     {"open", ENOSPC, true}, {"open", EINTR},
      {"read", EIO},     {"read", EINTR},   {"read", 0},            {"write", ENOSPC, true},
      {"write", EIO},    {"write", EINTR},  {"write", 0},           {"sync", EIO},
      {"sync", ENOSPC},  {"sync", EINTR},   {"rename", ENOSPC},     {"rename", EIO, true},
      {"mkdir", ENOSPC}, {"mkdir", EIO},    {"unlink", EIO, true},  {"close", EIO},
      {"close", EINTR},
  };
  return all;
}

std::string spelled(const Fault& fault, std::size_t n) {
  return "the " + std::to_string(n) + ". " + fault.kind + (fault.goes_on ? " and all after it" : "") +
         (fault.error == 0 ? " is short" : std::string(" says ") + std::strerror(fault.error));
}

// Whether the report of a run says that the fault happened.
std::string fired(const std::filesystem::path& report) {
  const std::string text = std::filesystem::exists(report) ? read_file(report) : "";
  const std::size_t at = text.find("fired ");
  return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

std::vector<std::string> temporary_files(const std::filesystem::path& directory) {
  std::vector<std::string> all;
  for (const auto& item : std::filesystem::recursive_directory_iterator(directory)) {
    const std::string name = item.path().filename().string();
    if (name.starts_with(".tmp-") || name.starts_with(".")) all.push_back(name);
  }
  return all;
}

class Faults : public testing::TestWithParam<Scene> {
 protected:
  // Runs one command with one fault on the pond of `image`. False when the command did not get to
  // the N-th call.
  bool attempt(const Image& image, const Step& step, const Fault& fault, std::size_t n,
               const std::string& before);

  Stage stage_;
  std::size_t injected_ = 0, succeeded_ = 0, left_ = 0;
};

bool Faults::attempt(const Image& image, const Step& step, const Fault& fault, std::size_t n,
                     const std::string& before) {
  stage_.restore(image);
  std::vector<Record> records;
  const Outcome outcome = stage_.record(step.command, records,
                                        {{"FAULT", fault.kind + ":" + std::to_string(n) + ":" +
                                                       std::to_string(fault.error) +
                                                       (fault.goes_on ? ":on" : "")}});
  const std::string where = fired(stage_.report());
  if (where.empty()) return false;
  ++injected_;
  const std::string moment =
      crash::spelled(step.command) + ": " + spelled(fault, n) + " (" + where + ")\n" + outcome.errors;
  EXPECT_FALSE(outcome.timed_out) << moment;
  EXPECT_LE(outcome.status, 1) << moment;
  std::string content;
  try {
    content = read_pond(stage_.pond());
    commit_next(stage_.pond(), content, false);
  } catch (const std::exception& error) {
    ADD_FAILURE() << moment << "afterwards: " << error.what();
    return true;
  }
  if (outcome.status == 0) {
    ++succeeded_;
    EXPECT_EQ(content == before, step.content == before) << moment << "acknowledged and not there";
  } else {
    const auto lines = std::count(outcome.errors.begin(), outcome.errors.end(), '\n');
    EXPECT_TRUE(outcome.errors.starts_with("error: ")) << moment;
    EXPECT_LE(lines, 2) << moment;
    EXPECT_TRUE(lines < 2 || outcome.errors.find("\nhint: ") != std::string::npos) << moment;
    // A staged file goes by the name of the host's file that it was made from.
    EXPECT_TRUE(outcome.errors.find(stage_.root().string()) != std::string::npos ||
                outcome.errors.find(stage_.host().string()) != std::string::npos)
        << "no file is named: " << moment;
    // A short transfer is continued. (An interrupted one too where the call is ours; DuckDB and
    // Arrow give up, which a local filesystem never puts to the test.)
    EXPECT_NE(fault.error, 0) << moment;
  }
  auto left = temporary_files(stage_.root());
  std::erase(left, ".readers");  // always stays
  if (fault.kind != "unlink") {
    EXPECT_TRUE(left.empty()) << moment << "left " << left.front();
  }
  left_ += left.empty() ? 0 : 1;
  return true;
}

TEST_P(Faults, AreReportedAndChangeNothing) {
  const Recording recording = record_scene(stage_, GetParam());
  const bool all = wanted_states() > 0;
  Disk disk(stage_.root().string(), recording.image, stage_.blobs);
  std::string before = recording.content;
  std::size_t turn = 0;
  for (const auto& step : recording.steps) {
    const Image image = disk.now();
    // The short run takes every other N, and for each one of the errors of a kind, in turn.
    std::map<std::string, std::vector<Fault>> kinds;
    for (const auto& fault : faults())
      kinds[fault.kind].push_back(fault);
    for (const auto& [kind, errors] : kinds) {
      std::size_t reached = 1;
      for (std::size_t n = all ? 1 : 1 + turn % 2; reached > 0; n += all ? 1 : 2) {
        reached = 0;
        for (std::size_t i = 0; i < errors.size(); ++i)
          if (all || i == turn % errors.size())
            reached += attempt(image, step, errors[i], n, before) ? 1 : 0;
        ++turn;
      }
    }
    disk.next_process();
    for (const auto& record : step.records)
      disk.apply(record);
    before = step.content;
  }
  std::cout << GetParam().name << ": " << injected_ << " faults, " << succeeded_
            << " of them survived, " << left_ << " left temporary files\n";
}

INSTANTIATE_TEST_SUITE_P(Scenes, Faults, testing::ValuesIn(scenes()),
                         [](const auto& scene) { return scene.param.name; });

}  // namespace
}  // namespace pond::crash

// scribble: a random tree of directories, tables and bytes, for trying things on. Every run makes
// one more, the same ones from the same seed.
//
//   pond_path: /scribble
//   count_min: 5
//   count_max: 10
//   probs: {tree: 0.2, table: 0.4}
#include <arrow/record_batch.h>
#include <yaml-cpp/yaml.h>

#include <nlohmann/json.hpp>
#include <random>

#include "factory/factory_node.h"
#include "factory/input_files.h"
#include "pond/error.h"
#include "pond/tinylogfs.h"

namespace pond::factory {
namespace {

using nlohmann::json;

constexpr int kDeepest = 4;
constexpr std::int64_t kMostEntries = 1000;

class Scribbler {
 public:
  Scribbler(RunContext& context, const json& config)
      : context_(context),
        root_(context.fs.root()),
        least_(config.at("count_min")),
        most_(config.at("count_max")),
        tree_(config.at("probs").at("tree")),
        table_(config.at("probs").at("table")) {}

  // The standard's engines give the same numbers everywhere, its distributions do not.
  void seed(std::uint64_t seed) { random_.seed(seed); }

  void fill(const std::string& directory, int depth) {
    root_.create_directories(directory);
    const std::int64_t count = least_ + below(most_ - least_ + 1);
    for (std::int64_t i = 0; i < count; ++i) {
      const double chance = fraction();
      const std::string path = directory + "/" + word() + "-" + std::to_string(i);
      if (chance < tree_ && depth < kDeepest)
        fill(path, depth + 1);
      else if (chance < tree_ + table_)
        table(path + ".table");
      else
        root_.create_file(path + ".txt", tinyfs::Kind::Data).as_file().write(words());
      ++entries_;
    }
  }

  std::uint64_t entries() const { return entries_; }

 private:
  std::int64_t below(std::int64_t end) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(end));
  }
  double fraction() { return static_cast<double>(random_() >> 11) * 0x1.0p-53; }

  std::string word() {
    std::string text;
    for (std::int64_t length = 3 + below(5); length > 0; --length)
      text += static_cast<char>('a' + below(26));
    return text;
  }

  std::string words() {
    std::string text;
    for (std::int64_t count = 1 + below(20); count > 0; --count)
      text += word() + (count > 1 ? " " : "\n");
    return text;
  }

  void table(const std::string& path) {
    const std::string rows = std::to_string(1 + below(100));
    const auto result =
        context_.session.query("SELECT range AS number, sin(range + " +
                               std::to_string(below(1000)) + ") AS value FROM range(" + rows + ")");
    const auto node = root_.create_file(path, tinyfs::Kind::Table);
    stored_file(node).append(*result);
  }

  RunContext& context_;
  tinyfs::WD root_;
  std::int64_t least_;
  std::int64_t most_;
  double tree_;
  double table_;
  std::mt19937_64 random_;
  std::uint64_t entries_ = 0;
};

RunReport run(const tinyfs::DynamicSpec& spec, RunContext& context) {
  const json config = json::parse(spec.config);
  const std::string path = config.at("pond_path");
  tinyfs::Transaction transaction = context.fs.begin();
  std::uint64_t number = 0;
  while (context.fs.root().find_link(path + "/" + std::to_string(number)))
    ++number;
  Scribbler scribbler(context, config);
  scribbler.seed(config.at("seed").get<std::uint64_t>() * 1'000'003 + number);
  const std::string directory = path + "/" + std::to_string(number);
  scribbler.fill(directory, 0);
  RunReport report;
  if (transaction.commit({.command = context.command})) ++report.commits;
  report.lines.push_back(directory + ": " + std::to_string(scribbler.entries()) + " entries");
  return report;
}

std::string validate(const YAML::Node& config, const Registry& /*registry*/) {
  ConfigReader reader(config, "spec");
  const std::string path = read_directory(reader, "pond_path", "/scribble");
  const auto whole = [&](const std::string& key, std::int64_t otherwise, std::int64_t least,
                         std::int64_t most) {
    const std::int64_t value = reader.integer(key, otherwise);
    if (value < least || value > most)
      config_error(reader.node(key), reader.path(key),
                   "must be from " + std::to_string(least) + " to " + std::to_string(most));
    return value;
  };
  const std::int64_t least = whole("count_min", 5, 1, kMostEntries);
  const std::int64_t most =
      whole("count_max", std::max<std::int64_t>(10, least), least, kMostEntries);
  json probs{{"tree", 0.05}, {"table", 0.4}};
  if (const auto node = reader.find("probs")) {
    ConfigReader given(*node, reader.path("probs"));
    for (const std::string key : {"tree", "table"}) {
      const double value = given.number(key, probs[key]);
      if (!(value >= 0 && value <= 1))
        config_error(given.node(key), given.path(key), "must be from 0 to 1");
      probs[key] = value;
    }
    given.finish();
  }
  // A tree of trees grows by this factor with every level.
  if (probs["tree"].get<double>() * static_cast<double>(most) > 10)
    config_error(reader.node("probs"), reader.path("probs") + ".tree",
                 "makes too large a tree with count_max " + std::to_string(most));
  const std::int64_t seed = whole("seed", 0, 0, 1'000'000'000);
  reader.finish();
  return json{{"pond_path", tinyfs::normalise_path(path)},
              {"count_min", least},
              {"count_max", most},
              {"probs", probs},
              {"seed", seed}}
      .dump();
}

}  // namespace

FactoryType scribble() {
  return {
      .name = "scribble",
      .summary = "a random tree of directories, tables and bytes, one more with each `pond run`",
      .example =
          "pond_path: /scribble\n"
          "count_min: 5\n"
          "count_max: 10\n"
          "probs: {tree: 0.2, table: 0.4}\n",
      .validate = validate,
      .load = nullptr,
      .run = run};
}

}  // namespace pond::factory

#include "scenes_test_support.h"

#include <cstdlib>

#include "base/file.h"

namespace pond::crash {
namespace fs = std::filesystem;
namespace {

// `count` readings, one a minute from minute `first` of 2024, that compress badly.
std::string csv(int first, int count, bool battery = false) {
  std::string text = battery ? "timestamp,level,battery\n" : "timestamp,level\n";
  std::uint64_t noise = 88172645463325252ULL + static_cast<std::uint64_t>(first);
  for (int i = first; i < first + count; ++i) {
    noise ^= noise << 13U, noise ^= noise >> 7U, noise ^= noise << 17U;
    char line[128];
    std::snprintf(line, sizeof line, "2024-01-%02dT%02d:%02d:00Z,%.12f%s\n", 1 + i / 1440,
                  i / 60 % 24, i % 60, static_cast<double>(noise) / 1.8e19, battery ? ",12.5" : "");
    text += line;
  }
  return text;
}

std::string noise(std::size_t size) {
  std::string bytes;
  std::uint64_t state = 1234567;
  while (bytes.size() < size) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    bytes += static_cast<char>(state >> 56U);
  }
  return bytes;
}

constexpr const char* kReduce =
    "in_pattern: /s/l*l.series\nout_pattern: l$0l\ntime_column: timestamp\n"
    "resolutions: [1h, 1d]\naggregations: [{type: avg, columns: [level]}]\n";

constexpr const char* kStation =
    "version: v1\nkind: mkdir\nmetadata: {path: /station}\n---\n"
    "version: v1\nkind: copy\nmetadata: {path: /station/note}\nspec: {source: \"host://small\"}\n"
    "---\nversion: v1\nkind: mknod\nmetadata: {path: /station/warm.series}\nspec:\n"
    "  factory: sql-derived-series\n  config:\n    patterns: {source: /s/level.series}\n"
    "    query: SELECT * FROM source WHERE level > 0.5\n";

Command append(int i) {
  return {"copy", "host+csv+series://rows" + std::to_string(i) + ".csv", "/s/level.series"};
}

std::vector<Command> appended(int count) {
  std::vector<Command> all{{"init"}, {"mkdir", "/s"}};
  for (int i = 0; i < count; ++i)
    all.push_back(append(i));
  return all;
}

}  // namespace

const std::vector<Scene>& scenes() {
  static const std::vector<Scene> all = {
      {"birth",
       {},
       {
           {"init"},
           {"mkdir", "/s"},
           {"mkdir", "-p", "/a/b/c"},
       }},
      {"data",
       {{"init"}, {"mkdir", "/d"}},
       {
           {"copy", "host://small", "/d/small"},
           {"copy", "host://large", "/d/large"},
           {"copy", "host://large", "/d/again"},
           {"copy", "host://small", "/d/large"},
           {"copy", "/d/again", "/d/third"},
       }},
      {"tables",
       {{"init"}, {"mkdir", "/t"}},
       {
           {"copy", "host+csv+table://rows0.csv", "/t/level.table"},
           {"copy", "host+table://large.parquet", "/t/large.table"},
           {"copy", "host+csv+table://rows1.csv", "/t/level.table"},
       }},
      {"series",
       {{"init"}, {"mkdir", "/s"}},
       {
           {"copy", "host+series://large.parquet", "/s/large.series"},
           append(0),
           append(1),
           {"copy", "host+csv+series://battery.csv", "/s/level.series"},
       }},
      // The ninth append finds eight files to fold and flushes their rows to Parquet; every tenth
      // commit writes a checkpoint.
      {"flush", appended(7), {append(7), append(8), append(9), {"mkdir", "/s/x"}}},
      // Log entries expire into the history and removed files go, at the tenth commits.
      {"expire",
       [] {
         auto before = appended(5);
         before.insert(before.begin() + 1, {{"config", "set", "maintenance.keep_commits", "3"},
                                            {"config", "set", "maintenance.keep_minutes", "0"}});
         before.insert(before.end(), 10, {"copy", "host://small", "/s/note"});
         return before;
       }(),
       {append(5), {"copy", "host://large", "/s/note"}, append(6), {"mkdir", "-p", "/s/x"}}},
      {"maintain",
       [] {
         auto before = appended(9);
         before.insert(before.end(), {{"copy", "host://small", "/s/note"},
                                      {"copy", "host://large", "/s/note"},
                                      {"copy", "host://small", "/s/note"},
                                      {"rm", "/s/note"},
                                      {"copy", "host://large", "/s/other"},
                                      {"copy", "host://small", "/s/other"}});
         return before;
       }(),
       {
           {"maintain", "--compact"},
           append(9),
           {"maintain", "--keep-versions", "1"},
           {"maintain", "--vacuum"},
           {"maintain", "--compact", "--vacuum"},
           {"recover"},
       }},
      {"names",
       {{"init"},
        {"mkdir", "-p", "/s/old"},
        append(0),
        {"mkdir", "/drop"},
        {"copy", "host://small", "/drop/note"},
        {"copy", "host://large", "/drop/large"}},
       {
           {"mv", "/drop/note", "/s/note"},
           {"mv", "/drop", "/s/old"},
           {"ln", "-s", "/s/old/drop", "/drop"},
           {"rm", "/s/note"},
           {"mknod", "temporal-reduce", "/reduced", "--config-path", "reduce.yaml"},
           {"apply", "-f", "station.yaml"},
           {"apply", "-f", "station.yaml"},
           {"rm", "-r", "/s/old"},
       }},
      {"reduce",
       {{"init"},
        {"mkdir", "/s"},
        append(0),
        append(1),
        {"mknod", "temporal-reduce", "/reduced", "--config-path", "reduce.yaml"}},
       {
           {"run", "reduced"},
           append(2),
           {"run", "reduced"},
           {"run", "reduced"},
       }},
  };
  return all;
}

void write_host_files(const fs::path& directory) {
  fs::create_directories(directory);
  const auto write = [&](const std::string& name, const std::string& bytes) {
    write_all(create_exclusive(directory / name), bytes, directory / name);
  };
  for (int i = 0; i < 10; ++i)
    write("rows" + std::to_string(i) + ".csv", csv(i * 600, 600));
  write("battery.csv", csv(1200, 20, true));
  write("small", "calm\n");
  write("large", noise(150'000));
  write("reduce.yaml", kReduce);
  write("station.yaml", kStation);
  fs::copy_file(fs::path(POND_EXAMPLE_DATA) / "usgs-01650800.parquet", directory / "large.parquet");
}

}  // namespace pond::crash

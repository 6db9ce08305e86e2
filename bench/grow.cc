// grow POND COMMITS: makes a pond of so many commits, as a station does over the years, each by a
// process that stays: one row appended to one of four series, every fiftieth time a file of bytes
// replaced. Prints milliseconds a commit, and the bytes handed to write().
#include <arrow/api.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

#include "pond/error.h"
#include "pond/tinylogfs.h"

namespace {

using namespace pond;

std::shared_ptr<arrow::Table> reading(std::int64_t i) {
  const auto type = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  arrow::TimestampBuilder time(type, arrow::default_memory_pool());
  arrow::DoubleBuilder level, temperature;
  const bool good = time.Append((1'700'000'000 + i * 60) * 1'000'000).ok() &&
                    level.Append(1.0 + static_cast<double>(i % 997) / 997).ok() &&
                    temperature.Append(10.0 + static_cast<double>(i % 1009) / 101).ok();
  if (!good) std::abort();
  return arrow::Table::Make(
      arrow::schema({arrow::field("timestamp", type), arrow::field("level", arrow::float64()),
                     arrow::field("temperature", arrow::float64())}),
      {time.Finish().ValueOrDie(), level.Finish().ValueOrDie(), temperature.Finish().ValueOrDie()});
}

// The bytes that this process has written so far.
std::int64_t wrote() {
  std::ifstream io("/proc/self/io");
  std::string name;
  std::int64_t count = 0;
  while (io >> name >> count)
    if (name == "wchar:") return count;
  return 0;
}

void grow(const std::filesystem::path& directory, std::int64_t commits) {
  const bool fresh = !std::filesystem::exists(directory / "_delta_log");
  const auto backend = fresh ? tinylogfs::OpLogBackend::create(directory, {}, {.command = "init"})
                             : tinylogfs::OpLogBackend::open(directory);
  tinyfs::FS fs(backend);
  std::vector<double> milliseconds;
  const std::int64_t wrote_before = wrote();
  for (std::int64_t i = backend->oplog().txn() + 1; i <= commits; ++i) {
    const auto began = std::chrono::steady_clock::now();
    auto transaction = fs.begin();
    auto root = fs.root();
    root.create_directories("/station/");
    const bool bytes = i % 50 == 0;
    const std::string path =
        bytes ? "/station/notes" : "/station/dock-" + std::to_string(i % 4) + ".series";
    if (!root.find(path)) root.create_file(path, bytes ? tinyfs::Kind::Data : tinyfs::Kind::Series);
    const auto node = root.get(path);
    if (bytes) {
      node.as_file().write(*tinyfs::read_bytes("note " + std::to_string(i) + "\n"));
    } else {
      tinylogfs::as_oplog_file(*node.node())->append(*reading(i));
    }
    transaction.commit({.command = "grow"});
    milliseconds.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began)
            .count());
  }
  if (milliseconds.empty()) return;
  std::sort(milliseconds.begin(), milliseconds.end());
  const auto at = [&](double share) {
    return milliseconds[static_cast<std::size_t>(share *
                                                 static_cast<double>(milliseconds.size() - 1))];
  };
  const double mean = std::accumulate(milliseconds.begin(), milliseconds.end(), 0.0) /
                      static_cast<double>(milliseconds.size());
  std::printf("{\"mean\": %.3f, \"median\": %.3f, \"p99\": %.3f, \"max\": %.3f, \"wrote\": %lld}\n",
              mean, at(0.5), at(0.99), at(1), static_cast<long long>(wrote() - wrote_before));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: grow POND COMMITS\n");
    return 2;
  }
  try {
    grow(argv[1], std::atoll(argv[2]));
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}

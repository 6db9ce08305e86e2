// What the tests of collectors stand on: a HydroVu server of their own (tests/hydrovu_server) and a
// pond in a temporary directory.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pond/factory.h"
#include "pond/query.h"
#include "pond/tinylogfs.h"
#include "server_process.h"

namespace arrow {
class Table;
}

namespace pond::collect_test {

// The server process, on a free port of 127.0.0.1. It ends with this object, or with the test
// program. The executable is $HYDROVU_SERVER, or lies beside the test program.
class Server {
 public:
  // `sites` are files of examples/data: {"usgs-01589330"}.
  Server(const std::vector<std::string>& sites, const std::vector<std::string>& options);

  const std::string& url() const { return process_.line(); }
  // POST /admin/…, e.g. admin("until", {{"time", "2019-05-20"}}).
  void admin(const std::string& what,
             const std::vector<std::pair<std::string, std::string>>& fields);
  std::map<std::string, std::uint64_t> stats();  // requests answered, by kind
  void stop() { process_.stop(); }

 private:
  ServerProcess process_;
};

std::filesystem::path data_file(const std::string& site);
std::shared_ptr<arrow::Table> read_data_file(const std::string& site);

// Hears what a job says, and does nothing.
class Silence : public factory::Progress {
 public:
  void say(const std::string&) override {}
  void step(std::uint64_t, std::uint64_t, std::string_view) override {}
};

// An empty pond, and the credentials HYDRO_KEY_ID and HYDRO_KEY_VALUE in the environment.
class Pond {
 public:
  Pond();
  ~Pond();
  Pond(const Pond&) = delete;
  Pond& operator=(const Pond&) = delete;

  // Runs a hydrovu node configured by `keys`, YAML lines after base_url, credentials and pond_path:
  // /hydrovu. What the job says goes to `progress`, or is forgotten.
  factory::RunReport collect(const Server& server, const std::string& keys,
                             std::vector<std::string> arguments = {},
                             factory::Progress* progress = nullptr);

  std::int64_t transaction() const;  // of the last commit
  // SELECT * ordered by time; the text form of one value of a query.
  std::shared_ptr<arrow::Table> read(const std::string& path);
  std::string value(const std::string& sql);
  tinylogfs::OpLogFile& file(const std::string& path);
  tinyfs::FS& fs() { return *fs_; }

 private:
  std::filesystem::path directory_;
  std::shared_ptr<tinylogfs::OpLogBackend> backend_;
  std::unique_ptr<tinyfs::FS> fs_;
  std::unique_ptr<query::Session> session_;
};

// The first difference between two tables' rows, columns by name; empty when there is none.
std::string difference(const arrow::Table& left, const arrow::Table& right);

}  // namespace pond::collect_test

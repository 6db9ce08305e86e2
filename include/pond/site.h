// The static web site: zoomable charts of series, as plain files that any web server can serve.
//
//   site::SiteSpec spec = site::parse_spec(config);   // the configuration of a `site` node
//   site::BuildReport report = site::build_site(fs, session, spec, "/var/www/pond");
//
// The files: index.html, app.js, style.css, js/, lib/, and data/: manifest.json, which says what
// there is, and tiles, Parquet files of one period (a month, a year) of one series at one
// resolution. See src/site/README.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pond/factory.h"
#include "pond/query.h"
#include "pond/tinyfs.h"

namespace pond::site {

struct ColumnSpec {
  std::string name;   // in the series
  std::string label;  // empty: made from the name
  std::string unit;   // empty: made from the name
  std::string scale;  // "linear" or "log"
};

struct ChartSpec {
  std::string title;    // $0, $1: captures of the pattern
  std::string series;   // a pond path, or a pattern: one chart for each match
  std::string reduced;  // a directory of res=1h.series and the like; empty: averages are made from
                        // the series
  std::string time_column;          // empty: the series' own, else "timestamp"
  std::vector<ColumnSpec> columns;  // empty: every numeric column
};

struct SiteSpec {
  std::string title;
  std::string description;
  std::vector<ChartSpec> charts;
};

// Reads the canonical JSON that the factory's validation made; Corrupt when it is not that.
SiteSpec parse_spec(std::string_view json);

struct BuildOptions {
  bool force = false;                     // write every tile, whatever has changed
  factory::Progress* progress = nullptr;  // may be null
};

struct BuildReport {
  std::uint64_t files_written = 0;
  std::uint64_t files_unchanged = 0;
  std::uint64_t files_removed = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t bytes = 0;  // of the whole site
  std::uint64_t tiles = 0;
  std::uint64_t rows = 0;  // of the series, over all charts
  double seconds = 0;
  std::vector<std::string> warnings;  // a series that is not there yet, ...
};

// Builds or updates the site in `out_dir`, which is created. Costs one pass over what is new in
// each stored series, and over the reduced ones; only tiles whose rows changed are written, each
// under a temporary name and then renamed, and the manifest last: a reader of the page never meets
// half a site. Files that this program did not write are left alone. InvalidArgument for a series
// that is no table or lacks a named column, Io, Conflict when another build of the same site is
// under way. Two builds of the same pond give the same bytes.
BuildReport build_site(tinyfs::FS& fs, query::Session& session, const SiteSpec& spec,
                       const std::filesystem::path& out_dir, const BuildOptions& options = {});

struct ServeOptions {
  std::string host = "127.0.0.1";
  int port = 8080;  // 0: any free one
  // When set, queries are answered too, one at a time: GET or POST
  // /api/sql?q=…&format=json|csv|arrow|parquet and GET /api/list?pattern=/**. Only for requests
  // that name this machine as their host.
  tinyfs::FS* fs = nullptr;
};

// A web server of one directory, for looking at a site on one's own machine: GET and HEAD, ranges,
// right types.
class Server {
 public:
  // Io when the port is taken, NotFound when there is no such directory.
  Server(const std::filesystem::path& directory, ServeOptions options);
  ~Server();
  Server(Server&&) noexcept;

  int port() const;
  std::string url() const;  // "http://127.0.0.1:8080/"
  void run();               // serves until stop()
  void stop();              // from any thread or a signal's handler thread

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// `pond site serve`: a Server that runs until it is stopped.
inline void serve(const std::filesystem::path& directory, const ServeOptions& options,
                  const std::function<void(const Server&)>& ready = {}) {
  Server server(directory, options);
  if (ready) ready(server);
  server.run();
}

// The factory `site`. `pond run NODE OUT_DIR` builds.
void add_site(factory::Registry& registry);

}  // namespace pond::site

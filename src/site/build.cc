#include <chrono>
#include <nlohmann/json.hpp>
#include <set>

#include "pond/site.h"
#include "site/chart.h"
#include "site/folder.h"
#include "site/labels.h"
#include "site/page.h"
#include "site/state.h"

namespace pond::site {
namespace {

constexpr const char* kState = "data/.state.json";
constexpr const char* kManifest = "data/manifest.json";

// $0, $1, … in `text` by what the pattern's wildcards matched.
std::string with_captures(std::string text, const std::vector<std::string>& captures) {
  for (std::size_t i = captures.size(); i-- > 0;) {
    const std::string name = "$" + std::to_string(i);
    for (std::size_t at = 0; (at = text.find(name, at)) != text.npos; at += captures[i].size()) {
      text.replace(at, name.size(), captures[i]);
    }
  }
  return text;
}

// One chart for each series that a pattern matches.
std::vector<ChartSpec> expand(tinyfs::FS& fs, const SiteSpec& site,
                              std::vector<std::string>& warnings) {
  std::vector<ChartSpec> charts;
  for (const ChartSpec& spec : site.charts) {
    if (!tinyfs::has_wildcards(spec.series)) {
      charts.push_back(spec);
      continue;
    }
    const auto matches = fs.root().glob(spec.series);
    if (matches.empty()) warnings.push_back("nothing matches " + spec.series + " yet");
    for (const auto& match : matches) {
      ChartSpec& chart = charts.emplace_back(spec);
      chart.series = match.node.path();
      chart.title = with_captures(spec.title, match.captures);
      chart.reduced = with_captures(spec.reduced, match.captures);
    }
  }
  return charts;
}

std::string manifest(const SiteSpec& site, const std::vector<BuiltChart>& charts) {
  // The entries are JSON already.
  std::string json = "{\"version\":1,\"title\":" + nlohmann::json(site.title).dump() +
                     ",\"description\":" + nlohmann::json(site.description).dump() +
                     ",\"charts\":[";
  for (std::size_t i = 0; i < charts.size(); ++i)
    json += (i == 0 ? "\n" : ",\n") + charts[i].entry;
  return json + "\n]}\n";
}

}  // namespace

BuildReport build_site(tinyfs::FS& fs, query::Session& session, const SiteSpec& spec,
                       const std::filesystem::path& out_dir, const BuildOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  BuildReport report;
  Folder folder(out_dir, report);
  const BuildState before = load_state(folder.path(kState));
  BuildState after;

  const std::vector<ChartSpec> specs = expand(fs, spec, report.warnings);
  std::set<std::string> slugs;
  std::vector<BuiltChart> charts;
  std::vector<PageChart> pages;
  for (const ChartSpec& chart : specs) {
    const std::string slug = slug_of(chart.title, slugs);
    if (options.progress != nullptr) {
      options.progress->say("site: " + chart.series);
      options.progress->step(charts.size(), specs.size(), chart.title);
    }
    const auto known = before.charts.find(slug);
    const ChartState* old =
        known == before.charts.end() || options.force ? nullptr : &known->second;
    BuiltChart& built =
        charts.emplace_back(build_chart(fs, session, folder, slug, chart, old, report.warnings));
    report.rows += built.state.rows;
    for (const auto& level : built.state.levels)
      report.tiles += level.tiles.size();
    pages.push_back(built.page);
    after.charts[slug] = built.state;
  }

  // Tiles are in place: now what names them, then what nothing names any more.
  write_page(folder, spec.title, spec.description, pages);
  folder.write(kManifest, manifest(spec, charts));
  folder.remove_stale(before.files);
  after.files = folder.files();
  save_state(folder.path(kState), after);
  if (options.progress != nullptr) options.progress->step(specs.size(), specs.size(), "site");
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace pond::site

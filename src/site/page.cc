#include "site/page.h"

#include <array>
#include <set>

#include "base/sha256.h"
#include "pond/error.h"
#include "pond_site_assets.h"
#include "site/labels.h"

namespace pond::site {
namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

// What of hyparquet reads flat columns; three parts that it imports but tiles never need are stood
// in for.
constexpr std::array kHyparquet = {"assemble", "column", "constants", "convert",
                                   "datapage", "delta",  "encoding",  "metadata",
                                   "plain",    "schema", "snappy",    "thrift"};
constexpr std::array kUnused = {"geoparquet", "variant", "wkb"};

std::string_view asset(const std::string& name) {
  if (const auto content = assets::find(name)) return *content;
  throw Error(ErrorCode::NotFound, "this program was built without the page's file " + name,
              "run scripts/bootstrap and build again");
}

std::string_view trimmed(std::string_view line) {
  const auto start = line.find_first_not_of(" \t");
  if (start == line.npos) return {};
  return line.substr(start, line.find_last_not_of(" \t\r") + 1 - start);
}

std::string chart_html(const PageChart& chart) {
  std::string values;
  // Panels as the page will make them: one for each unit, or for a column without.
  std::set<std::string> panels;
  for (std::size_t i = 0; i < chart.columns.size(); ++i) {
    const auto& [label, unit] = chart.columns[i];
    values +=
        fill(asset("value.html"), {{"label", escape_html(label)}, {"unit", escape_html(unit)}});
    panels.insert(unit.empty() ? " " + std::to_string(i) : unit);
  }
  return fill(asset("chart.html"), {{"slug", chart.slug},
                                    {"title", escape_html(chart.title)},
                                    {"panels", std::to_string(panels.size())},
                                    {"axes", panels.size() > 2 ? "2" : "1"},
                                    {"values", values}});
}

}  // namespace

std::string fill(std::string_view text, const Values& values) {
  std::string filled;
  while (true) {
    const auto open = text.find("{{");
    filled += text.substr(0, open);
    if (open == text.npos) return filled;
    const auto close = text.find("}}", open);
    const std::string name(text.substr(open + 2, close == text.npos ? close : close - open - 2));
    bool known = false;
    for (const auto& [key, value] : values) {
      if (key != name) continue;
      filled += value;
      known = true;
    }
    if (!known || close == text.npos) {
      throw Error(ErrorCode::InvalidArgument,
                  "the page's template has no value for {{" + name + "}}");
    }
    text.remove_prefix(close + 2);
  }
}

std::string lighten(std::string_view source) {
  std::string light;
  std::string comment;  // a block that may have to stay
  bool inside = false;
  while (!source.empty()) {
    const auto end = source.find('\n');
    const std::string_view line = trimmed(source.substr(0, end));
    source.remove_prefix(end == source.npos ? source.size() : end + 1);
    if (!inside && line.starts_with("/*")) {
      inside = true;
      comment.clear();
    }
    if (inside) {
      comment.append(line).append("\n");
      const auto closed = line.find("*/");
      if (closed == line.npos) continue;
      inside = false;
      const bool licence =
          comment.find("icense") != comment.npos || comment.find("opyright") != comment.npos;
      const std::string_view rest = trimmed(line.substr(closed + 2));
      if (licence) {
        light += comment;
      } else if (!rest.empty()) {
        light.append(rest).append("\n");
      }
      continue;
    }
    if (line.empty() || line.starts_with("//")) continue;
    light.append(line).append("\n");
  }
  return light;
}

void write_page(Folder& folder, const std::string& title, const std::string& description,
                const std::vector<PageChart>& charts) {
  std::string preload;
  Sha256 all;
  const auto add = [&](const std::string& file, const std::string& bytes) {
    folder.write(file, bytes);
    all.update(bytes);
  };
  const auto add_module = [&](const std::string& file, const std::string& bytes) {
    add(file, bytes);
    preload += "<link rel=\"modulepreload\" href=\"" + file + "\">\n";
  };

  add("style.css", lighten(asset("style.css")));
  add("app.js", lighten(asset("app.js")));
  for (const auto& file : assets::files()) {
    if (file.name.starts_with("js/")) add_module(std::string(file.name), lighten(file.content));
  }
  for (const std::string name : kHyparquet) {
    add_module("lib/hyparquet/" + name + ".js", lighten(asset("hyparquet/src/" + name + ".js")));
  }
  for (const std::string name : kUnused) {
    add_module("lib/hyparquet/" + name + ".js", lighten(asset("unused.js")));
  }
  add("lib/hyparquet/LICENSE", std::string(asset("hyparquet/LICENSE")));
  for (const std::string name : {"uPlot.iife.min.js", "uPlot.min.css"}) {
    add("lib/uplot/" + name, std::string(asset("uplot/dist/" + name)));
  }
  add("lib/uplot/LICENSE", std::string(asset("uplot/LICENSE")));

  std::string sections, jumps;
  for (const PageChart& chart : charts) {
    sections += chart_html(chart);
    jumps += "<a href=\"#" + chart.slug + "\">" + escape_html(chart.title) + "</a>";
  }
  folder.write("index.html", fill(asset("index.html"), {{"title", escape_html(title)},
                                                        {"description", escape_html(description)},
                                                        {"version", all.finish().substr(0, 8)},
                                                        {"preload", preload},
                                                        {"nav", charts.size() > 1 ? jumps : ""},
                                                        {"charts", sections}}));
}

}  // namespace pond::site

// pond list: what is in the pond, one line for each entry.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/node_text.h"
#include "cli/paths.h"
#include "cli/print.h"
#include "pond/time.h"

namespace pond::cli {
namespace {

struct Options {
  std::vector<std::string> patterns;
  bool long_form = false;
  bool tree = false;
  bool all = false;
  bool json = false;
};

// With --all a glob that ends in '**' or '/' also gives the names that start with a dot.
std::vector<tinyfs::NodePath> find_all(const tinyfs::WD& root, const std::string& pattern) {
  std::string top = pattern;
  const bool deep = top.ends_with("/**");
  if (deep) top.resize(top.size() - 2);
  if (!top.ends_with('/')) {
    std::vector<tinyfs::NodePath> found;
    for (const auto& match : root.glob(pattern))
      found.push_back(match.node);
    return found;
  }
  while (top.size() > 1 && top.ends_with('/'))
    top.pop_back();
  std::vector<tinyfs::NodePath> found;
  for (const tinyfs::GlobMatch& match : root.glob(top)) {
    std::optional<tinyfs::NodePath> node = match.node;
    if (node->kind() == tinyfs::Kind::Symlink) node = root.find(node->path());
    if (!node || node->kind() != tinyfs::Kind::Directory) continue;
    if (deep) {
      for (auto& inner : walk(*node))
        found.push_back(std::move(inner));
    } else {
      for (const auto& entry : node->as_directory().entries())
        found.emplace_back(below(match.node.path(), entry.name), entry.node);
    }
  }
  return found;
}

std::vector<tinyfs::NodePath> find(const tinyfs::WD& root, const Options& options) {
  std::vector<std::string> patterns = options.patterns;
  if (patterns.empty()) patterns = {"/**"};
  std::vector<tinyfs::NodePath> found;
  for (const std::string& argument : patterns) {
    const std::string pattern = pond_path(argument, "list");
    if (options.all) {
      for (auto& node : find_all(root, pattern))
        found.push_back(std::move(node));
    } else {
      for (const auto& match : root.glob(pattern))
        found.push_back(match.node);
    }
  }
  return found;
}

void print_lines(const std::vector<tinyfs::NodePath>& nodes, bool long_form) {
  using enum Columns::Align;
  Columns columns(long_form ? std::vector{Left, Right, Left, Left, Left, Left, Left}
                            : std::vector{Left, Right, Left, Left, Left, Left});
  const bool colours = colours_on(STDOUT_FILENO);
  columns.set_minimum(0, 6);
  columns.set_minimum(1, 5);
  for (const tinyfs::NodePath& node : nodes) {
    const tinyfs::NodeInfo info = node.info();
    std::string name = node.path();
    if (colours && info.kind == tinyfs::Kind::Directory) name = "\x1b[1;34m" + name + "\x1b[0m";
    if (colours && info.kind == tinyfs::Kind::Symlink) name = "\x1b[1;36m" + name + "\x1b[0m";
    if (info.kind == tinyfs::Kind::Symlink) name += " -> " + node.as_symlink().target();
    std::vector<std::string> row = {kind_tag(info.kind), size_text(info)};
    if (long_form) row.push_back(" " + kind_text(info));
    row.push_back((long_form ? "v" : " v") + std::to_string(info.version));
    row.push_back(" " + list_time(info.time_us));
    row.push_back(" " + name);
    columns.add(std::move(row));
  }
  columns.print(std::cout);
}

void print_json(const std::vector<tinyfs::NodePath>& nodes) {
  for (const tinyfs::NodePath& node : nodes) {
    const tinyfs::NodeInfo info = node.info();
    nlohmann::ordered_json row = {{"path", node.path()},     {"kind", to_string(info.kind)},
                                  {"dynamic", info.dynamic}, {"version", info.version},
                                  {"size", info.size},       {"time", format_time(info.time_us)}};
    if (info.dynamic) row["factory"] = info.factory;
    if (info.kind == tinyfs::Kind::Symlink) row["target"] = node.as_symlink().target();
    std::cout << row.dump() << '\n';
  }
}

void print_tree(const tinyfs::NodePath& directory, const std::string& indent,
                const Options& options) {
  std::vector<tinyfs::DirEntry> entries = directory.as_directory().entries();
  if (!options.all)
    std::erase_if(entries, [](const tinyfs::DirEntry& e) { return e.name.starts_with('.'); });
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const tinyfs::NodePath node(below(directory.path(), entries[i].name), entries[i].node);
    const tinyfs::NodeInfo info = node.info();
    const bool last = i + 1 == entries.size();
    std::cout << indent << (last ? "└── " : "├── ") << entries[i].name;
    if (info.kind == tinyfs::Kind::Directory) std::cout << '/';
    if (info.kind == tinyfs::Kind::Symlink) std::cout << " -> " << node.as_symlink().target();
    if (options.long_form && info.kind != tinyfs::Kind::Directory)
      std::cout << "  (" << kind_text(info) << ", v" << info.version << ")";
    std::cout << '\n';
    if (info.kind == tinyfs::Kind::Directory)
      print_tree(node, indent + (last ? "    " : "│   "), options);
  }
}

void list_tree(const tinyfs::WD& root, const Options& options) {
  std::vector<std::string> patterns = options.patterns;
  if (patterns.empty()) patterns = {"/"};
  for (const std::string& argument : patterns) {
    std::string pattern = pond_path(argument, "list");
    while (pattern.size() > 1 && (pattern.ends_with('/') || pattern.ends_with("/**")))
      pattern.resize(pattern.rfind('/'));
    if (pattern.empty()) pattern = "/";
    const std::vector<tinyfs::NodePath> tops =
        tinyfs::has_wildcards(pattern) ? matching(root, pattern)
                                       : std::vector<tinyfs::NodePath>{root.get(pattern)};
    for (const tinyfs::NodePath& top : tops) {
      std::cout << top.path() << '\n';
      if (top.kind() == tinyfs::Kind::Directory) print_tree(top, "", options);
    }
  }
}

void list(Context& context, const Options& options) {
  const tinyfs::WD root = context.root();
  if (options.tree) return list_tree(root, options);
  const std::vector<tinyfs::NodePath> nodes = find(root, options);
  if (options.json) return print_json(nodes);
  print_lines(nodes, options.long_form);
}

}  // namespace

void add_list(CLI::App& app, Context& context) {
  auto options = std::make_shared<Options>();
  CLI::App* command = add_command(app, "list", "Lists files and directories",
                                  "pond list --long '/sensors/**/*.series'");
  command->alias("ls");
  command->add_option(
      "PATTERN", options->patterns,
      "Paths or patterns with ** * ? [a-z] {a,b}; a trailing / lists inside (default: /**)");
  command->add_flag("-l,--long", options->long_form, "Also the kind, such as series:dynamic");
  command->add_flag("--tree", options->tree, "As a tree");
  command->add_flag("-a,--all", options->all, "Also names that start with a dot");
  command->add_flag("--json", options->json, "One JSON object a line");
  command->callback([&context, options] { list(context, *options); });
}

}  // namespace pond::cli

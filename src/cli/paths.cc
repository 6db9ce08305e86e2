#include "cli/paths.h"

#include "pond/error.h"
#include "pond/url.h"

namespace pond::cli {
namespace {

void walk_into(const tinyfs::NodePath& directory, std::vector<tinyfs::NodePath>& found) {
  for (const tinyfs::DirEntry& entry : directory.as_directory().entries()) {
    found.emplace_back(below(directory.path(), entry.name), entry.node);
    if (found.back().kind() == tinyfs::Kind::Directory)
      walk_into(tinyfs::NodePath(found.back()), found);
  }
}

}  // namespace

std::string pond_path(std::string_view argument, std::string_view command) {
  if (argument.find("://") == std::string_view::npos) return std::string(argument);
  Url url = Url::parse(argument);
  if (url.host)
    throw Error(ErrorCode::InvalidArgument,
                std::string(command) + " works inside the pond, not on " + std::string(argument),
                "name a path of the pond, such as /sensors");
  return url.path;
}

std::vector<tinyfs::NodePath> matching(const tinyfs::WD& root, const std::string& pattern) {
  if (!tinyfs::has_wildcards(pattern)) return {root.get_link(pattern)};
  std::vector<tinyfs::NodePath> found;
  for (const tinyfs::GlobMatch& match : root.glob(pattern))
    found.push_back(match.node);
  if (found.empty())
    throw Error(ErrorCode::NotFound, "nothing matches " + pattern,
                "pond list '/**' shows what there is");
  return found;
}

std::vector<tinyfs::NodePath> walk(const tinyfs::NodePath& directory) {
  std::vector<tinyfs::NodePath> found;
  walk_into(directory, found);
  return found;
}

std::string below(std::string_view directory, std::string_view name) {
  std::string path(directory);
  while (path.ends_with('/'))
    path.pop_back();
  while (name.starts_with('/'))
    name.remove_prefix(1);
  return path + "/" + std::string(name);
}

std::string base_name(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/'))
    path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::vector<std::string> path_completions(const tinyfs::WD& root, const std::string& start) {
  std::vector<std::string> paths;
  const std::size_t slash = start.rfind('/');
  const std::string directory = slash == std::string::npos ? "/" : start.substr(0, slash + 1);
  const std::optional<tinyfs::NodePath> node = root.find(directory);
  if (!node || node->kind() != tinyfs::Kind::Directory) return paths;
  const std::string name = slash == std::string::npos ? start : start.substr(slash + 1);
  for (const tinyfs::DirEntry& entry : node->as_directory().entries()) {
    if (!entry.name.starts_with(name) || (name.empty() && entry.name.starts_with('.'))) continue;
    const bool is_directory = entry.node->info().kind == tinyfs::Kind::Directory;
    paths.push_back(directory + entry.name + (is_directory ? "/" : ""));
  }
  return paths;
}

}  // namespace pond::cli

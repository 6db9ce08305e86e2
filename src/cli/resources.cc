#include "cli/resources.h"

#include "cli/paths.h"
#include "pond/error.h"

namespace pond::cli {
namespace {

void collect(Context& context, const std::string& path, const tinyfs::Directory& directory,
             std::vector<Resource>& found) {
  for (const tinyfs::DirEntry& entry : directory.entries()) {
    const std::string entry_path = below(path, entry.name);
    const tinyfs::NodeInfo info = entry.node->info();
    if (auto spec = context.fs().backend().dynamic_spec(*entry.node)) {
      found.push_back({entry_path, entry.node, std::move(*spec)});
    } else if (info.kind == tinyfs::Kind::Directory && !info.dynamic) {
      collect(context, entry_path, dynamic_cast<const tinyfs::Directory&>(*entry.node), found);
    }
  }
}

std::string stem(const std::string& path) {
  const std::string name = base_name(path);
  return name.substr(0, name.rfind('.'));
}

}  // namespace

std::vector<Resource> all_resources(Context& context) {
  std::vector<Resource> found;
  collect(context, "/", context.root().get("/").as_directory(), found);
  return found;
}

Resource find_resource(Context& context, const std::string& path_or_name) {
  const tinyfs::WD root = context.root();
  const bool is_path = path_or_name.find('/') != std::string::npos;
  const std::string path =
      is_path ? pond_path(path_or_name, "this") : "/system/run/" + path_or_name;
  if (const std::optional<tinyfs::NodePath> node = root.find(path)) {
    if (auto spec = factory::spec_of(context.fs().backend(), *node->node()))
      return {node->path(), node->node(), std::move(*spec)};
    throw Error(ErrorCode::InvalidArgument, node->path() + " is stored, not configured",
                "pond get lists what is configured");
  }
  if (is_path) root.get(path);  // says what is missing

  std::vector<Resource> named;
  std::vector<std::string> names;
  for (Resource& resource : all_resources(context)) {
    names.push_back(base_name(resource.path));
    if (names.back() == path_or_name || stem(resource.path) == path_or_name)
      named.push_back(std::move(resource));
  }
  if (named.size() == 1) return std::move(named.front());
  if (named.empty()) {
    const std::string near = nearest(path_or_name, names);
    throw Error(ErrorCode::NotFound, "no configured resource named " + path_or_name,
                near.empty() ? "pond get lists what is configured" : "did you mean " + near + "?");
  }
  std::string paths;
  for (const Resource& resource : named)
    paths += (paths.empty() ? "" : ", ") + resource.path;
  throw Error(ErrorCode::InvalidArgument, "several resources are named " + path_or_name,
              "give its path: " + paths);
}

}  // namespace pond::cli

// The configured resources of a pond: the nodes made by factories, wherever they are.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"

namespace pond::cli {

struct Resource {
  std::string path;
  tinyfs::NodePtr node;
  tinyfs::DynamicSpec spec;
};

// All below the root, sorted by path. What a dynamic directory computes is not a resource of its
// own.
std::vector<Resource> all_resources(Context& context);

// The one at a path (links are followed) or of a name: /system/run/NAME first, else the only
// resource whose last path component is NAME, with or without its extension. NotFound with the
// nearest name.
Resource find_resource(Context& context, const std::string& path_or_name);

}  // namespace pond::cli

// Arguments that name things in the pond.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pond/tinyfs.h"

namespace pond::cli {

// The pond path of an argument, which may be a URL of the pond ("series:///x"). InvalidArgument for
// host+ URLs, saying that `command` works inside the pond.
std::string pond_path(std::string_view argument, std::string_view command);

// The nodes an argument names: a path, or a glob. Never empty: NotFound when there is nothing.
std::vector<tinyfs::NodePath> matching(const tinyfs::WD& root, const std::string& pattern);

// Everything below `directory`, dotfiles too, sorted by path; symlinks are not followed.
std::vector<tinyfs::NodePath> walk(const tinyfs::NodePath& directory);

// `directory` + "/" + `name`, with one slash between.
std::string below(std::string_view directory, std::string_view name);

// Paths that begin with `start`, one component further; directories end with '/'.
std::vector<std::string> path_completions(const tinyfs::WD& root, const std::string& start);

// The last component.
std::string base_name(std::string_view path);

}  // namespace pond::cli

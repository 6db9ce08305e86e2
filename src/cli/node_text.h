// How the commands name what a node is.
#pragma once

#include <string>

#include "pond/tinyfs.h"

namespace pond::cli {

std::string kind_tag(tinyfs::Kind kind);  // "[DIR]", "[FILE]", "[TAB]", "[SER]", "[LNK]"
std::string kind_text(const tinyfs::NodeInfo& info);  // "series", "series:dynamic"
std::string size_text(const tinyfs::NodeInfo& info);  // bytes, "-" for what has no size

}  // namespace pond::cli

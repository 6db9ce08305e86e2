#include "cli/node_text.h"

namespace pond::cli {

std::string kind_tag(tinyfs::Kind kind) {
  switch (kind) {
    case tinyfs::Kind::Directory:
      return "[DIR]";
    case tinyfs::Kind::Data:
      return "[FILE]";
    case tinyfs::Kind::Table:
      return "[TAB]";
    case tinyfs::Kind::Series:
      return "[SER]";
    case tinyfs::Kind::Symlink:
      return "[LNK]";
  }
  return "[????]";
}

std::string kind_text(const tinyfs::NodeInfo& info) {
  return std::string(to_string(info.kind)) + (info.dynamic ? ":dynamic" : "");
}

std::string size_text(const tinyfs::NodeInfo& info) {
  const bool sized =
      info.kind != tinyfs::Kind::Directory && info.kind != tinyfs::Kind::Symlink && !info.dynamic;
  return sized ? std::to_string(info.size) : "-";
}

}  // namespace pond::cli

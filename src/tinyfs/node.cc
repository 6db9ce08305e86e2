#include <array>
#include <utility>

#include "pond/tinyfs.h"
#include "tinyfs/path.h"

namespace pond::tinyfs {
namespace {

constexpr std::array<std::pair<Kind, std::string_view>, 5> kKinds{{
    {Kind::Directory, "directory"},
    {Kind::Data, "data"},
    {Kind::Table, "table"},
    {Kind::Series, "series"},
    {Kind::Symlink, "symlink"},
}};

Error wrong_kind(const NodePath& node, std::string_view wanted) {
  return Error(ErrorCode::InvalidArgument, "not a " + std::string(wanted) + ": " +
                                               shown(node.path()) + " is of kind " +
                                               std::string(to_string(node.kind())));
}

}  // namespace

std::string_view to_string(Kind kind) {
  for (const auto& [known, name] : kKinds)
    if (known == kind) return name;
  return "unknown";
}

Kind parse_kind(std::string_view text) {
  std::vector<std::string> names;
  for (const auto& [kind, name] : kKinds) {
    if (name == text) return kind;
    names.emplace_back(name);
  }
  const std::string near = nearest(text, names);
  throw Error(ErrorCode::InvalidArgument, "not a kind: '" + shown(text) + "'",
              near.empty() ? "the kinds are directory, data, table, series, symlink"
                           : "did you mean " + near + "?");
}

void Directory::insert(const std::string& name, const NodePtr& /*node*/) {
  throw Error(ErrorCode::ReadOnly,
              "read-only: cannot add '" + shown(name) + "' to a dynamic directory");
}

void Directory::remove(const std::string& name) {
  throw Error(ErrorCode::ReadOnly,
              "read-only: cannot remove '" + shown(name) + "' from a dynamic directory");
}

std::string NodePath::name() const {
  return path_ == "/" ? path_ : path_.substr(path_.rfind('/') + 1);
}

File& NodePath::as_file() const {
  if (auto* file = dynamic_cast<File*>(node_.get())) return *file;
  throw wrong_kind(*this, "file");
}

Directory& NodePath::as_directory() const {
  if (auto* directory = dynamic_cast<Directory*>(node_.get())) return *directory;
  throw wrong_kind(*this, "directory");
}

Symlink& NodePath::as_symlink() const {
  if (auto* symlink = dynamic_cast<Symlink*>(node_.get())) return *symlink;
  throw wrong_kind(*this, "symlink");
}

}  // namespace pond::tinyfs

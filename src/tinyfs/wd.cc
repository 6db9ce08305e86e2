// WD: every operation that takes a path.
#include <utility>

#include "pond/tinyfs.h"
#include "tinyfs/glob.h"
#include "tinyfs/path.h"
#include "tinyfs/place.h"

namespace pond::tinyfs {
namespace {

NodePath node_path(const Place& place) {
  return {place.path(), place.node};
}

void require_path(std::string_view path) {
  if (path.empty()) throw Error(ErrorCode::InvalidArgument, "an empty path", "write '.' or '/'");
}

Error already_exists(const std::string& path, const Node& node) {
  const std::string kind(to_string(node.info().kind));
  return Error(ErrorCode::AlreadyExists, "already exists: " + shown(path) + " (" + kind + ")");
}

void require_stored(const Place& directory, const std::string& path) {
  if (!directory.node->info().dynamic) return;
  throw Error(ErrorCode::ReadOnly, "read-only: " + shown(path),
              "the entries of " + shown(directory.path()) + " are computed, not stored");
}

// A name in an existing directory: what creation, removal and renaming act on.
struct Slot {
  PlacePtr parent;
  std::string name;

  std::string path() const { return join_path(parent->path(), name); }
  NodePtr node() const { return parent->directory()->get(name); }
};

// Resolution and changes from one directory. It lives for one call of WD.
class PathWalk {
 public:
  PathWalk(Backend& backend, const PlacePtr& start)
      : backend_(backend), root_(root_place(backend)), start_(start) {}

  const PlacePtr& root() const { return root_; }

  PlacePtr find(std::string_view path, FinalLink final_link) const {
    require_path(path);
    Resolution resolution(root_);
    PlacePtr place = resolution.resolve(start_, path, final_link);
    if (!place && resolution.is_loop()) throw resolution.error();
    return place;
  }

  PlacePtr get(std::string_view path, FinalLink final_link) const {
    require_path(path);
    Resolution resolution(root_);
    PlacePtr place = resolution.resolve(start_, path, final_link);
    if (!place) throw resolution.error();
    return place;
  }

  // The slot that `path` names; its directory must exist. Throws InvalidArgument when the last
  // component cannot be a name.
  Slot slot(std::string_view path) const {
    require_path(path);
    auto rest = path;
    while (rest.ends_with('/'))
      rest.remove_suffix(1);
    const std::size_t slash = rest.rfind('/');
    const auto name = slash == rest.npos ? rest : rest.substr(slash + 1);
    if (rest.empty())
      throw Error(ErrorCode::InvalidArgument, "the root directory itself cannot be changed: /");
    check_name(name, path);
    const auto parent = slash == rest.npos ? std::string_view(".") : rest.substr(0, slash + 1);
    PlacePtr place = get(parent, FinalLink::Follow);
    return {std::move(place), std::string(name)};
  }

  // What is in the slot, a symlink itself; NotFound.
  PlacePtr content(const Slot& slot) const {
    Resolution resolution(root_);
    PlacePtr place = resolution.resolve(slot.parent, slot.name, FinalLink::Keep);
    if (!place) throw resolution.error();
    return place;
  }

  void require_transaction(std::string_view doing, std::string_view path) const {
    if (backend_.in_transaction()) return;
    throw Error(ErrorCode::InvalidArgument,
                "no transaction is open: cannot " + std::string(doing) + " " + shown(path));
  }

  // Creates a node by `make(parent)` and names it.
  template <typename Make>
  PlacePtr create(const Slot& slot, const Make& make) const {
    require_stored(*slot.parent, slot.path());
    if (const auto existing = slot.node()) throw already_exists(slot.path(), *existing);
    Directory& parent = *slot.parent->directory();
    NodePtr node = make(parent);
    parent.insert(slot.name, node);
    return child_place(slot.parent, slot.name, std::move(node));
  }

  PlacePtr create_directory(const Slot& slot) const {
    return create(slot, [&](Directory& parent) { return backend_.create_directory(parent); });
  }

  PlacePtr start_of(std::string_view path) const { return is_absolute(path) ? root_ : start_; }

 private:
  Backend& backend_;
  PlacePtr root_;
  const PlacePtr& start_;
};

}  // namespace

WD::WD(std::shared_ptr<Backend> backend, std::shared_ptr<const Place> place)
    : backend_(std::move(backend)), place_(std::move(place)), path_(place_->path()) {}

NodePath WD::get(std::string_view path) const {
  return node_path(*PathWalk(*backend_, place_).get(path, FinalLink::Follow));
}

NodePath WD::get_link(std::string_view path) const {
  return node_path(*PathWalk(*backend_, place_).get(path, FinalLink::Keep));
}

std::optional<NodePath> WD::find(std::string_view path) const {
  const PlacePtr place = PathWalk(*backend_, place_).find(path, FinalLink::Follow);
  return place ? std::optional(node_path(*place)) : std::nullopt;
}

std::optional<NodePath> WD::find_link(std::string_view path) const {
  const PlacePtr place = PathWalk(*backend_, place_).find(path, FinalLink::Keep);
  return place ? std::optional(node_path(*place)) : std::nullopt;
}

WD WD::open_directory(std::string_view path) const {
  PlacePtr place = PathWalk(*backend_, place_).get(path, FinalLink::Follow);
  node_path(*place).as_directory();
  return {backend_, std::move(place)};
}

NodePath WD::create_directory(std::string_view path) {
  const PathWalk walk(*backend_, place_);
  walk.require_transaction("create the directory", path);
  return node_path(*walk.create_directory(walk.slot(path)));
}

NodePath WD::create_directories(std::string_view path) {
  require_path(path);
  const PathWalk walk(*backend_, place_);
  walk.require_transaction("create the directory", path);
  PlacePtr place = walk.start_of(path);
  for (const auto component : split_path(path)) {
    Resolution resolution(walk.root());
    PlacePtr next = resolution.resolve(place, component, FinalLink::Follow);
    if (next && next->directory() == nullptr) throw already_exists(next->path(), *next->node);
    // Not there, or a symlink that leads nowhere; that one create_directory() refuses.
    if (!next) {
      check_name(component, path);
      next = walk.create_directory({place, std::string(component)});
    }
    place = std::move(next);
  }
  return node_path(*place);
}

NodePath WD::create_file(std::string_view path, Kind kind) {
  const PathWalk walk(*backend_, place_);
  walk.require_transaction("create the file", path);
  if (kind == Kind::Directory || kind == Kind::Symlink) {
    throw Error(ErrorCode::InvalidArgument,
                "a file cannot be of kind " + std::string(to_string(kind)) + ": " + shown(path));
  }
  if (path.ends_with('/'))
    throw Error(ErrorCode::InvalidArgument, "a file's path cannot end in '/': " + shown(path));
  return node_path(*walk.create(walk.slot(path), [&](Directory& parent) -> NodePtr {
    return backend_->create_file(parent, kind);
  }));
}

NodePath WD::create_symlink(std::string_view path, const std::string& target) {
  const PathWalk walk(*backend_, place_);
  walk.require_transaction("create the symlink", path);
  check_target(target, path);
  return node_path(*walk.create(walk.slot(path), [&](Directory& parent) -> NodePtr {
    return backend_->create_symlink(parent, target);
  }));
}

NodePath WD::create_dynamic(std::string_view path, const std::string& factory,
                            const std::string& config) {
  const PathWalk walk(*backend_, place_);
  walk.require_transaction("create the dynamic node", path);
  return node_path(*walk.create(walk.slot(path), [&](Directory& parent) {
    return backend_->create_dynamic(parent, factory, config);
  }));
}

void WD::remove(std::string_view path, bool recursive) {
  const PathWalk walk(*backend_, place_);
  walk.require_transaction("remove", path);
  const Slot slot = walk.slot(path);
  const PlacePtr place = walk.content(slot);
  require_stored(*slot.parent, slot.path());
  if (const Directory* directory = place->directory()) {
    // A dynamic directory goes as a whole: nothing is stored in it, and listing it may cost a
    // query.
    if (!recursive && !directory->info().dynamic && !directory->entries().empty()) {
      throw Error(ErrorCode::InvalidArgument, "directory not empty: " + shown(slot.path()),
                  "remove it recursively (-r) to remove everything below it");
    }
  } else if (path.ends_with('/')) {
    throw Error(ErrorCode::InvalidArgument, "not a directory: " + shown(slot.path()));
  }
  slot.parent->directory()->remove(slot.name);
}

NodePath WD::rename(std::string_view from, std::string_view to) {
  const PathWalk walk(*backend_, place_);
  walk.require_transaction("rename", from);
  const Slot source = walk.slot(from);
  const PlacePtr moved = walk.content(source);
  require_stored(*source.parent, source.path());

  const PlacePtr into = walk.find(to, FinalLink::Follow);
  const Slot target =
      into && into->directory() != nullptr ? Slot{into, source.name} : walk.slot(to);
  if (to.ends_with('/') && target.parent != into && moved->directory() == nullptr) {
    throw Error(ErrorCode::NotFound, "not found: " + shown(target.path()),
                "only a directory can take a name that ends in '/'");
  }
  for (PlacePtr above = target.parent; above; above = above->parent) {
    if (above->node->id() == moved->node->id()) {
      throw Error(ErrorCode::InvalidArgument,
                  "cannot move a directory below itself: " + shown(source.path()) + " to " +
                      shown(target.path()));
    }
  }
  require_stored(*target.parent, target.path());
  if (const auto existing = target.node()) throw already_exists(target.path(), *existing);

  // Named twice for a moment rather than not at all: when either step fails, the old name still
  // holds.
  target.parent->directory()->insert(target.name, moved->node);
  try {
    source.parent->directory()->remove(source.name);
  } catch (...) {
    target.parent->directory()->remove(target.name);
    throw;
  }
  return {target.path(), moved->node};
}

std::vector<GlobMatch> WD::glob(std::string_view pattern) const {
  require_path(pattern);
  return find_matches(root_place(*backend_), place_, pattern);
}

}  // namespace pond::tinyfs

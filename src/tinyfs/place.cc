#include "tinyfs/place.h"

#include <vector>

#include "tinyfs/path.h"

namespace pond::tinyfs {
namespace {

constexpr int kMaxLinks = 40;  // as Linux's path_resolution(7)

std::string nearest_name(const Directory& directory, std::string_view name) {
  // A computed directory may fail to list itself; that must not hide the error this is a hint for.
  try {
    std::vector<std::string> names;
    for (auto& entry : directory.entries())
      names.push_back(std::move(entry.name));
    return nearest(name, names);
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

std::string Place::path() const {
  std::vector<const Place*> chain;
  for (const Place* place = this; place->parent; place = place->parent.get())
    chain.push_back(place);
  if (chain.empty()) return "/";
  std::string path;
  for (auto place = chain.rbegin(); place != chain.rend(); ++place)
    (path += '/') += (*place)->name;
  return path;
}

PlacePtr root_place(Backend& backend) {
  return std::make_shared<const Place>(Place{nullptr, "", backend.root()});
}

PlacePtr child_place(const PlacePtr& parent, std::string name, NodePtr node) {
  return std::make_shared<const Place>(Place{parent, std::move(name), std::move(node)});
}

PlacePtr Resolution::resolve(const PlacePtr& start, std::string_view path, FinalLink final_link) {
  auto components = split_path(path);
  // "/a/" is "/a/.": a directory, or a symlink to one.
  if (path.ends_with('/') && !components.empty()) components.push_back(".");
  PlacePtr place = is_absolute(path) ? root_ : start;
  for (std::size_t i = 0; i < components.size(); ++i) {
    const auto component = components[i];
    const Directory* directory = place->directory();
    if (directory == nullptr) return fail(Failure::NotDirectory, place, component);
    if (component == ".") continue;
    if (component == "..") {
      if (place->parent) place = place->parent;
      continue;
    }
    NodePtr node = directory->get(component);
    if (!node) return fail(Failure::Missing, place, component);
    const auto* link = dynamic_cast<const Symlink*>(node.get());
    if (link == nullptr || (i + 1 == components.size() && final_link == FinalLink::Keep)) {
      place = child_place(place, std::string(component), std::move(node));
      continue;
    }
    if (++links_ > kMaxLinks) return fail(Failure::Loop, place, component);
    PlacePtr target = resolve(place, link->target(), FinalLink::Follow);
    if (!target) {
      // Unwinding, so the outermost link, the one that was asked for, is written last.
      via_ = join_path(place->path(), component);
      return nullptr;
    }
    place = std::move(target);
  }
  return place;
}

PlacePtr Resolution::fail(Failure failure, PlacePtr at, std::string_view name) {
  failure_ = failure;
  at_ = std::move(at);
  name_ = name;
  return nullptr;
}

Error Resolution::error() const {
  const std::string at = at_->path();
  if (failure_ == Failure::Loop) {
    return Error(ErrorCode::InvalidArgument, "symlink loop: " + shown(via_.empty() ? at : via_),
                 "at most 40 symlinks are followed for one path");
  }
  const std::string by = via_.empty() ? "" : " (through the symlink " + shown(via_) + ")";
  if (failure_ == Failure::NotDirectory) {
    const std::string kind(to_string(at_->node->info().kind));
    return Error(ErrorCode::NotFound,
                 "not found: " + shown(join_path(at, name_ == "." ? "" : name_)) + by,
                 shown(at) + " is not a directory but of kind " + kind);
  }
  std::string hint;
  if (const auto near = nearest_name(*at_->directory(), name_); !near.empty())
    hint = "did you mean " + shown(join_path(at, near)) + "?";
  return Error(ErrorCode::NotFound, "not found: " + shown(join_path(at, name_)) + by, hint);
}

}  // namespace pond::tinyfs

// Where a path leads: the resolution of names, "." and "..", and symlinks.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pond/tinyfs.h"

namespace pond::tinyfs {

using PlacePtr = std::shared_ptr<const Place>;

// A node together with the real directories above it, which is what ".." needs: after a symlink,
// the parent is the parent of what the link points to.
struct Place {
  PlacePtr parent;   // null for the root
  std::string name;  // "" for the root
  NodePtr node;

  std::string path() const;
  Directory* directory() const { return dynamic_cast<Directory*>(node.get()); }
};

PlacePtr root_place(Backend& backend);
PlacePtr child_place(const PlacePtr& parent, std::string name, NodePtr node);

enum class FinalLink { Follow, Keep };

// One resolution, with its own budget of 40 symlinks.
class Resolution {
 public:
  explicit Resolution(PlacePtr root) : root_(std::move(root)) {}

  // Follows `path` from `start` (from the root when absolute). Null when it leads nowhere; error()
  // then says why. A failing look-up costs no more than a successful one.
  PlacePtr resolve(const PlacePtr& start, std::string_view path, FinalLink final_link);

  // NotFound with the nearest name as the hint, or InvalidArgument for a symlink loop.
  Error error() const;
  bool is_loop() const { return failure_ == Failure::Loop; }

 private:
  enum class Failure { None, Missing, NotDirectory, Loop };
  PlacePtr fail(Failure failure, PlacePtr at, std::string_view name);

  PlacePtr root_;
  int links_ = 0;
  Failure failure_ = Failure::None;
  PlacePtr at_;       // where the resolution stopped
  std::string name_;  // what was looked for there
  std::string via_;   // the first symlink on the way, when one led there
};

}  // namespace pond::tinyfs

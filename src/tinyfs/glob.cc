#include "tinyfs/glob.h"

#include <algorithm>
#include <set>

#include "pond/error.h"
#include "tinyfs/path.h"
#include "tinyfs/pattern.h"

namespace pond::tinyfs {
namespace {

using Type = ComponentPattern::Type;

// More is a circle, which no command makes but a damaged directory may.
constexpr std::size_t kMaxDepth = 1000;

// The components that the next name may have to match: a "**" leaves more than one open. The number
// of components stands for a complete match.
using States = std::set<std::size_t>;

// Walks the tree along a pattern, in all states at once, so that it visits no directory twice.
class TreeWalk {
 public:
  TreeWalk(const PlacePtr& root, const PathPattern& pattern)
      : root_(root), pattern_(pattern), components_(pattern.components()) {}

  std::vector<GlobMatch> matches_below(const PlacePtr& place, const std::string& path) {
    States states;
    open_state(0, states);
    visit(place, path, states);
    std::sort(matches_.begin(), matches_.end(),
              [](const GlobMatch& a, const GlobMatch& b) { return a.node.path() < b.node.path(); });
    return std::move(matches_);
  }

 private:
  // Adds `state` and what follows from it: a "**" may match nothing, unless it is the last.
  void open_state(std::size_t state, States& states) const {
    while (states.insert(state).second && state + 1 < components_.size() &&
           components_[state].type() == Type::AnyDepth) {
      ++state;
    }
  }

  // `path` is how the pattern spells this place; they differ below a symlink.
  void visit(const PlacePtr& place, const std::string& path, const States& states) {
    const Directory* directory = place->directory();
    if (directory == nullptr) return;
    if (names_.size() > kMaxDepth)
      throw Error(ErrorCode::Corrupt, "directories more than 1000 deep below " +
                                          shown(path.substr(0, path.find('/', 1))) +
                                          ": one is inside itself");
    const bool by_name = std::all_of(states.begin(), states.end(), [&](std::size_t state) {
      return components_[state].type() == Type::Literal;
    });
    if (!by_name) {
      for (auto& entry : directory->entries())
        visit_entry(place, path, std::move(entry), states);
      return;
    }
    std::set<std::string> wanted;
    for (const auto state : states)
      wanted.insert(components_[state].literal());
    for (const auto& name : wanted) {
      if (NodePtr node = directory->get(name))
        visit_entry(place, path, {name, std::move(node)}, states);
    }
  }

  void visit_entry(const PlacePtr& parent, const std::string& parent_path, DirEntry entry,
                   const States& states) {
    States stepped;  // past a component that this name matches
    States staying;  // still in a "**", which does not go through symlinks
    bool complete = false;
    for (const auto state : states) {
      const ComponentPattern& component = components_[state];
      const bool last = state + 1 == components_.size();
      if (component.type() == Type::AnyDepth) {
        if (!any_depth_enters(entry.name)) continue;
        open_state(state, staying);
        complete |= last;
      } else if (component.match(entry.name, nullptr)) {
        if (last) {
          complete = true;
        } else {
          open_state(state + 1, stepped);
        }
      }
    }
    if (!complete && stepped.empty() && staying.empty()) return;

    const std::string path = join_path(parent_path, entry.name);
    names_.push_back(entry.name);
    if (complete) {
      if (auto captures = pattern_.match(names_))
        matches_.push_back({NodePath(path, entry.node), std::move(*captures)});
    }
    if (dynamic_cast<const Symlink*>(entry.node.get()) == nullptr) {
      stepped.insert(staying.begin(), staying.end());
      if (!stepped.empty())
        visit(child_place(parent, entry.name, std::move(entry.node)), path, stepped);
    } else if (!stepped.empty()) {
      // A link that leads nowhere or round in circles has nothing below it.
      Resolution resolution(root_);
      if (const auto target = resolution.resolve(parent, entry.name, FinalLink::Follow))
        visit(target, path, stepped);
    }
    names_.pop_back();
  }

  const PlacePtr& root_;
  const PathPattern& pattern_;
  std::span<const ComponentPattern> components_;
  std::vector<std::string> names_;  // from the start to the entry being visited
  std::vector<GlobMatch> matches_;
};

}  // namespace

std::vector<GlobMatch> find_matches(const PlacePtr& root, const PlacePtr& start,
                                    std::string_view pattern) {
  const SplitPattern split = split_pattern(pattern);
  std::span<const std::string_view> components = split.components;
  PlacePtr place = split.absolute ? root : start;

  // Everything up to the last ".." is a plain path: where ".." leads depends on the symlinks before
  // it.
  const auto up = std::find(components.rbegin(), components.rend(), "..");
  const auto plain = static_cast<std::size_t>(components.rend() - up);
  if (plain > 0) {
    std::string path;
    for (const auto component : components.first(plain)) {
      const auto compiled = ComponentPattern::compile(component);
      if (compiled.type() != Type::Literal) {
        throw Error(ErrorCode::InvalidArgument,
                    "'..' after a wildcard has no one meaning: " + shown(pattern));
      }
      (path += compiled.literal()) += '/';
    }
    Resolution resolution(root);
    place = resolution.resolve(place, path, FinalLink::Follow);
    if (!place) return {};
    components = components.subspan(plain);
  }

  const std::string path = place->path();
  if (components.empty() && !split.inside) return {GlobMatch{NodePath(path, place->node), {}}};
  const PathPattern compiled(components, split.inside);
  return TreeWalk(root, compiled).matches_below(place, path);
}

}  // namespace pond::tinyfs

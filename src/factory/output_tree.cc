#include "factory/output_tree.h"

namespace pond::factory {

OutputTree::OutputTree(const tinyfs::NodeId& id, tinyfs::NodeInfo info,
                       std::function<OutputFiles()> find)
    : Directory(id), info_(std::move(info)), find_(std::move(find)) {}

OutputTree::OutputTree(const tinyfs::NodeId& id, tinyfs::NodeInfo info, std::string prefix,
                       std::shared_ptr<const OutputFiles> files)
    : Directory(id), info_(std::move(info)), prefix_(std::move(prefix)), files_(std::move(files)) {}

tinyfs::NodePtr OutputTree::get(std::string_view name) const {
  for (auto& entry : entries())
    if (entry.name == name) return entry.node;
  return nullptr;
}

std::vector<tinyfs::DirEntry> OutputTree::entries() const {
  const auto files = files_ ? files_ : std::make_shared<const OutputFiles>(find_());
  std::map<std::string, tinyfs::NodePtr> found;
  for (auto file = files->lower_bound(prefix_); file != files->end(); ++file) {
    if (!file->first.starts_with(prefix_)) break;
    const std::string rest = file->first.substr(prefix_.size());
    const std::string name = rest.substr(0, rest.find('/'));
    if (found.contains(name)) continue;
    const tinyfs::NodeId id = child_id(this->id(), name);
    if (name.size() == rest.size())
      found[name] = file->second(id);
    else
      found[name].reset(new OutputTree(id, info_, prefix_ + name + "/", files));
  }
  std::vector<tinyfs::DirEntry> all;
  all.reserve(found.size());
  for (auto& [name, node] : found)
    all.push_back({name, std::move(node)});
  return all;
}

}  // namespace pond::factory

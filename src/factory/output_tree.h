// A dynamic directory of computed files that lie at paths of their own below it:
// "dock/surface.series".
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "factory/factory_node.h"

namespace pond::factory {

// Path below the node -> what makes the file there, given its id.
using OutputFiles = std::map<std::string, std::function<tinyfs::NodePtr(const tinyfs::NodeId&)>>;

class OutputTree : public tinyfs::Directory {
 public:
  // `find` is asked whenever the directory is read; the files are found once for all below it.
  OutputTree(const tinyfs::NodeId& id, tinyfs::NodeInfo info, std::function<OutputFiles()> find);

  tinyfs::NodeInfo info() const override { return info_; }
  tinyfs::NodePtr get(std::string_view name) const override;
  std::vector<tinyfs::DirEntry> entries() const override;

 private:
  OutputTree(const tinyfs::NodeId& id, tinyfs::NodeInfo info, std::string prefix,
             std::shared_ptr<const OutputFiles> files);

  tinyfs::NodeInfo info_;
  std::function<OutputFiles()> find_;
  std::string prefix_;  // the path from the node to here: "" or "dock/"
  std::shared_ptr<const OutputFiles> files_;
};

// The tree that is a node.
class OutputNode : public FromSpec, public OutputTree {
 public:
  OutputNode(const tinyfs::DynamicSpec& spec, std::function<OutputFiles()> find)
      : FromSpec(spec),
        OutputTree(spec.id, dynamic_info(tinyfs::Kind::Directory), std::move(find)) {}
};

}  // namespace pond::factory

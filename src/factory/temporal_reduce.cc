// temporal-reduce: a directory DIR/OUT/res=1h.series of downsampled series. A read is always right:
// it merges the partials that runs stored with those of the rows no run has seen yet.
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <map>

#include "factory/factory_node.h"
#include "factory/reduce_run.h"
#include "factory/reduce_sql.h"
#include "factory/reduce_state.h"
#include "pond/error.h"

namespace pond::factory {
namespace {

// What the nodes below one temporal-reduce share.
struct Reduction {
  tinyfs::DynamicSpec spec;
  ReduceConfig config;
  Environment environment;
};
using ReductionPtr = std::shared_ptr<const Reduction>;
using Outputs = std::vector<ReduceOutput>;

class ReducedSeries : public ComputedFile {
 public:
  ReducedSeries(const tinyfs::NodeId& id, ReductionPtr reduction, ReduceOutput output,
                Resolution resolution)
      : ComputedFile(id, tinyfs::Kind::Series,
                     FromSpec(reduction->spec).dynamic_info(tinyfs::Kind::Series),
                     reduction->environment),
        reduction_(std::move(reduction)),
        output_(std::move(output)),
        resolution_(std::move(resolution)) {}

  std::string relation(query::Session& session) const override {
    const ReduceConfig& config = reduction_->config;
    Through through;
    std::vector<std::string> parts;
    if (session.fs() != nullptr) {
      const auto stored =
          find_partials(config, reduction_->spec.id, output_, resolution_, *session.fs());
      if (stored) {
        through = stored->through;
        // The very versions that `through` speaks of.
        parts.push_back(
            session.relation(tinylogfs::as_oplog_file(*stored->file.node())->segments()));
      }
    }
    std::vector<ReducedColumn> columns;
    for (const auto& input : output_.inputs) {
      // In the schema of the input, also when nothing of it is new.
      if (auto* series = input.series(); series != nullptr && series->schema() != nullptr)
        merge_columns(columns, reduced_columns(config, *series->schema(), input.shown));
      const auto source = unreduced(input, through, session);
      if (!source) continue;
      merge_columns(columns, source->columns);
      parts.push_back(
          "(" + partials_sql(source->relation, config.time_column, resolution_, source->columns) +
          ")");
    }
    return "(" + result_sql(parts, config.time_column, columns) + ")";
  }

 private:
  // The rows of an input that are not in the partials.
  std::optional<ReduceSource> unreduced(const ReduceInput& input, const Through& through,
                                        query::Session& session) const {
    if (auto* series = input.series()) {
      const auto known = through.find(input.id());
      const std::uint64_t seen = known == through.end() ? 0 : known->second;
      return segment_source(reduction_->config, input, series->segments_after(seen), session);
    }
    auto source = whole_source(reduction_->config, input, session);
    if (source.relation.empty()) return std::nullopt;
    return source;
  }

  ReductionPtr reduction_;
  ReduceOutput output_;
  Resolution resolution_;
};

std::string file_name(const Resolution& resolution) {
  return "res=" + resolution.label + ".series";
}

// The node itself, and the directories of the outputs below it.
class ReducedDirectory : public tinyfs::Directory {
 public:
  // `prefix` is the path from the node to here: "" or "dock/". Without outputs they are found when
  // asked for.
  ReducedDirectory(const tinyfs::NodeId& id, ReductionPtr reduction, std::string prefix = {},
                   std::shared_ptr<const Outputs> outputs = {})
      : Directory(id),
        reduction_(std::move(reduction)),
        prefix_(std::move(prefix)),
        outputs_(std::move(outputs)) {}

  tinyfs::NodeInfo info() const override {
    return FromSpec(reduction_->spec).dynamic_info(tinyfs::Kind::Directory);
  }

  tinyfs::NodePtr get(std::string_view name) const override {
    for (auto& entry : entries())
      if (entry.name == name) return entry.node;
    return nullptr;
  }

  std::vector<tinyfs::DirEntry> entries() const override {
    std::shared_ptr<const Outputs> outputs = outputs_;
    if (!outputs) {
      outputs = std::make_shared<const Outputs>(
          find_outputs(reduction_->config, reduction_->spec.id, reduction_->environment.fs));
    }
    std::map<std::string, tinyfs::NodePtr> found;
    for (const auto& output : *outputs) {
      const std::string name = output.name + "/";
      if (!name.starts_with(prefix_)) continue;
      const std::string rest = name.substr(prefix_.size());
      if (rest.empty()) {
        for (const auto& resolution : reduction_->config.resolutions)
          found[file_name(resolution)] = std::make_shared<ReducedSeries>(
              child_id(id(), file_name(resolution)), reduction_, output, resolution);
        continue;
      }
      const std::string component = rest.substr(0, rest.find('/'));
      if (!found.contains(component))
        found[component] = std::make_shared<ReducedDirectory>(child_id(id(), component), reduction_,
                                                              prefix_ + component + "/", outputs);
    }
    std::vector<tinyfs::DirEntry> all;
    for (auto& [name, node] : found)
      all.push_back({name, std::move(node)});
    return all;
  }

 private:
  ReductionPtr reduction_;
  std::string prefix_;
  std::shared_ptr<const Outputs> outputs_;
};

// The directory that is the node, which knows its specification.
class ReduceNode : public ReducedDirectory, public FromSpec {
 public:
  ReduceNode(const tinyfs::DynamicSpec& spec, const Environment& environment)
      : ReducedDirectory(spec.id, std::make_shared<const Reduction>(Reduction{
                                      spec, ReduceConfig::parse(spec.config), environment})),
        FromSpec(spec) {}
  tinyfs::NodeInfo info() const override { return dynamic_info(tinyfs::Kind::Directory); }
};

}  // namespace

FactoryType temporal_reduce() {
  return {.name = "temporal-reduce",
          .summary = "downsampled series, kept up to date by `pond run`",
          .example =
              "in_pattern: /sensors/*.series\n"
              "out_pattern: $0\n"
              "resolutions: [1m, 1h, 1d]\n"
              "aggregations:\n"
              "  - {type: avg, columns: ['*']}\n"
              "  - {type: max, columns: ['*.Temperature.C']}\n",
          .validate = ReduceConfig::validate,
          .load =
              [](const tinyfs::DynamicSpec& spec, const Environment& environment) {
                return std::make_shared<ReduceNode>(spec, environment);
              },
          .run = run_reduce};
}

}  // namespace pond::factory

// temporal-reduce: a directory DIR/OUT/res=1h.series of downsampled series. A read is always right:
// it merges the partials that runs stored with those of the rows no run has seen yet.
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "factory/output_tree.h"
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
  std::optional<ReduceSource> unreduced(const InputFile& input, const Through& through,
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

std::shared_ptr<OutputNode> load(const tinyfs::DynamicSpec& spec, const Environment& environment) {
  const auto reduction = std::make_shared<const Reduction>(
      Reduction{spec, ReduceConfig::parse(spec.config), environment});
  return std::make_shared<OutputNode>(spec, [reduction] {
    OutputFiles files;
    for (const auto& output :
         find_outputs(reduction->config, reduction->spec.id, reduction->environment.fs))
      for (const auto& resolution : reduction->config.resolutions)
        files[output.name + "/" + file_name(resolution)] = [reduction, output,
                                                            resolution](const tinyfs::NodeId& id) {
          return std::make_shared<ReducedSeries>(id, reduction, output, resolution);
        };
    return files;
  });
}

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
          .load = load,
          .run = run_reduce};
}

}  // namespace pond::factory

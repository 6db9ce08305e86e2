#include "factory/reduce_input.h"

#include <arrow/type.h>

#include <algorithm>

namespace pond::factory {

std::vector<ReduceOutput> find_outputs(const ReduceConfig& config, const tinyfs::NodeId& node,
                                       tinyfs::FS* fs) {
  const Finding now(node);
  if (now.again()) return {};
  std::vector<ReduceOutput> outputs;
  for (auto& [name, inputs] :
       group_inputs(config.in_pattern, "out_pattern", config.out_pattern, fs))
    outputs.push_back({name, std::move(inputs)});
  return outputs;
}

ReduceSource whole_source(const ReduceConfig& config, const InputFile& input,
                          query::Session& session) {
  auto table = input.table(session);
  if (!table) return {};
  return {std::move(table->relation), reduced_columns(config, *table->schema, input.shown)};
}

std::optional<ReduceSource> segment_source(const ReduceConfig& config, const InputFile& input,
                                           const std::vector<tinylogfs::Segment>& segments,
                                           query::Session& session) {
  const bool rows = std::any_of(
      segments.begin(), segments.end(),
      [](const tinylogfs::Segment& segment) { return segment.last_row > segment.first_row; });
  if (!rows) return std::nullopt;
  return ReduceSource{session.relation(segments),
                      reduced_columns(config, *input.series()->schema(), input.shown)};
}

}  // namespace pond::factory

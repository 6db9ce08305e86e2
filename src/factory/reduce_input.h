// What a temporal-reduce reads: the outputs its configuration makes of the files that match, and
// per input which rows are new.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "factory/input_files.h"
#include "factory/reduce_config.h"

namespace pond::factory {

// One directory below the node: OUT, and the files that make it.
struct ReduceOutput {
  std::string name;  // may have several components: "dock/surface"
  std::vector<InputFile> inputs;
};

// Sorted by name. Empty while the same node's outputs are being found already: a pattern may cover
// the directory it fills.
std::vector<ReduceOutput> find_outputs(const ReduceConfig& config, const tinyfs::NodeId& node,
                                       tinyfs::FS* fs);

// Rows that are not partials yet: FROM-able, with the columns to take from them.
struct ReduceSource {
  std::string relation;
  std::vector<ReducedColumn> columns;
};

// All rows of an input, through `session`.
ReduceSource whole_source(const ReduceConfig& config, const InputFile& input,
                          query::Session& session);
// Those of `segments`, which are of input.series(). nullopt when there are no rows.
std::optional<ReduceSource> segment_source(const ReduceConfig& config, const InputFile& input,
                                           const std::vector<tinylogfs::Segment>& segments,
                                           query::Session& session);

}  // namespace pond::factory

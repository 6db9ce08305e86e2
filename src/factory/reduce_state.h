// Stored partials of a temporal-reduce: ordinary series in the pond,
//
//   /.reduce/<node id>/<OUT>/res=<R>.series        (a '/' in OUT is written %2F, and a '%' %25)
//
// Each version's attributes say up to which version of each input series the file's rows go:
//
//   {"reduce": {"config": <fingerprint>, "through": {<input's node id>: <version>, …}}}
//
// The newest version's say it for the whole file. Partials of another configuration, or that hold
// rows of a series which is an input no longer, cannot be used; the next run makes them anew.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "factory/reduce_input.h"

namespace pond::factory {

// Input's node id -> the version reduced through.
using Through = std::map<std::string, std::uint64_t>;

std::string partials_directory(const tinyfs::NodeId& node);  // /.reduce/<id>
std::string partials_name(const std::string& output);        // OUT as one component
std::string partials_path(const tinyfs::NodeId& node, const std::string& output,
                          const Resolution& resolution);

std::string state_attributes(const ReduceConfig& config, const Through& through);

struct StoredPartials {
  tinyfs::NodePath file;
  Through through;
};

// The stored partials of one resolution if they can be used for `output` as it is now.
std::optional<StoredPartials> find_partials(const ReduceConfig& config, const tinyfs::NodeId& node,
                                            const ReduceOutput& output,
                                            const Resolution& resolution, tinyfs::FS& fs);

}  // namespace pond::factory

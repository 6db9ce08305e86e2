#pragma once

#include "factory/reduce_config.h"
#include "pond/factory.h"

namespace pond::factory {

// Brings the stored partials of every output up to date with the inputs' versions: the work is that
// of the new rows alone, the memory DuckDB's. One commit a run (a run of very many rows commits
// between, and goes on from there when it is stopped); none when nothing is new.
RunReport run_reduce(const tinyfs::DynamicSpec& spec, RunContext& context);

}  // namespace pond::factory

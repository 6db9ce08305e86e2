// A running query as an Arrow stream.
#pragma once

#include <arrow/record_batch.h>

#include <memory>

#include "query/engine.h"

namespace pond::query {

// A statement's running result, and what it needs alive.
struct Running {
  std::shared_ptr<Engine> engine;
  std::shared_ptr<Connection> connection;  // of a statement that has its own
  Result result;
};

// Batches hold up to 2,048 rows. A failing query ends the stream with a Status, of which
// for_each_batch() makes its Error with the hint.
std::shared_ptr<arrow::RecordBatchReader> result_reader(Running running, ShownNames names);

}  // namespace pond::query

// Going through a result.
#pragma once

#include <arrow/record_batch.h>

#include <memory>

#include "query/result_reader.h"

namespace pond::query {

// Calls `use` with every batch; a query that fails on the way throws its Error.
template <typename Use>
void for_each_batch(arrow::RecordBatchReader& result, Use use) {
  while (true) {
    std::shared_ptr<arrow::RecordBatch> batch;
    if (const auto status = result.ReadNext(&batch); !status.ok()) throw error_of(status);
    if (!batch) return;
    use(batch);
  }
}

}  // namespace pond::query

// Arrow's Status and Result become Errors at the edge. Not by base/arrow_result.h: damaged Parquet
// is an "IOError" to Arrow, and here, where the bytes are in memory already, it means Corrupt.
#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <string>
#include <utility>

#include "pond/error.h"

namespace pond::delta {

inline void check(const arrow::Status& status, ErrorCode code, const std::string& where) {
  if (!status.ok()) throw Error(code, where + ": " + status.message());
}

template <class T>
T check(arrow::Result<T> result, ErrorCode code, const std::string& where) {
  check(result.status(), code, where);
  return std::move(result).ValueUnsafe();
}

}  // namespace pond::delta

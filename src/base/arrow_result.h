// Arrow's Status and Result turned into pond::Error at the edge.
#pragma once

#include <arrow/result.h>
#include <arrow/status.h>

#include <string>
#include <utility>

#include "pond/error.h"

namespace pond {

// Throws what `status` says, beginning with `context` (a path or what was being done). `code` is
// used unless Arrow itself says that the disk or memory failed.
inline void check(const arrow::Status& status, const std::string& context,
                  ErrorCode code = ErrorCode::Corrupt) {
  if (status.ok()) return;
  if (status.IsIOError() || status.IsOutOfMemory()) code = ErrorCode::Io;
  if (status.IsNotImplemented()) code = ErrorCode::Unsupported;
  throw Error(code, context + ": " + status.message());
}

template <typename T>
T unwrap(arrow::Result<T> result, const std::string& context, ErrorCode code = ErrorCode::Corrupt) {
  check(result.status(), context, code);
  return std::move(result).MoveValueUnsafe();
}

}  // namespace pond

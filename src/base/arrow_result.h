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
  if (status.IsOutOfMemory())
    throw Error(ErrorCode::Io, "out of memory: " + context + ": " + status.message(),
                "nothing was changed; give the command more memory");
  if (status.IsIOError()) code = ErrorCode::Io;
  if (status.IsNotImplemented()) code = ErrorCode::Unsupported;
  // The detail of a failed call is what the system said: "[errno 28] No space left on device".
  const std::string detail = status.detail() ? ": " + status.detail()->ToString() : "";
  throw Error(code, context + ": " + status.message() + detail);
}

template <typename T>
T unwrap(arrow::Result<T> result, const std::string& context, ErrorCode code = ErrorCode::Corrupt) {
  check(result.status(), context, code);
  return std::move(result).MoveValueUnsafe();
}

}  // namespace pond

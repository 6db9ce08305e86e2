// How Arrow streams and files are read everywhere.
#pragma once

#include <arrow/ipc/options.h>

namespace pond {

// A damaged or foreign stream may place its buffers anywhere; reading a number at an address that
// its type does not allow is undefined. Such buffers are copied, others are not.
inline arrow::ipc::IpcReadOptions ipc_read_options() {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  return options;
}

}  // namespace pond

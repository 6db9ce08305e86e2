// How Arrow streams and files are read everywhere.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/ipc/reader.h>
#include <arrow/table.h>

#include <memory>
#include <string>

#include "base/arrow_result.h"

namespace pond {

// A damaged or foreign stream may place its buffers anywhere; reading a number at an address that
// its type does not allow is undefined. Such buffers are copied, others are not.
inline arrow::ipc::IpcReadOptions ipc_read_options() {
  auto options = arrow::ipc::IpcReadOptions::Defaults();
  options.ensure_alignment = arrow::ipc::Alignment::kDataTypeSpecificAlignment;
  return options;
}

// A whole stream. Whoever reads the table follows its offsets as they are, so they are checked;
// `code` is that of what is wrong with them.
inline std::shared_ptr<arrow::Table> read_ipc_stream(
    const std::shared_ptr<arrow::io::InputStream>& input, const std::string& context,
    ErrorCode code = ErrorCode::Corrupt) {
  const auto reader =
      unwrap(arrow::ipc::RecordBatchStreamReader::Open(input, ipc_read_options()), context, code);
  auto table = unwrap(reader->ToTable(), context, code);
  check(table->ValidateFull(), context, code);
  return table;
}

}  // namespace pond

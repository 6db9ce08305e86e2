// The inner layer: directories, histories, tables and schemas as Arrow IPC.
#include <arrow/api.h>

#include <array>

#include "base/arrow_result.h"
#include "fuzz/damage.h"
#include "oplog/inner.h"
#include "pond/tinyfs.h"

using namespace pond;

namespace {

std::shared_ptr<arrow::Table> rows() {
  arrow::TimestampBuilder time(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                               arrow::default_memory_pool());
  arrow::StringBuilder text;
  arrow::DoubleBuilder number;
  for (int i = 0; i < 5; ++i) {
    check(time.Append(i), "rows");
    check(i % 2 == 0 ? text.Append("text") : text.AppendNull(), "rows");
    check(number.Append(i), "rows");
  }
  const auto schema =
      arrow::schema({arrow::field("timestamp", time.type()), arrow::field("text", arrow::utf8()),
                     arrow::field("number", arrow::float64())},
                    arrow::key_value_metadata({"key"}, {"value"}));
  return arrow::Table::Make(schema, {unwrap(time.Finish(), "rows"), unwrap(text.Finish(), "rows"),
                                     unwrap(number.Finish(), "rows")});
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using oplog::RowKind;
  static const std::array<std::string, 5> valid{
      oplog::encode_directory({{.name = "a", .node_id = tinyfs::kRootId},
                               {.name = "b", .node_id = tinyfs::kRootId, .kind = RowKind::Series},
                               {.name = "a", .insert = false}}),
      oplog::encode_history({{.version = 1, .rows = 2, .min_time_us = 1, .max_time_us = 2},
                             {.version = 2, .rows = 3, .attributes = "{}"}}),
      oplog::encode_table(*rows()), oplog::encode_schema(*rows()->schema()),
      oplog::encode_parquet(*rows())};
  fuzz::Input input(data, size);
  const unsigned reader = input.byte() % 4;
  const std::string bytes = fuzz::raw_or_damaged(valid, input);
  fuzz::answers([&] {
    if (reader == 0) {
      const auto ops = oplog::decode_directory(bytes, "directory");
      fuzz::expect(
          oplog::decode_directory(oplog::encode_directory(ops), "directory").size() == ops.size(),
          "a directory survives");
    } else if (reader == 1) {
      oplog::Record row;
      row.history = bytes;
      const auto entries = oplog::history_of(row);
      if (row.history.empty()) return;
      row.history = oplog::encode_history(entries);
      fuzz::expect(oplog::history_of(row).size() == entries.size(), "a history survives");
    } else if (reader == 2) {
      const auto table = oplog::decode_table(bytes, "table");
      const auto again = oplog::decode_table(oplog::encode_table(*table), "table");
      fuzz::expect(again->num_rows() == table->num_rows(), "a table survives");
    } else {
      const auto schema = oplog::decode_schema(bytes, "schema");
      fuzz::expect(oplog::decode_schema(oplog::encode_schema(*schema), "schema")->Equals(*schema),
                   "a schema survives");
    }
  });
  return 0;
}

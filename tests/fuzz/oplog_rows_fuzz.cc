// Rows of the oplog as Parquet: damaged files of ours, and anything else.
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include <array>

#include "base/arrow_result.h"
#include "base/sha256.h"
#include "fuzz/damage.h"
#include "oplog/inner.h"
#include "oplog/record.h"
#include "pond/tinyfs.h"

using namespace pond;

namespace {

oplog::Record record(oplog::RowKind kind, const std::string& content) {
  static int made = 0;
  oplog::Record record;
  record.part_id = tinyfs::kRootId;
  record.node_id.bytes.fill(static_cast<std::uint8_t>(++made));
  record.version = record.first_version = 1;
  record.kind = kind;
  record.size = static_cast<std::int64_t>(content.size());
  record.hash = Sha256::of(content);
  record.location = "inline";
  record.content = content;
  return record;
}

std::string rows() {
  const auto run = oplog::encode_history({{.version = 1, .rows = 2}, {.version = 2, .rows = 3}});
  std::vector<oplog::Record> records{
      record(oplog::RowKind::Directory,
             oplog::encode_directory({{.name = "a", .node_id = tinyfs::kRootId}})),
      record(oplog::RowKind::Data, "text"), record(oplog::RowKind::Symlink, "/a"),
      record(oplog::RowKind::Dynamic, "{}"), record(oplog::RowKind::Series, "rows")};
  records[3].attributes = R"({"factory":"x"})";
  records[4].version = 2;
  records[4].history = run;
  records[4].min_time_us = records[4].max_time_us = 1;
  return oplog::encode_records(records);
}

std::string uncompressed(const std::string& parquet) {
  const auto source = std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(parquet));
  const auto reader =
      unwrap(parquet::arrow::OpenFile(source, arrow::default_memory_pool()), "rows");
  const auto table = unwrap(reader->ReadTable(), "rows");
  const auto sink = unwrap(arrow::io::BufferOutputStream::Create(), "rows");
  check(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink), "rows");
  return unwrap(sink->Finish(), "rows")->ToString();
}

// What a pond does with a row that it read.
void use(const oplog::Record& row) {
  fuzz::answers([&] { oplog::history_of(row); });
  if (row.kind == oplog::RowKind::Directory)
    fuzz::answers([&] { oplog::decode_directory(row.content, "directory"); });
  if (!row.schema.empty()) fuzz::answers([&] { oplog::decode_schema(row.schema, "schema"); });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<std::string, 2> valid{rows(), uncompressed(rows())};
  fuzz::Input input(data, size);
  const std::string bytes = fuzz::raw_or_damaged(valid, input);
  std::vector<oplog::StoredRecord> eager, lazy;
  const bool whole = fuzz::answers(
      [&] { eager = oplog::decode_records(bytes, tinyfs::kRootId, "rows", bytes.size()); });
  const bool light =
      fuzz::answers([&] { lazy = oplog::decode_records(bytes, tinyfs::kRootId, "rows", 0); });
  for (const auto& row : eager)
    use(row);
  bool loaded = light;
  for (auto& row : lazy)
    loaded = fuzz::answers([&] { oplog::load_record(bytes, row); }) && loaded;
  if (!whole || !loaded) return 0;
  fuzz::expect(eager.size() == lazy.size(), "as many rows");
  for (std::size_t i = 0; i < eager.size(); ++i)
    fuzz::expect(eager[i].content == lazy[i].content && eager[i].history == lazy[i].history,
                 "the same contents, read at once or one by one");
  return 0;
}

// Checkpoint files: damaged ones of ours, compressed and not, and anything else.
#include <arrow/io/memory.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>

#include <array>

#include "base/arrow_result.h"
#include "delta/checkpoint.h"
#include "delta/snapshot.h"
#include "fuzz/damage.h"
#include "fuzz/memory_store.h"

using namespace pond;

namespace {

std::string compressed_checkpoint() {
  const auto store = std::make_shared<fuzz::MemoryStore>();
  delta::Metadata metadata;
  metadata.id = "00000000-0000-7000-8000-000000000001";
  metadata.schema_string = delta::schema_to_json(
      *arrow::schema({arrow::field("a", arrow::int64()), arrow::field("p", arrow::utf8())}));
  metadata.partition_columns = {"p"};
  metadata.configuration = {{"key", "value"}};
  delta::AddFile add;
  add.path = "p=x/1.parquet";
  add.partition_values = {{"p", "x"}};
  add.stats = R"({"numRecords":1})";
  add.tags = {{"tag", "1"}};
  delta::AddFile other;
  other.path = "2.parquet";
  other.partition_values = {{"p", std::nullopt}};
  delta::RemoveFile gone;
  gone.path = "p=x/0.parquet";
  gone.deletion_timestamp_ms = std::int64_t{1} << 60U;
  auto table = delta::Table::create(store, {}, metadata, {add, other, gone});
  return delta::write_checkpoint(table.snapshot()).bytes;
}

std::string uncompressed(const std::string& parquet) {
  const auto reader =
      unwrap(parquet::arrow::OpenFile(
                 std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(parquet)),
                 arrow::default_memory_pool()),
             "checkpoint");
  const auto table = unwrap(reader->ReadTable(), "checkpoint");
  const auto sink = unwrap(arrow::io::BufferOutputStream::Create(), "checkpoint");
  check(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink), "checkpoint");
  return unwrap(sink->Finish(), "checkpoint")->ToString();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<std::string, 2> valid{compressed_checkpoint(),
                                                uncompressed(compressed_checkpoint())};
  fuzz::Input input(data, size);
  const std::string bytes = fuzz::raw_or_damaged(valid, input);
  fuzz::answers([&] {
    delta::Replay replay;
    delta::read_checkpoint(bytes, "checkpoint", [&](std::vector<delta::Action> actions) {
      replay.apply_checkpoint(7, std::move(actions));
    });
    const auto state = replay.finish("log");
    fuzz::answers([&] { state->files_of_partition("x"); });
    fuzz::answers([&] { delta::schema_from_json(state->metadata->schema_string); });
  });
  return 0;
}

#include "oplog/inner.h"

#include <arrow/api.h>
#include <arrow/io/file.h>
#include <arrow/io/memory.h>
#include <arrow/ipc/api.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include "base/arrow_ipc.h"
#include "base/arrow_result.h"

namespace pond::oplog {
namespace {

constexpr std::int64_t kRowGroupRows = 122'880;

std::shared_ptr<arrow::DataType> instant() {
  return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
}

std::shared_ptr<arrow::Buffer> view(std::string_view bytes) {
  return std::make_shared<arrow::Buffer>(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                         static_cast<std::int64_t>(bytes.size()));
}

// A stream of one schema as one table of one chunk a column.
std::shared_ptr<arrow::Table> read_stream(std::string_view ipc,
                                          const std::shared_ptr<arrow::Schema>& expected,
                                          const std::string& context) {
  const auto table = decode_table(ipc, context);
  if (!table->schema()->Equals(*expected, false))
    throw Error(ErrorCode::Corrupt,
                context + ": the inner Arrow stream has another schema than the format's");
  return unwrap(table->CombineChunks(), context, ErrorCode::Io);
}

template <typename Array>
const Array* chunk(const arrow::Table& table, int column) {
  return static_cast<const Array*>(table.column(column)->chunk(0).get());
}

std::string finish_table(const std::shared_ptr<arrow::Schema>& schema,
                         std::initializer_list<arrow::ArrayBuilder*> builders, std::size_t rows) {
  arrow::ArrayVector columns;
  for (auto* builder : builders)
    columns.push_back(unwrap(builder->Finish(), "inner rows", ErrorCode::Io));
  return encode_table(*arrow::Table::Make(schema, columns, static_cast<std::int64_t>(rows)));
}

std::shared_ptr<arrow::Schema> directory_schema() {
  static const auto schema = arrow::schema(
      {arrow::field("name", arrow::utf8(), false), arrow::field("node_id", arrow::utf8(), false),
       arrow::field("part_id", arrow::utf8(), false), arrow::field("kind", arrow::utf8(), false),
       arrow::field("op", arrow::utf8(), false)});
  return schema;
}

std::shared_ptr<arrow::Schema> history_schema() {
  static const auto schema = arrow::schema(
      {arrow::field("version", arrow::int64(), false), arrow::field("time", instant(), false),
       arrow::field("txn", arrow::int64(), false), arrow::field("size", arrow::int64(), false),
       arrow::field("rows", arrow::int64(), false), arrow::field("min_time", instant()),
       arrow::field("max_time", instant()), arrow::field("hash", arrow::utf8(), false),
       arrow::field("attributes", arrow::utf8())});
  return schema;
}

std::shared_ptr<parquet::WriterProperties> parquet_properties() {
  return parquet::WriterProperties::Builder()
      .compression(parquet::Compression::ZSTD)
      ->compression_level(1)
      ->max_row_group_length(kRowGroupRows)
      ->enable_page_checksum()
      ->created_by("DuckPond")
      ->build();
}

// The Arrow schema travels in the file, so that time zones and key-value metadata survive.
std::shared_ptr<parquet::ArrowWriterProperties> arrow_properties() {
  return parquet::ArrowWriterProperties::Builder().store_schema()->build();
}

}  // namespace

arrow::Result<std::unique_ptr<parquet::arrow::FileReader>> open_parquet(
    std::shared_ptr<arrow::io::RandomAccessFile> source) {
  auto properties = parquet::default_reader_properties();
  properties.set_page_checksum_verification(true);
  parquet::arrow::FileReaderBuilder builder;
  ARROW_RETURN_NOT_OK(builder.Open(std::move(source), properties));
  return builder.Build();
}

namespace {

std::shared_ptr<arrow::Table> read_parquet(
    const std::shared_ptr<arrow::io::RandomAccessFile>& source, const std::string& context) {
  try {
    const auto reader = unwrap(open_parquet(source), context);
    return unwrap(reader->ReadTable(), context);
  } catch (const parquet::ParquetException& error) {
    throw Error(ErrorCode::Corrupt, context + ": " + error.what());
  }
}

}  // namespace

std::string encode_directory(const std::vector<DirectoryOp>& ops) {
  arrow::StringBuilder name, node_id, part_id, kind, op;
  for (const auto& change : ops) {
    check(name.Append(change.name), "directory", ErrorCode::Io);
    check(node_id.Append(change.node_id.to_string()), "directory", ErrorCode::Io);
    check(part_id.Append(change.part_id.to_string()), "directory", ErrorCode::Io);
    check(kind.Append(to_string(change.kind)), "directory", ErrorCode::Io);
    check(op.Append(change.insert ? "insert" : "remove"), "directory", ErrorCode::Io);
  }
  return finish_table(directory_schema(), {&name, &node_id, &part_id, &kind, &op}, ops.size());
}

std::vector<DirectoryOp> decode_directory(std::string_view ipc, const std::string& context) {
  const auto table = read_stream(ipc, directory_schema(), context);
  std::vector<DirectoryOp> ops;
  if (table->num_rows() == 0) return ops;
  const auto* name = chunk<arrow::StringArray>(*table, 0);
  const auto* node_id = chunk<arrow::StringArray>(*table, 1);
  const auto* part_id = chunk<arrow::StringArray>(*table, 2);
  const auto* kind = chunk<arrow::StringArray>(*table, 3);
  const auto* op = chunk<arrow::StringArray>(*table, 4);
  ops.reserve(static_cast<std::size_t>(table->num_rows()));
  for (std::int64_t i = 0; i < table->num_rows(); ++i) {
    if (op->GetView(i) != "insert" && op->GetView(i) != "remove")
      throw Error(ErrorCode::Corrupt,
                  context + ": unknown directory change '" + op->GetString(i) + "'");
    ops.push_back({.name = name->GetString(i),
                   .node_id = Uuid::parse(node_id->GetView(i)),
                   .part_id = Uuid::parse(part_id->GetView(i)),
                   .kind = parse_row_kind(kind->GetView(i)),
                   .insert = op->GetView(i) == "insert"});
  }
  return ops;
}

std::string encode_history(const std::vector<HistoryEntry>& entries) {
  arrow::Int64Builder version, txn, size, rows;
  arrow::TimestampBuilder time(instant(), arrow::default_memory_pool());
  arrow::TimestampBuilder min_time(instant(), arrow::default_memory_pool());
  arrow::TimestampBuilder max_time(instant(), arrow::default_memory_pool());
  arrow::StringBuilder hash, attributes;
  const auto done = [](const arrow::Status& status) { check(status, "history", ErrorCode::Io); };
  for (const auto& entry : entries) {
    done(version.Append(entry.version));
    done(time.Append(entry.time_us));
    done(txn.Append(entry.txn));
    done(size.Append(entry.size));
    done(rows.Append(entry.rows));
    done(entry.min_time_us ? min_time.Append(*entry.min_time_us) : min_time.AppendNull());
    done(entry.max_time_us ? max_time.Append(*entry.max_time_us) : max_time.AppendNull());
    done(hash.Append(entry.hash));
    done(entry.attributes.empty() ? attributes.AppendNull() : attributes.Append(entry.attributes));
  }
  return finish_table(
      history_schema(),
      {&version, &time, &txn, &size, &rows, &min_time, &max_time, &hash, &attributes},
      entries.size());
}

std::vector<HistoryEntry> history_of(const Record& record) {
  if (record.history.empty())
    return {HistoryEntry{.version = record.version,
                         .time_us = record.time_us,
                         .txn = record.txn,
                         .size = record.size,
                         .rows = record.rows,
                         .min_time_us = record.min_time_us,
                         .max_time_us = record.max_time_us,
                         .hash = record.hash,
                         .attributes = record.attributes}};
  const auto table =
      read_stream(record.history, history_schema(), "history of " + record.node_id.to_string());
  std::vector<HistoryEntry> entries;
  if (table->num_rows() == 0) return entries;
  const auto* version = chunk<arrow::Int64Array>(*table, 0);
  const auto* time = chunk<arrow::TimestampArray>(*table, 1);
  const auto* txn = chunk<arrow::Int64Array>(*table, 2);
  const auto* size = chunk<arrow::Int64Array>(*table, 3);
  const auto* rows = chunk<arrow::Int64Array>(*table, 4);
  const auto* min_time = chunk<arrow::TimestampArray>(*table, 5);
  const auto* max_time = chunk<arrow::TimestampArray>(*table, 6);
  const auto* hash = chunk<arrow::StringArray>(*table, 7);
  const auto* attributes = chunk<arrow::StringArray>(*table, 8);
  for (std::int64_t i = 0; i < table->num_rows(); ++i) {
    HistoryEntry entry{.version = version->Value(i),
                       .time_us = time->Value(i),
                       .txn = txn->Value(i),
                       .size = size->Value(i),
                       .rows = rows->Value(i),
                       .min_time_us = {},
                       .max_time_us = {},
                       .hash = hash->GetString(i),
                       .attributes = attributes->IsNull(i) ? "" : attributes->GetString(i)};
    if (!min_time->IsNull(i)) entry.min_time_us = min_time->Value(i);
    if (!max_time->IsNull(i)) entry.max_time_us = max_time->Value(i);
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string encode_table(const arrow::Table& table) {
  const auto sink =
      unwrap(arrow::io::BufferOutputStream::Create(1 << 12), "Arrow stream", ErrorCode::Io);
  const auto writer =
      unwrap(arrow::ipc::MakeStreamWriter(sink, table.schema()), "Arrow stream", ErrorCode::Io);
  check(writer->WriteTable(table), "Arrow stream", ErrorCode::Io);
  check(writer->Close(), "Arrow stream", ErrorCode::Io);
  return unwrap(sink->Finish(), "Arrow stream", ErrorCode::Io)->ToString();
}

std::shared_ptr<arrow::Table> decode_table(std::string_view bytes, const std::string& context) {
  // The table's buffers point into what is read here: they own a copy.
  const auto source =
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::string(bytes)));
  if (bytes.starts_with("PAR1")) return read_parquet(source, context);
  return read_ipc_stream(source, context);
}

std::string encode_parquet(const arrow::Table& table) {
  const auto sink =
      unwrap(arrow::io::BufferOutputStream::Create(1 << 14), "Parquet", ErrorCode::Io);
  check(parquet::arrow::WriteTable(table, arrow::default_memory_pool(), sink, kRowGroupRows,
                                   parquet_properties(), arrow_properties()),
        "Parquet", ErrorCode::InvalidArgument);
  return unwrap(sink->Finish(), "Parquet", ErrorCode::Io)->ToString();
}

std::string encode_schema(const arrow::Schema& schema) {
  return unwrap(arrow::ipc::SerializeSchema(schema), "schema", ErrorCode::Io)->ToString();
}

std::shared_ptr<arrow::Schema> decode_schema(std::string_view ipc, const std::string& context) {
  arrow::io::BufferReader source(view(ipc));
  arrow::ipc::DictionaryMemo memo;
  return unwrap(arrow::ipc::ReadSchema(&source, &memo), context);
}

struct ParquetSink::State {
  std::shared_ptr<arrow::io::FileOutputStream> file;
  std::unique_ptr<parquet::arrow::FileWriter> writer;
  std::string name;
};

ParquetSink::ParquetSink(const std::filesystem::path& file,
                         const std::shared_ptr<arrow::Schema>& schema)
    : state_(std::make_unique<State>()) {
  state_->name = file.string();
  state_->file =
      unwrap(arrow::io::FileOutputStream::Open(state_->name), state_->name, ErrorCode::Io);
  state_->writer =
      unwrap(parquet::arrow::FileWriter::Open(*schema, arrow::default_memory_pool(), state_->file,
                                              parquet_properties(), arrow_properties()),
             state_->name, ErrorCode::InvalidArgument);
}

ParquetSink::~ParquetSink() = default;

void ParquetSink::write(const arrow::Table& rows) {
  check(state_->writer->WriteTable(rows, kRowGroupRows), state_->name, ErrorCode::InvalidArgument);
}

void ParquetSink::close() {
  check(state_->writer->Close(), state_->name, ErrorCode::Io);
  check(state_->file->Close(), state_->name, ErrorCode::Io);
}

void write_parquet(const arrow::Table& table, const std::filesystem::path& file) {
  ParquetSink sink(file, table.schema());
  sink.write(table);
  sink.close();
}

std::shared_ptr<arrow::Table> read_parquet(const std::filesystem::path& file) {
  return read_parquet(
      unwrap(arrow::io::ReadableFile::Open(file.string()), file.string(), ErrorCode::Io),
      file.string());
}

}  // namespace pond::oplog

#include "oplog/record.h"

#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <numeric>

#include "base/arrow_result.h"
#include "oplog/inner.h"
#include "oplog/store_file.h"
#include "pond/error.h"
#include "pond/time.h"

namespace pond::oplog {
namespace {

constexpr std::array<std::string_view, 6> kKinds = {"directory", "data",    "table",
                                                    "series",    "symlink", "dynamic"};
// Files up to this size are read whole; of larger ones the contents of files are left behind.
constexpr std::int64_t kEagerBytes = std::int64_t{128} << 10;
// Rows a row group holds: what one lazy load of a content reads.
constexpr std::int64_t kRowGroupRows = 512;

// Positions of the Parquet columns. Contents come last, so that everything else is one range of
// bytes.
enum Column : int {
  kNodeId,
  kVersion,
  kFirstVersion,
  kKind,
  kTime,
  kTxn,
  kSize,
  kHash,
  kLocation,
  kSchema,
  kRows,
  kMinTime,
  kMaxTime,
  kAttributes,
  kContent,
  kHistory
};

std::shared_ptr<arrow::DataType> instant() {
  return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
}

std::shared_ptr<arrow::Schema> file_schema() {
  static const auto schema = arrow::schema({
      arrow::field("node_id", arrow::utf8(), false),
      arrow::field("version", arrow::int64(), false),
      arrow::field("first_version", arrow::int64(), false),
      arrow::field("kind", arrow::utf8(), false),
      arrow::field("time", instant(), false),
      arrow::field("txn", arrow::int64(), false),
      arrow::field("size", arrow::int64(), false),
      arrow::field("hash", arrow::utf8(), false),
      arrow::field("location", arrow::utf8(), false),
      arrow::field("schema", arrow::binary()),
      arrow::field("rows", arrow::int64()),
      arrow::field("min_time", instant()),
      arrow::field("max_time", instant()),
      arrow::field("attributes", arrow::utf8()),
      arrow::field("content", arrow::binary()),
      arrow::field("history", arrow::binary()),
  });
  return schema;
}

template <typename Builder, typename Value>
void append_or_null(Builder& builder, bool present, const Value& value) {
  check(present ? builder.Append(value) : builder.AppendNull(), "oplog rows", ErrorCode::Io);
}

std::shared_ptr<arrow::Table> to_table(const std::vector<const Record*>& records) {
  arrow::StringBuilder node_id, kind, hash, location, attributes;
  arrow::Int64Builder version, first_version, txn, size, rows;
  arrow::TimestampBuilder time(instant(), arrow::default_memory_pool());
  arrow::TimestampBuilder min_time(instant(), arrow::default_memory_pool());
  arrow::TimestampBuilder max_time(instant(), arrow::default_memory_pool());
  arrow::BinaryBuilder schema, content, history;
  for (const Record* record : records) {
    const bool tabular = record->kind == RowKind::Table || record->kind == RowKind::Series;
    append_or_null(node_id, true, record->node_id.to_string());
    append_or_null(version, true, record->version);
    append_or_null(first_version, true, record->first_version);
    append_or_null(kind, true, to_string(record->kind));
    append_or_null(time, true, record->time_us);
    append_or_null(txn, true, record->txn);
    append_or_null(size, true, record->size);
    append_or_null(hash, true, record->hash);
    append_or_null(location, true, record->location);
    append_or_null(schema, !record->schema.empty(), record->schema);
    append_or_null(rows, tabular, record->rows);
    append_or_null(min_time, record->min_time_us.has_value(), record->min_time_us.value_or(0));
    append_or_null(max_time, record->max_time_us.has_value(), record->max_time_us.value_or(0));
    append_or_null(attributes, !record->attributes.empty(), record->attributes);
    append_or_null(content, record->is_inline(), record->content);
    append_or_null(history, !record->history.empty(), record->history);
  }
  arrow::ArrayVector columns;
  for (arrow::ArrayBuilder* builder : std::initializer_list<arrow::ArrayBuilder*>{
           &node_id, &version, &first_version, &kind, &time, &txn, &size, &hash, &location, &schema,
           &rows, &min_time, &max_time, &attributes, &content, &history})
    columns.push_back(unwrap(builder->Finish(), "oplog rows", ErrorCode::Io));
  return arrow::Table::Make(file_schema(), columns, static_cast<std::int64_t>(records.size()));
}

// Contents of a few bytes; to make a decompressor for a page of them takes longer than reading
// them.
bool are_small(const std::vector<Record>& records) {
  constexpr std::size_t kSmallBytes = 4096;
  std::size_t bytes = 0;
  for (const auto& record : records)
    bytes += record.content.size() + record.history.size();
  return bytes < kSmallBytes;
}

// The file is in memory: what Arrow calls an IOError is damage of it.
template <typename T>
T intact(arrow::Result<T> result, const std::string& key) {
  if (!result.ok()) throw Error(ErrorCode::Corrupt, key + ": " + result.status().message());
  return std::move(result).MoveValueUnsafe();
}

std::unique_ptr<parquet::arrow::FileReader> open_rows(
    std::shared_ptr<arrow::io::RandomAccessFile> source, const std::string& key) {
  auto reader = intact(open_parquet(std::move(source)), key);
  reader->set_use_threads(false);
  return reader;
}

std::shared_ptr<arrow::io::RandomAccessFile> in_memory(std::string parquet) {
  return std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::move(parquet)));
}

// What `read` gives; what Parquet throws is damage of the file.
template <typename Read>
auto undamaged(const std::string& key, Read read) {
  try {
    return read();
  } catch (const parquet::ParquetException& error) {
    throw Error(ErrorCode::Corrupt, key + ": " + error.what());
  }
}

// The same of a file in a store, whose own errors are not damage.
template <typename Read>
auto undamaged(const StoreFile& file, const std::string& key, Read read) {
  try {
    return undamaged(key, read);
  } catch (...) {
    file.rethrow();
    throw;
  }
}

// Fetches the bytes of the columns `first` to `last` of a row group, which lie side by side.
void fetch_columns(StoreFile& file, const parquet::RowGroupMetaData& group, int first, int last) {
  std::int64_t begin = INT64_MAX, end = 0;
  for (int i = first; i <= last; ++i) {
    const auto column = group.ColumnChunk(i);
    const std::int64_t start =
        column->has_dictionary_page()
            ? std::min(column->dictionary_page_offset(), column->data_page_offset())
            : column->data_page_offset();
    begin = std::min(begin, start);
    end = std::max(end, start + column->total_compressed_size());
  }
  file.fetch(begin, end - begin);
}

// One column of a table as a single chunk of the type the format demands.
template <typename Array>
const Array& column(const arrow::Table& table, const std::string& name, arrow::Type::type type,
                    const std::string& key) {
  const auto chunked = table.GetColumnByName(name);
  if (chunked == nullptr || chunked->type()->id() != type)
    throw Error(ErrorCode::Corrupt, key + ": column '" + name + "' is missing or of another type");
  if (chunked->num_chunks() != 1)
    throw Error(ErrorCode::Corrupt, key + ": column '" + name + "' is torn");
  return static_cast<const Array&>(*chunked->chunk(0));
}

// What is not an id or a kind is damage of this file.
template <typename Parse>
auto parsed(Parse parse, std::string_view text, const std::string& key) {
  try {
    return parse(text);
  } catch (const Error& error) {
    throw Error(ErrorCode::Corrupt, key + ": " + error.what());
  }
}

void append_rows(const arrow::Table& read, const Uuid& part_id, const std::string& key,
                 std::int64_t first_row, bool with_contents, std::vector<StoredRecord>& records) {
  if (read.num_rows() == 0) return;
  const auto table = unwrap(read.CombineChunks(), key, ErrorCode::Io);
  using arrow::Type;
  const auto& node_id = column<arrow::StringArray>(*table, "node_id", Type::STRING, key);
  const auto& version = column<arrow::Int64Array>(*table, "version", Type::INT64, key);
  const auto& first_version = column<arrow::Int64Array>(*table, "first_version", Type::INT64, key);
  const auto& kind = column<arrow::StringArray>(*table, "kind", Type::STRING, key);
  const auto& time = column<arrow::TimestampArray>(*table, "time", Type::TIMESTAMP, key);
  const auto& txn = column<arrow::Int64Array>(*table, "txn", Type::INT64, key);
  const auto& size = column<arrow::Int64Array>(*table, "size", Type::INT64, key);
  const auto& hash = column<arrow::StringArray>(*table, "hash", Type::STRING, key);
  const auto& location = column<arrow::StringArray>(*table, "location", Type::STRING, key);
  const auto& schema = column<arrow::BinaryArray>(*table, "schema", Type::BINARY, key);
  const auto& rows = column<arrow::Int64Array>(*table, "rows", Type::INT64, key);
  const auto& min_time = column<arrow::TimestampArray>(*table, "min_time", Type::TIMESTAMP, key);
  const auto& max_time = column<arrow::TimestampArray>(*table, "max_time", Type::TIMESTAMP, key);
  const auto& attributes = column<arrow::StringArray>(*table, "attributes", Type::STRING, key);
  const arrow::BinaryArray* content =
      with_contents ? &column<arrow::BinaryArray>(*table, "content", Type::BINARY, key) : nullptr;
  const arrow::BinaryArray* history =
      with_contents ? &column<arrow::BinaryArray>(*table, "history", Type::BINARY, key) : nullptr;
  for (std::int64_t i = 0; i < table->num_rows(); ++i) {
    StoredRecord record;
    record.part_id = part_id;
    record.node_id = parsed(Uuid::parse, node_id.GetView(i), key);
    record.version = version.Value(i);
    record.first_version = first_version.Value(i);
    record.kind = parsed(parse_row_kind, kind.GetView(i), key);
    record.time_us = time.Value(i);
    record.txn = txn.Value(i);
    record.size = size.Value(i);
    record.hash = hash.GetString(i);
    record.location = location.GetString(i);
    if (!schema.IsNull(i)) record.schema = schema.GetString(i);
    if (!rows.IsNull(i)) record.rows = rows.Value(i);
    if (!min_time.IsNull(i)) record.min_time_us = min_time.Value(i);
    if (!max_time.IsNull(i)) record.max_time_us = max_time.Value(i);
    if (!attributes.IsNull(i)) record.attributes = attributes.GetString(i);
    if (with_contents) {
      if (!content->IsNull(i)) record.content = content->GetString(i);
      if (!history->IsNull(i)) record.history = history->GetString(i);
    } else {
      record.origin = Origin{.file = key, .row = first_row + i};
    }
    records.push_back(std::move(record));
  }
}

// All columns but content and history; of directories these too. `file` is what the reader reads,
// when ranges of it are to be fetched.
std::vector<StoredRecord> light_rows(parquet::arrow::FileReader& reader, const Uuid& part_id,
                                     const std::string& key, StoreFile* file) {
  std::vector<int> light(kContent);
  std::iota(light.begin(), light.end(), 0);
  const auto metadata = reader.parquet_reader()->metadata();
  std::vector<StoredRecord> records;
  std::int64_t first_row = 0;
  for (int group = 0; group < reader.num_row_groups(); ++group) {
    if (file != nullptr) fetch_columns(*file, *metadata->RowGroup(group), 0, kContent - 1);
    const std::size_t before = records.size();
    append_rows(*intact(reader.ReadRowGroups({group}, light), key), part_id, key, first_row, false,
                records);
    if (records.size() > before && records[before].kind == RowKind::Directory) {
      records.resize(before);
      if (file != nullptr) fetch_columns(*file, *metadata->RowGroup(group), kContent, kHistory);
      append_rows(*intact(reader.ReadRowGroups({group}), key), part_id, key, first_row, true,
                  records);
    }
    first_row += static_cast<std::int64_t>(records.size() - before);
  }
  return records;
}

// The content and history of the row that record.origin names.
void load_from(parquet::arrow::FileReader& reader, StoredRecord& record, StoreFile* file) {
  const Origin origin = *record.origin;
  std::int64_t first_row = 0;
  const auto metadata = reader.parquet_reader()->metadata();
  for (int group = 0; group < reader.num_row_groups(); ++group) {
    const std::int64_t rows = metadata->RowGroup(group)->num_rows();
    if (origin.row < first_row + rows) {
      if (file != nullptr) fetch_columns(*file, *metadata->RowGroup(group), kContent, kHistory);
      const auto read = intact(reader.ReadRowGroups({group}, {kContent, kHistory}), origin.file);
      const auto table = unwrap(read->CombineChunks(), origin.file, ErrorCode::Io);
      const auto& content =
          column<arrow::BinaryArray>(*table, "content", arrow::Type::BINARY, origin.file);
      const auto& history =
          column<arrow::BinaryArray>(*table, "history", arrow::Type::BINARY, origin.file);
      const std::int64_t i = origin.row - first_row;
      if (i >= table->num_rows()) break;
      if (!content.IsNull(i)) record.content = content.GetString(i);
      if (!history.IsNull(i)) record.history = history.GetString(i);
      record.origin.reset();
      return;
    }
    first_row += rows;
  }
  throw Error(ErrorCode::Corrupt,
              origin.file + ": row " + std::to_string(origin.row) + " is missing");
}

}  // namespace

std::string_view to_string(RowKind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

RowKind parse_row_kind(std::string_view text) {
  const auto found = std::find(kKinds.begin(), kKinds.end(), text);
  if (found == kKinds.end())
    throw Error(ErrorCode::Corrupt, "unknown kind of oplog row: '" + std::string(text) + "'");
  return static_cast<RowKind>(found - kKinds.begin());
}

std::shared_ptr<arrow::Schema> table_schema() {
  auto fields = file_schema()->fields();
  fields.insert(fields.begin(), arrow::field("part_id", arrow::utf8(), false));
  return arrow::schema(fields);
}

std::string encode_records(const std::vector<Record>& records) {
  std::vector<const Record*> directories, others;
  for (const auto& record : records)
    (record.kind == RowKind::Directory ? directories : others).push_back(&record);

  parquet::WriterProperties::Builder builder;
  builder.compression(parquet::Compression::SNAPPY)
      ->disable_statistics("schema")
      ->enable_page_checksum()
      ->created_by("DuckPond");
  const bool small = are_small(records);
  for (const std::string column : {"content", "history"}) {
    builder.disable_dictionary(column)->disable_statistics(column);
    if (!small)
      builder.compression(column, parquet::Compression::ZSTD)->compression_level(column, 1);
  }
  const auto properties = builder.build();
  const auto sink =
      unwrap(arrow::io::BufferOutputStream::Create(1 << 14), "oplog rows", ErrorCode::Io);
  const auto writer = unwrap(parquet::arrow::FileWriter::Open(
                                 *file_schema(), arrow::default_memory_pool(), sink, properties),
                             "oplog rows", ErrorCode::Io);
  for (const auto& group : {directories, others})
    if (!group.empty())
      check(writer->WriteTable(*to_table(group), kRowGroupRows), "oplog rows", ErrorCode::Io);
  check(writer->Close(), "oplog rows", ErrorCode::Io);
  return unwrap(sink->Finish(), "oplog rows", ErrorCode::Io)->ToString();
}

std::string record_stats(const std::vector<Record>& records) {
  // PROTOCOL.md#per-file-statistics. Timestamps are truncated to milliseconds there, so min is
  // rounded down and max up by the reader; we leave the time columns to the rows themselves.
  std::string least, greatest;
  std::int64_t least_txn = records.empty() ? 0 : records.front().txn, greatest_txn = least_txn;
  for (const auto& record : records) {
    const auto id = record.node_id.to_string();
    if (least.empty() || id < least) least = id;
    if (id > greatest) greatest = id;
    least_txn = std::min(least_txn, record.txn);
    greatest_txn = std::max(greatest_txn, record.txn);
  }
  return nlohmann::json{{"numRecords", records.size()},
                        {"minValues", {{"node_id", least}, {"txn", least_txn}}},
                        {"maxValues", {{"node_id", greatest}, {"txn", greatest_txn}}},
                        {"nullCount", {{"node_id", 0}, {"txn", 0}}}}
      .dump();
}

std::vector<StoredRecord> decode_records(std::string parquet, const Uuid& part_id,
                                         const std::string& key, std::size_t eager_bytes) {
  if (parquet.size() > eager_bytes) {
    return undamaged(key, [&] {
      return light_rows(*open_rows(in_memory(std::move(parquet)), key), part_id, key, nullptr);
    });
  }
  return undamaged(key, [&] {
    std::vector<StoredRecord> records;
    const auto reader = open_rows(in_memory(std::move(parquet)), key);
    append_rows(*intact(reader->ReadTable(), key), part_id, key, 0, true, records);
    return records;
  });
}

std::vector<StoredRecord> read_records(const ObjectStore& store, const Uuid& part_id,
                                       const std::string& key, std::int64_t size) {
  if (size <= kEagerBytes) return decode_records(store.read(key), part_id, key, SIZE_MAX);
  const auto file = std::make_shared<StoreFile>(store, key, size);
  return undamaged(*file, key,
                   [&] { return light_rows(*open_rows(file, key), part_id, key, file.get()); });
}

void load_record(const ObjectStore& store, StoredRecord& record) {
  if (!record.origin) return;
  const std::string& key = record.origin->file;
  const auto info = store.head(key);
  if (!info) throw Error(ErrorCode::NotFound, "no such file: " + store.describe() + "/" + key);
  const auto file = std::make_shared<StoreFile>(store, key, static_cast<std::int64_t>(info->size));
  undamaged(*file, key, [&] { load_from(*open_rows(file, key), record, file.get()); });
}

void load_record(std::string parquet, StoredRecord& record) {
  if (!record.origin) return;
  const std::string& key = record.origin->file;
  undamaged(key,
            [&] { load_from(*open_rows(in_memory(std::move(parquet)), key), record, nullptr); });
}

}  // namespace pond::oplog

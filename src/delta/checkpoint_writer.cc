#include <arrow/array/builder_binary.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/writer.h>
#include <parquet/properties.h>

#include <algorithm>

#include "delta/arrow_error.h"
#include "delta/checkpoint.h"
#include "delta/path_escapes.h"

namespace pond::delta {
namespace {

void check(const arrow::Status& status) {
  delta::check(status, ErrorCode::Io, "cannot write a checkpoint");
}

std::shared_ptr<arrow::DataType> string_map() {
  return arrow::map(arrow::utf8(), arrow::utf8());
}

// Fills the fields of one action's struct column in the order of its type.
class StructColumn {
 public:
  explicit StructColumn(std::shared_ptr<arrow::DataType> type) : type_(std::move(type)) {
    std::unique_ptr<arrow::ArrayBuilder> builder;
    check(arrow::MakeBuilder(arrow::default_memory_pool(), type_, &builder));
    owned_.reset(static_cast<arrow::StructBuilder*>(builder.release()));
    builder_ = owned_.get();
  }

  const std::shared_ptr<arrow::DataType>& type() const { return type_; }
  void append_null() { check(builder_->AppendNull()); }
  void begin() {
    check(builder_->Append());
    field_ = 0;
  }

  void add(const std::string& text) { check(next<arrow::StringBuilder>()->Append(text)); }
  void add_or_null(const std::string& text) {
    auto* strings = next<arrow::StringBuilder>();
    check(text.empty() ? strings->AppendNull() : strings->Append(text));
  }
  void add(std::int64_t number) { check(next<arrow::Int64Builder>()->Append(number)); }
  void add(std::optional<std::int64_t> number) {
    auto* numbers = next<arrow::Int64Builder>();
    check(number ? numbers->Append(*number) : numbers->AppendNull());
  }
  void add(int number) { check(next<arrow::Int32Builder>()->Append(number)); }
  void add(bool value) { check(next<arrow::BooleanBuilder>()->Append(value)); }
  void add_null() { check(builder_->field_builder(field_++)->AppendNull()); }

  void add(const std::vector<std::string>& texts) {
    auto* list = next<arrow::ListBuilder>();
    check(list->Append());
    check(static_cast<arrow::StringBuilder*>(list->value_builder())->AppendValues(texts));
  }
  void add(const std::map<std::string, std::string>& map) {
    auto* builder = next<arrow::MapBuilder>();
    check(builder->Append());
    for (const auto& [key, value] : map)
      add_item(*builder, key, &value);
  }
  void add(const PartitionValues& values) {
    auto* builder = next<arrow::MapBuilder>();
    check(builder->Append());
    for (const auto& [column, value] : values)
      add_item(*builder, column, value ? &*value : nullptr);
  }
  void add(const std::optional<DeletionVector>& vector) {
    if (!vector) return add_null();
    StructColumn nested(next<arrow::StructBuilder>());
    nested.begin();
    nested.add(vector->storage_type);
    nested.add(vector->path_or_inline);
    vector->offset ? nested.add(static_cast<int>(*vector->offset)) : nested.add_null();
    nested.add(static_cast<int>(vector->size));
    nested.add(vector->cardinality);
  }
  // metaData.format: always Parquet without options.
  void add_parquet_format() {
    auto* format = next<arrow::StructBuilder>();
    check(format->Append());
    check(static_cast<arrow::StringBuilder*>(format->field_builder(0))->Append("parquet"));
    check(static_cast<arrow::MapBuilder*>(format->field_builder(1))->Append());
  }

  std::shared_ptr<arrow::Array> finish() {
    std::shared_ptr<arrow::Array> array;
    check(builder_->Finish(&array));
    return array;
  }

 private:
  explicit StructColumn(arrow::StructBuilder* nested) : builder_(nested) {}

  template <class Builder>
  Builder* next() {
    return static_cast<Builder*>(builder_->field_builder(field_++));
  }

  static void add_item(arrow::MapBuilder& map, const std::string& key, const std::string* value) {
    check(static_cast<arrow::StringBuilder*>(map.key_builder())->Append(key));
    auto* values = static_cast<arrow::StringBuilder*>(map.item_builder());
    check(value != nullptr ? values->Append(*value) : values->AppendNull());
  }

  std::shared_ptr<arrow::DataType> type_;
  std::unique_ptr<arrow::StructBuilder> owned_;
  arrow::StructBuilder* builder_ = nullptr;
  int field_ = 0;
};

// The fields of files in tables with deletion vectors or row tracking.
arrow::FieldVector tracking_fields() {
  return {
      arrow::field("deletionVector", arrow::struct_({arrow::field("storageType", arrow::utf8()),
                                                     arrow::field("pathOrInlineDv", arrow::utf8()),
                                                     arrow::field("offset", arrow::int32()),
                                                     arrow::field("sizeInBytes", arrow::int32()),
                                                     arrow::field("cardinality", arrow::int64())})),
      arrow::field("baseRowId", arrow::int64()),
      arrow::field("defaultRowCommitVersion", arrow::int64())};
}

arrow::FieldVector add_fields(bool tracked) {
  arrow::FieldVector fields{arrow::field("path", arrow::utf8()),
                            arrow::field("partitionValues", string_map()),
                            arrow::field("size", arrow::int64()),
                            arrow::field("modificationTime", arrow::int64()),
                            arrow::field("dataChange", arrow::boolean()),
                            arrow::field("stats", arrow::utf8()),
                            arrow::field("tags", string_map())};
  if (!tracked) return fields;
  for (auto& field : tracking_fields())
    fields.push_back(std::move(field));
  fields.push_back(arrow::field("clusteringProvider", arrow::utf8()));
  return fields;
}

arrow::FieldVector remove_fields(bool tracked) {
  arrow::FieldVector fields{arrow::field("path", arrow::utf8()),
                            arrow::field("deletionTimestamp", arrow::int64()),
                            arrow::field("dataChange", arrow::boolean()),
                            arrow::field("extendedFileMetadata", arrow::boolean()),
                            arrow::field("partitionValues", string_map()),
                            arrow::field("size", arrow::int64())};
  if (!tracked) return fields;
  for (auto& field : tracking_fields())
    fields.push_back(std::move(field));
  return fields;
}

// PROTOCOL.md#checkpoint-schema. Everything is nullable: a row has one column that is not null.
struct Columns {
  // `tracked`: with the fields of deletion vectors and row tracking, which few tables use.
  explicit Columns(bool with_tracking)
      : tracked(with_tracking),
        add(arrow::struct_(add_fields(tracked))),
        remove(arrow::struct_(remove_fields(tracked))) {}

  const bool tracked;
  StructColumn protocol{
      arrow::struct_({arrow::field("minReaderVersion", arrow::int32()),
                      arrow::field("minWriterVersion", arrow::int32()),
                      arrow::field("readerFeatures", arrow::list(arrow::utf8())),
                      arrow::field("writerFeatures", arrow::list(arrow::utf8()))})};
  StructColumn metadata{arrow::struct_(
      {arrow::field("id", arrow::utf8()), arrow::field("name", arrow::utf8()),
       arrow::field("description", arrow::utf8()),
       arrow::field("format", arrow::struct_({arrow::field("provider", arrow::utf8()),
                                              arrow::field("options", string_map())})),
       arrow::field("schemaString", arrow::utf8()),
       arrow::field("partitionColumns", arrow::list(arrow::utf8())),
       arrow::field("configuration", string_map()), arrow::field("createdTime", arrow::int64())})};
  StructColumn txn{
      arrow::struct_({arrow::field("appId", arrow::utf8()), arrow::field("version", arrow::int64()),
                      arrow::field("lastUpdated", arrow::int64())})};
  StructColumn domain{arrow::struct_({arrow::field("domain", arrow::utf8()),
                                      arrow::field("configuration", arrow::utf8()),
                                      arrow::field("removed", arrow::boolean())})};
  StructColumn add;
  StructColumn remove;

  std::vector<std::pair<const char*, StructColumn*>> all() {
    return {{"txn", &txn},           {"add", &add},           {"remove", &remove},
            {"metaData", &metadata}, {"protocol", &protocol}, {"domainMetadata", &domain}};
  }

  std::int64_t rows = 0;

  // Starts the row whose action goes into `column`.
  StructColumn& row(StructColumn& column) {
    for (auto& [name, other] : all()) {
      if (other != &column) other->append_null();
    }
    column.begin();
    ++rows;
    return column;
  }
};

void append(Columns& columns, const Protocol& protocol) {
  auto& row = columns.row(columns.protocol);
  row.add(protocol.min_reader_version);
  row.add(protocol.min_writer_version);
  protocol.min_reader_version == 3 ? row.add(protocol.reader_features) : row.add_null();
  protocol.min_writer_version == 7 ? row.add(protocol.writer_features) : row.add_null();
}

void append(Columns& columns, const Metadata& metadata) {
  auto& row = columns.row(columns.metadata);
  row.add(metadata.id);
  row.add_or_null(metadata.name);
  row.add_or_null(metadata.description);
  row.add_parquet_format();
  row.add(metadata.schema_string);
  row.add(metadata.partition_columns);
  row.add(metadata.configuration);
  metadata.created_time_ms != 0 ? row.add(metadata.created_time_ms) : row.add_null();
}

void append(Columns& columns, const Txn& txn) {
  auto& row = columns.row(columns.txn);
  row.add(txn.app_id);
  row.add(txn.version);
  row.add(txn.last_updated_ms);
}

void append(Columns& columns, const DomainMetadata& domain) {
  auto& row = columns.row(columns.domain);
  row.add(domain.domain);
  row.add(domain.configuration);
  row.add(domain.removed);
}

template <class File>
void append_tracking(StructColumn& row, const File& file) {
  row.add(file.deletion_vector);
  row.add(file.base_row_id);
  row.add(file.default_row_commit_version);
}

void append(Columns& columns, const AddFile& add) {
  auto& row = columns.row(columns.add);
  row.add(uri_encode(add.path));
  row.add(add.partition_values);
  row.add(add.size);
  row.add(add.modification_time_ms);
  row.add(false);  // dataChange: a checkpoint changes nothing
  row.add_or_null(add.stats);
  add.tags.empty() ? row.add_null() : row.add(add.tags);
  if (!columns.tracked) return;
  append_tracking(row, add);
  row.add_or_null(add.clustering_provider);
}

void append(Columns& columns, const RemoveFile& remove) {
  auto& row = columns.row(columns.remove);
  const bool extended = remove.size > 0 || !remove.partition_values.empty();
  row.add(uri_encode(remove.path));
  row.add(remove.deletion_timestamp_ms);
  row.add(false);
  row.add(extended);
  extended ? row.add(remove.partition_values) : row.add_null();
  extended ? row.add(remove.size) : row.add_null();
  if (columns.tracked) append_tracking(row, remove);
}

template <class File>
bool has_tracking(const File& file) {
  return file.deletion_vector || file.base_row_id || file.default_row_commit_version;
}

bool has_tracking(const Snapshot& snapshot) {
  const auto& files = snapshot.files();
  const auto& tombstones = snapshot.tombstones();
  return std::any_of(files.begin(), files.end(),
                     [](const AddFile& add) {
                       return has_tracking<AddFile>(add) || !add.clustering_provider.empty();
                     }) ||
         std::any_of(tombstones.begin(), tombstones.end(), has_tracking<RemoveFile>);
}

template <class Map>
auto sorted(const Map& map) {
  return std::map<typename Map::key_type, typename Map::mapped_type>(map.begin(), map.end());
}

}  // namespace

CheckpointBytes write_checkpoint(const Snapshot& snapshot) {
  Columns columns(has_tracking(snapshot));
  append(columns, snapshot.protocol());
  append(columns, snapshot.metadata());
  for (const auto& [app, txn] : sorted(snapshot.txns()))
    append(columns, txn);
  for (const auto& [name, domain] : sorted(snapshot.domains()))
    append(columns, domain);
  for (const auto& add : snapshot.files())
    append(columns, add);
  for (const auto& remove : snapshot.tombstones())
    append(columns, remove);

  std::vector<std::shared_ptr<arrow::Field>> fields;
  std::vector<std::shared_ptr<arrow::Array>> arrays;
  for (auto& [name, column] : columns.all()) {
    fields.push_back(arrow::field(name, column->type()));
    arrays.push_back(column->finish());
  }
  const auto table = arrow::Table::Make(arrow::schema(fields), arrays, columns.rows);
  const auto sink = delta::check(arrow::io::BufferOutputStream::Create(1 << 16), ErrorCode::Io,
                                 "cannot write a checkpoint");
  const auto properties = parquet::WriterProperties::Builder()
                              .compression(arrow::Compression::SNAPPY)
                              ->disable_dictionary()
                              ->build();
  check(
      parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), sink, 1 << 20, properties));
  const auto buffer = delta::check(sink->Finish(), ErrorCode::Io, "cannot write a checkpoint");
  return {buffer->ToString(), columns.rows};
}

}  // namespace pond::delta

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/io/memory.h>
#include <arrow/record_batch.h>
#include <arrow/table.h>
#include <arrow/type.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>
#include <parquet/file_reader.h>
#include <parquet/schema.h>

#include <algorithm>
#include <array>

#include "delta/actions_json.h"
#include "delta/arrow_error.h"
#include "delta/checkpoint.h"
#include "delta/path_escapes.h"

namespace pond::delta {
namespace {

// Other writers' checkpoints come with any of Arrow's string types: by the file's schema they are
// all UTF-8.
std::optional<std::string> text_at(const arrow::Array& array, std::int64_t i) {
  if (array.IsNull(i)) return std::nullopt;
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY:
      return std::string(static_cast<const arrow::BinaryArray&>(array).GetView(i));
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY:
      return std::string(static_cast<const arrow::LargeBinaryArray&>(array).GetView(i));
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY_VIEW:
      return std::string(static_cast<const arrow::BinaryViewArray&>(array).GetView(i));
    case arrow::Type::DICTIONARY: {
      const auto& dictionary = static_cast<const arrow::DictionaryArray&>(array);
      return text_at(*dictionary.dictionary(), dictionary.GetValueIndex(i));
    }
    default:
      throw Error(ErrorCode::Corrupt, "not a string column but " + array.type()->ToString());
  }
}

std::optional<std::int64_t> integer_at(const arrow::Array& array, std::int64_t i) {
  if (array.IsNull(i)) return std::nullopt;
  switch (array.type_id()) {
    case arrow::Type::INT32:
      return static_cast<const arrow::Int32Array&>(array).Value(i);
    case arrow::Type::INT64:
      return static_cast<const arrow::Int64Array&>(array).Value(i);
    default:
      throw Error(ErrorCode::Corrupt, "not an integer column but " + array.type()->ToString());
  }
}

struct Range {
  std::shared_ptr<arrow::Array> values;
  std::int64_t begin = 0;
  std::int64_t end = 0;
};

// The items of row `i` of a list or map column (a map is a list of structs of key and value).
Range items_at(const arrow::Array& array, std::int64_t i) {
  switch (array.type_id()) {
    case arrow::Type::LIST:
    case arrow::Type::MAP: {
      const auto& list = static_cast<const arrow::ListArray&>(array);
      return {list.values(), list.value_offset(i), list.value_offset(i) + list.value_length(i)};
    }
    case arrow::Type::LARGE_LIST: {
      const auto& list = static_cast<const arrow::LargeListArray&>(array);
      return {list.values(), list.value_offset(i), list.value_offset(i) + list.value_length(i)};
    }
    default:
      throw Error(ErrorCode::Corrupt, "not a list column but " + array.type()->ToString());
  }
}

// A struct column of a batch, or one that the file lacks.
class Column {
 public:
  explicit Column(const std::shared_ptr<arrow::Array>& array) {
    if (!array) return;
    if (array->type_id() != arrow::Type::STRUCT)
      throw Error(ErrorCode::Corrupt, "not a struct column but " + array->type()->ToString());
    array_ = std::static_pointer_cast<arrow::StructArray>(array);
  }

  bool has(std::int64_t row) const { return array_ && array_->IsValid(row); }

  // The field's values, or null when the file does not have it.
  std::shared_ptr<arrow::Array> field(const char* name) const {
    return array_ ? array_->GetFieldByName(name) : nullptr;
  }

 private:
  std::shared_ptr<arrow::StructArray> array_;
};

struct Field {
  const char* name;
  std::shared_ptr<arrow::Array> array;

  Field(const Column& column, const char* field) : name(field), array(column.field(field)) {}

  std::optional<std::string> text(std::int64_t row) const {
    return array ? text_at(*array, row) : std::nullopt;
  }
  std::string text_or_empty(std::int64_t row) const { return text(row).value_or(""); }
  std::string required_text(std::int64_t row) const { return required(text(row)); }

  std::optional<std::int64_t> integer(std::int64_t row) const {
    return array ? integer_at(*array, row) : std::nullopt;
  }
  std::int64_t integer_or_0(std::int64_t row) const { return integer(row).value_or(0); }
  std::int64_t required_integer(std::int64_t row) const { return required(integer(row)); }

  bool boolean(std::int64_t row) const {
    if (!array || array->IsNull(row)) return false;
    if (array->type_id() != arrow::Type::BOOL)
      throw Error(ErrorCode::Corrupt, "not a boolean column but " + array->type()->ToString());
    return static_cast<const arrow::BooleanArray&>(*array).Value(row);
  }

  bool is_set(std::int64_t row) const { return array && array->IsValid(row); }

  std::vector<std::string> texts(std::int64_t row) const {
    std::vector<std::string> list;
    if (!is_set(row)) return list;
    const Range range = items_at(*array, row);
    for (std::int64_t i = range.begin; i < range.end; ++i)
      list.push_back(required(text_at(*range.values, i)));
    return list;
  }

  PartitionValues nullable_map(std::int64_t row) const {
    PartitionValues map;
    if (!is_set(row)) return map;
    const Range range = items_at(*array, row);
    if (range.values->type_id() != arrow::Type::STRUCT || range.values->type()->num_fields() != 2)
      throw Error(ErrorCode::Corrupt, std::string(name) + " is not a map");
    const auto& entries = static_cast<const arrow::StructArray&>(*range.values);
    for (std::int64_t i = range.begin; i < range.end; ++i) {
      auto value = text_at(*entries.field(1), i);
      map.emplace(required(text_at(*entries.field(0), i)), std::move(value));
    }
    return map;
  }

  std::map<std::string, std::string> map(std::int64_t row) const {
    std::map<std::string, std::string> map;
    for (auto& [key, value] : nullable_map(row)) {
      if (value) map.emplace(key, std::move(*value));
    }
    return map;
  }

 private:
  template <class T>
  T required(std::optional<T> value) const {
    if (!value) throw Error(ErrorCode::Corrupt, std::string(name) + " is null");
    return std::move(*value);
  }
};

std::string path_at(const Field& field, std::int64_t row) {
  const std::string raw = field.required_text(row);
  std::string path = uri_decode(raw);
  check_data_path(raw, path, "checkpoint");
  return path;
}

// The fields that an add and the remove that takes it back have in common.
struct Tracking {
  explicit Tracking(const Column& of)
      : vector(of.field("deletionVector")),
        storage(vector, "storageType"),
        where(vector, "pathOrInlineDv"),
        offset(vector, "offset"),
        size(vector, "sizeInBytes"),
        cardinality(vector, "cardinality"),
        base_row_id(of, "baseRowId"),
        commit_version(of, "defaultRowCommitVersion") {}

  template <class File>
  void read(std::int64_t row, File& file) const {
    if (vector.has(row)) {
      file.deletion_vector =
          DeletionVector{storage.required_text(row), where.required_text(row), offset.integer(row),
                         size.required_integer(row), cardinality.required_integer(row)};
    }
    file.base_row_id = base_row_id.integer(row);
    file.default_row_commit_version = commit_version.integer(row);
  }

  const Column vector;
  const Field storage, where, offset, size, cardinality, base_row_id, commit_version;
};

void read_adds(const Column& column, std::int64_t rows, std::vector<Action>& actions) {
  const Field path(column, "path"), values(column, "partitionValues"), size(column, "size"),
      time(column, "modificationTime"), change(column, "dataChange"), stats(column, "stats"),
      tags(column, "tags"), clustering(column, "clusteringProvider");
  const Tracking tracking(column);
  for (std::int64_t row = 0; row < rows; ++row) {
    if (!column.has(row)) continue;
    AddFile add;
    add.path = path_at(path, row);
    add.partition_values = values.nullable_map(row);
    add.size = size.required_integer(row);
    add.modification_time_ms = time.integer_or_0(row);
    add.data_change = change.boolean(row);
    add.stats = stats.text_or_empty(row);
    add.tags = tags.map(row);
    add.clustering_provider = clustering.text_or_empty(row);
    tracking.read(row, add);
    actions.emplace_back(std::move(add));
  }
}

void read_removes(const Column& column, std::int64_t rows, std::vector<Action>& actions) {
  const Field path(column, "path"), values(column, "partitionValues"), size(column, "size"),
      time(column, "deletionTimestamp"), change(column, "dataChange");
  const Tracking tracking(column);
  for (std::int64_t row = 0; row < rows; ++row) {
    if (!column.has(row)) continue;
    RemoveFile remove;
    remove.path = path_at(path, row);
    remove.deletion_timestamp_ms = time.integer_or_0(row);
    remove.data_change = change.boolean(row);
    remove.partition_values = values.nullable_map(row);
    for (auto& [name, value] : remove.partition_values) {
      if (value && value->empty()) value.reset();
    }
    remove.size = size.integer_or_0(row);
    tracking.read(row, remove);
    actions.emplace_back(std::move(remove));
  }
}

void read_metadata(const Column& column, std::int64_t rows, std::vector<Action>& actions) {
  const Field id(column, "id"), name(column, "name"), description(column, "description"),
      schema(column, "schemaString"), partitions(column, "partitionColumns"),
      configuration(column, "configuration"), created(column, "createdTime");
  const Column format(column.field("format"));
  const Field provider(format, "provider");
  for (std::int64_t row = 0; row < rows; ++row) {
    if (!column.has(row)) continue;
    const std::string files = provider.text(row).value_or("parquet");
    if (files != "parquet")
      throw Error(ErrorCode::Unsupported, "data files of format '" + files + "' are not supported");
    Metadata metadata;
    metadata.id = id.required_text(row);
    metadata.name = name.text_or_empty(row);
    metadata.description = description.text_or_empty(row);
    metadata.schema_string = schema.required_text(row);
    metadata.partition_columns = partitions.texts(row);
    metadata.configuration = configuration.map(row);
    metadata.created_time_ms = created.integer_or_0(row);
    actions.emplace_back(std::move(metadata));
  }
}

void read_protocol(const Column& column, std::int64_t rows, std::vector<Action>& actions) {
  const Field reader(column, "minReaderVersion"), writer(column, "minWriterVersion"),
      reader_features(column, "readerFeatures"), writer_features(column, "writerFeatures");
  for (std::int64_t row = 0; row < rows; ++row) {
    if (!column.has(row)) continue;
    Protocol protocol;
    const auto version = [row](const Field& field) {
      return static_cast<int>(
          std::clamp<std::int64_t>(field.required_integer(row), 0, kUnknownVersion));
    };
    protocol.min_reader_version = version(reader);
    protocol.min_writer_version = version(writer);
    protocol.reader_features = reader_features.texts(row);
    protocol.writer_features = writer_features.texts(row);
    actions.emplace_back(std::move(protocol));
  }
}

void read_txns(const Column& column, std::int64_t rows, std::vector<Action>& actions) {
  const Field app(column, "appId"), version(column, "version"), updated(column, "lastUpdated");
  for (std::int64_t row = 0; row < rows; ++row) {
    if (!column.has(row)) continue;
    actions.emplace_back(
        Txn{app.required_text(row), version.required_integer(row), updated.integer(row)});
  }
}

void read_domains(const Column& column, std::int64_t rows, std::vector<Action>& actions) {
  const Field domain(column, "domain"), configuration(column, "configuration"),
      removed(column, "removed");
  for (std::int64_t row = 0; row < rows; ++row) {
    if (!column.has(row)) continue;
    actions.emplace_back(DomainMetadata{domain.required_text(row), configuration.text_or_empty(row),
                                        removed.boolean(row)});
  }
}

void read_sidecars(const Column& column, std::int64_t rows, std::vector<std::string>& paths) {
  const Field path(column, "path");
  for (std::int64_t row = 0; row < rows; ++row) {
    if (column.has(row)) paths.push_back(uri_decode(path.required_text(row)));
  }
}

struct Reader {
  const char* column;
  void (*read)(const Column&, std::int64_t rows, std::vector<Action>&);
};
constexpr std::array<Reader, 6> kReaders = {{{"protocol", read_protocol},
                                             {"metaData", read_metadata},
                                             {"txn", read_txns},
                                             {"domainMetadata", read_domains},
                                             {"add", read_adds},
                                             {"remove", read_removes}}};

// The leaves to read: not the parsed copies of statistics, which can be most of the file.
std::vector<int> leaves_to_read(const parquet::SchemaDescriptor& schema) {
  std::vector<int> leaves;
  for (int i = 0; i < schema.num_columns(); ++i) {
    const std::string path = schema.Column(i)->path()->ToDotString();
    if (path.starts_with("add.stats_parsed.") || path.starts_with("add.partitionValues_parsed."))
      continue;
    if (path == "sidecar.path") leaves.push_back(i);
    for (const auto& reader : kReaders) {
      if (path.starts_with(std::string(reader.column) + ".")) leaves.push_back(i);
    }
  }
  return leaves;
}

std::vector<std::string> read_parquet(std::string bytes, const std::string& file,
                                      const std::function<void(std::vector<Action>)>& take) {
  const auto check_file = [&](auto&& result) {
    return check(std::forward<decltype(result)>(result), ErrorCode::Corrupt, file);
  };
  const auto source =
      std::make_shared<arrow::io::BufferReader>(arrow::Buffer::FromString(std::move(bytes)));
  parquet::arrow::FileReaderBuilder builder;
  check_file(builder.Open(source));
  auto properties = parquet::default_arrow_reader_properties();
  properties.set_use_threads(false);
  properties.set_pre_buffer(false);
  builder.properties(properties);
  const std::unique_ptr<parquet::arrow::FileReader> reader = check_file(builder.Build());
  const auto leaves = leaves_to_read(*reader->parquet_reader()->metadata()->schema());
  const std::shared_ptr<arrow::Table> table = check_file(reader->ReadTable(leaves));
  arrow::TableBatchReader batches(*table);
  std::vector<std::string> sidecars;
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    check_file(batches.ReadNext(&batch));
    if (!batch) return sidecars;
    read_sidecars(Column(batch->GetColumnByName("sidecar")), batch->num_rows(), sidecars);
    std::vector<Action> actions;
    for (const auto& [name, read_column] : kReaders)
      read_column(Column(batch->GetColumnByName(name)), batch->num_rows(), actions);
    take(std::move(actions));
  }
}

}  // namespace

std::vector<std::string> read_checkpoint(std::string bytes, const std::string& file,
                                         const std::function<void(std::vector<Action>)>& take) {
  try {
    if (!file.ends_with(".json")) return read_parquet(std::move(bytes), file, take);
    take(from_json_lines(bytes, file));
    return sidecars_from_json_lines(bytes, file);
  } catch (const parquet::ParquetException& error) {
    throw Error(ErrorCode::Corrupt, file + ": " + error.what());
  } catch (const Error& error) {
    if (std::string_view(error.what()).starts_with(file)) throw;
    throw Error(error.code(), file + ": " + error.what(), error.hint());
  }
}

}  // namespace pond::delta

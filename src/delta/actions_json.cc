#include "delta/actions_json.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "delta/json_text.h"
#include "delta/path_escapes.h"
#include "pond/error.h"

namespace pond::delta {
namespace {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

constexpr std::int64_t kLastTimeMs = std::numeric_limits<std::int64_t>::max() / 1000 - 1;

// ---- writing
// -------------------------------------------------------------------------------------------

std::string line_of(std::string_view action, const OrderedJson& body) {
  try {
    return "{\"" + std::string(action) + "\":" + body.dump() + "}";
  } catch (const OrderedJson::exception&) {
    throw Error(ErrorCode::InvalidArgument, "a log entry would hold text that is not UTF-8");
  }
}

OrderedJson object_of(const std::map<std::string, std::string>& map) {
  OrderedJson object = OrderedJson::object();
  for (const auto& [key, value] : map)
    object[key] = value;
  return object;
}

OrderedJson object_of(const PartitionValues& values) {
  OrderedJson object = OrderedJson::object();
  for (const auto& [column, value] : values) {
    // PROTOCOL.md#partition-value-serialization: the empty string means null.
    object[column] = value && !value->empty() ? OrderedJson(*value) : OrderedJson(nullptr);
  }
  return object;
}

OrderedJson object_of(const DeletionVector& vector) {
  OrderedJson object = {{"storageType", vector.storage_type},
                        {"pathOrInlineDv", vector.path_or_inline}};
  if (vector.offset) object["offset"] = *vector.offset;
  object["sizeInBytes"] = vector.size;
  object["cardinality"] = vector.cardinality;
  return object;
}

// What an add and the remove that takes it back have in common.
template <class File>
void add_tracking(OrderedJson& body, const File& file) {
  if (file.deletion_vector) body["deletionVector"] = object_of(*file.deletion_vector);
  if (file.base_row_id) body["baseRowId"] = *file.base_row_id;
  if (file.default_row_commit_version)
    body["defaultRowCommitVersion"] = *file.default_row_commit_version;
}

std::string to_json(const AddFile& add) {
  OrderedJson body = {{"path", uri_encode(add.path)},
                      {"partitionValues", object_of(add.partition_values)},
                      {"size", add.size},
                      {"modificationTime", add.modification_time_ms},
                      {"dataChange", add.data_change}};
  if (!add.stats.empty()) body["stats"] = add.stats;
  if (!add.tags.empty()) body["tags"] = object_of(add.tags);
  add_tracking(body, add);
  if (!add.clustering_provider.empty()) body["clusteringProvider"] = add.clustering_provider;
  return line_of("add", body);
}

std::string to_json(const RemoveFile& remove) {
  OrderedJson body = {{"path", uri_encode(remove.path)},
                      {"deletionTimestamp", remove.deletion_timestamp_ms},
                      {"dataChange", remove.data_change}};
  if (remove.size > 0 || !remove.partition_values.empty()) {
    body["extendedFileMetadata"] = true;
    body["partitionValues"] = object_of(remove.partition_values);
    body["size"] = remove.size;
  }
  add_tracking(body, remove);
  return line_of("remove", body);
}

std::string to_json(const Metadata& metadata) {
  OrderedJson body = OrderedJson::object();
  body["id"] = metadata.id;
  if (!metadata.name.empty()) body["name"] = metadata.name;
  if (!metadata.description.empty()) body["description"] = metadata.description;
  body["format"] = {{"provider", "parquet"}, {"options", OrderedJson::object()}};
  body["schemaString"] = metadata.schema_string;
  body["partitionColumns"] = metadata.partition_columns;
  body["configuration"] = object_of(metadata.configuration);
  if (metadata.created_time_ms != 0) body["createdTime"] = metadata.created_time_ms;
  return line_of("metaData", body);
}

std::string to_json(const Protocol& protocol) {
  OrderedJson body = {{"minReaderVersion", protocol.min_reader_version},
                      {"minWriterVersion", protocol.min_writer_version}};
  // PROTOCOL.md#table-features: the lists exist with exactly these versions.
  if (protocol.min_reader_version == 3) body["readerFeatures"] = protocol.reader_features;
  if (protocol.min_writer_version == 7) body["writerFeatures"] = protocol.writer_features;
  return line_of("protocol", body);
}

std::string to_json(const Txn& txn) {
  OrderedJson body = {{"appId", txn.app_id}, {"version", txn.version}};
  if (txn.last_updated_ms) body["lastUpdated"] = *txn.last_updated_ms;
  return line_of("txn", body);
}

std::string to_json(const DomainMetadata& domain) {
  return line_of("domainMetadata", {{"domain", domain.domain},
                                    {"configuration", domain.configuration},
                                    {"removed", domain.removed}});
}

std::string to_json(const CommitInfo& info) {
  const auto parsed = OrderedJson::parse(info.json, nullptr, false);
  if (!parsed.is_object())
    throw Error(ErrorCode::InvalidArgument, "a commitInfo must be a JSON object");
  // As it is, so that hashes of the text hold; unless its line breaks would break the entry's
  // lines.
  const bool one_line = info.json.find_first_of("\r\n") == std::string::npos;
  return one_line ? "{\"commitInfo\":" + info.json + "}" : line_of("commitInfo", parsed);
}

// ---- reading
// -------------------------------------------------------------------------------------------

// The members of one action's object, with errors that say where.
class Fields {
 public:
  Fields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) throw Error(ErrorCode::Corrupt, where_ + " is not an object");
  }

  const std::string& where() const { return where_; }

  const Json* find(const char* name) const {
    const auto it = object_.find(name);
    return it == object_.end() || it->is_null() ? nullptr : &*it;
  }

  std::string text(const char* name) const {
    const Json& value = required(name);
    if (!value.is_string()) fail(name, "is not a string");
    return value.get<std::string>();
  }
  std::string text_or_empty(const char* name) const {
    return find(name) == nullptr ? std::string() : text(name);
  }

  std::int64_t integer(const char* name) const {
    const Json& value = required(name);
    if (!value.is_number_integer()) fail(name, "is not an integer");
    // The library reads what is not negative as unsigned, and would wrap it.
    if (value.is_number_unsigned() && value.get<std::uint64_t>() > kLargest)
      fail(name, "is too large");
    return value.get<std::int64_t>();
  }
  // A version of the protocol. One that does not fit is as unknown as any other that is new.
  int protocol_version(const char* name) const {
    return static_cast<int>(std::clamp<std::int64_t>(integer(name), 0, kUnknownVersion));
  }
  std::int64_t integer_or(const char* name, std::int64_t otherwise) const {
    return find(name) == nullptr ? otherwise : integer(name);
  }
  std::optional<std::int64_t> optional_integer(const char* name) const {
    return find(name) == nullptr ? std::nullopt : std::optional(integer(name));
  }

  bool boolean_or(const char* name, bool otherwise) const {
    const Json* value = find(name);
    if (value == nullptr) return otherwise;
    if (!value->is_boolean()) fail(name, "is not a boolean");
    return value->get<bool>();
  }

  std::vector<std::string> texts(const char* name) const {
    std::vector<std::string> list;
    const Json* value = find(name);
    if (value == nullptr) return list;
    if (!value->is_array()) fail(name, "is not a list");
    for (const auto& item : *value) {
      if (!item.is_string()) fail(name, "holds something that is not a string");
      list.push_back(item.get<std::string>());
    }
    return list;
  }

  // Members whose value is null are left out.
  std::map<std::string, std::string> text_map(const char* name) const {
    std::map<std::string, std::string> map;
    for (auto& [key, value] : nullable_map(name)) {
      if (value) map.emplace(key, std::move(*value));
    }
    return map;
  }

  PartitionValues partition_values() const {
    PartitionValues values = nullable_map("partitionValues");
    for (auto& [column, value] : values) {
      if (value && value->empty()) value.reset();
    }
    return values;
  }

 private:
  static constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();

  [[noreturn]] void fail(const char* name, const char* what) const {
    throw Error(ErrorCode::Corrupt, where_ + "." + name + " " + what);
  }

  const Json& required(const char* name) const {
    const Json* value = find(name);
    if (value == nullptr) fail(name, "is missing");
    return *value;
  }

  std::map<std::string, std::optional<std::string>> nullable_map(const char* name) const {
    std::map<std::string, std::optional<std::string>> map;
    const Json* object = find(name);
    if (object == nullptr) return map;
    if (!object->is_object()) fail(name, "is not an object");
    for (const auto& [key, value] : object->items()) {
      if (value.is_null()) {
        map.emplace(key, std::nullopt);
      } else if (value.is_string()) {
        map.emplace(key, value.get<std::string>());
      } else {
        fail(name, "holds something that is not a string");
      }
    }
    return map;
  }

  const Json& object_;
  std::string where_;
};

std::string data_path(const Fields& fields) {
  const std::string raw = fields.text("path");
  std::string path = uri_decode(raw);
  check_data_path(raw, path, fields.where());
  return path;
}

template <class File>
void read_tracking(const Fields& fields, File& file) {
  if (const Json* vector = fields.find("deletionVector")) {
    const Fields of(*vector, fields.where() + ".deletionVector");
    file.deletion_vector = DeletionVector{of.text("storageType"), of.text("pathOrInlineDv"),
                                          of.optional_integer("offset"), of.integer("sizeInBytes"),
                                          of.integer("cardinality")};
  }
  file.base_row_id = fields.optional_integer("baseRowId");
  file.default_row_commit_version = fields.optional_integer("defaultRowCommitVersion");
}

AddFile add_from(const Fields& fields) {
  AddFile add;
  add.path = data_path(fields);
  add.partition_values = fields.partition_values();
  add.size = fields.integer("size");
  add.modification_time_ms = fields.integer_or("modificationTime", 0);
  add.data_change = fields.boolean_or("dataChange", true);
  add.stats = fields.text_or_empty("stats");
  add.tags = fields.text_map("tags");
  read_tracking(fields, add);
  add.clustering_provider = fields.text_or_empty("clusteringProvider");
  return add;
}

RemoveFile remove_from(const Fields& fields) {
  RemoveFile remove;
  remove.path = data_path(fields);
  remove.deletion_timestamp_ms = fields.integer_or("deletionTimestamp", 0);
  remove.data_change = fields.boolean_or("dataChange", true);
  remove.partition_values = fields.partition_values();
  remove.size = fields.integer_or("size", 0);
  read_tracking(fields, remove);
  return remove;
}

Metadata metadata_from(const Fields& fields) {
  if (const Json* format = fields.find("format")) {
    const std::string provider = Fields(*format, fields.where() + ".format").text("provider");
    if (provider != "parquet")
      throw Error(ErrorCode::Unsupported,
                  fields.where() + ": data files of format '" + provider + "' are not supported");
  }
  Metadata metadata;
  metadata.id = fields.text("id");
  metadata.name = fields.text_or_empty("name");
  metadata.description = fields.text_or_empty("description");
  metadata.schema_string = fields.text("schemaString");
  metadata.partition_columns = fields.texts("partitionColumns");
  metadata.configuration = fields.text_map("configuration");
  metadata.created_time_ms = fields.integer_or("createdTime", 0);
  return metadata;
}

Protocol protocol_from(const Fields& fields) {
  Protocol protocol;
  protocol.min_reader_version = fields.protocol_version("minReaderVersion");
  protocol.min_writer_version = fields.protocol_version("minWriterVersion");
  protocol.reader_features = fields.texts("readerFeatures");
  protocol.writer_features = fields.texts("writerFeatures");
  return protocol;
}

Txn txn_from(const Fields& fields) {
  Txn txn;
  txn.app_id = fields.text("appId");
  txn.version = fields.integer("version");
  txn.last_updated_ms = fields.optional_integer("lastUpdated");
  return txn;
}

DomainMetadata domain_from(const Fields& fields) {
  return {fields.text("domain"), fields.text_or_empty("configuration"),
          fields.boolean_or("removed", false)};
}

// The text between {"commitInfo": and the last }, byte for byte where the line has just this shape.
CommitInfo commit_info_from(std::string_view line, const Json& object) {
  static constexpr std::string_view kStart = "{\"commitInfo\":{";
  if (object.size() == 1 && line.starts_with(kStart) && line.ends_with("}}")) {
    const auto text = line.substr(kStart.size() - 1, line.size() - kStart.size());
    if (Json::accept(text)) return {std::string(text)};  // not so when the member is there twice
  }
  return {OrderedJson::parse(line)["commitInfo"].dump()};
}

std::optional<Action> action_from(std::string_view line, const Json& object,
                                  const std::string& where) {
  // PROTOCOL.md#actions: exactly one member, named after the action. A null is the same as no
  // member.
  for (const auto& [name, body] : object.items()) {
    if (body.is_null()) continue;
    const auto fields = [&where, &name = name, &body = body] {
      return Fields(body, where + ": " + name);
    };
    if (name == "add") return add_from(fields());
    if (name == "remove") return remove_from(fields());
    if (name == "metaData") return metadata_from(fields());
    if (name == "protocol") return protocol_from(fields());
    if (name == "txn") return txn_from(fields());
    if (name == "domainMetadata") return domain_from(fields());
    if (name == "commitInfo" && body.is_object()) return commit_info_from(line, object);
  }
  return std::nullopt;
}

// Calls `use(line, object, where)` for each line that is not empty.
template <class Use>
void for_each_line(std::string_view text, const std::string& file, Use use) {
  if (text.empty()) throw Error(ErrorCode::Corrupt, file + " is empty");
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
      line.remove_suffix(1);
    if (line.empty()) continue;
    const std::string where = file + ": line " + std::to_string(number);
    if (nests_too_deep(line)) throw Error(ErrorCode::Corrupt, where + " nests too deep");
    const Json object = Json::parse(line, nullptr, false);
    if (object.is_discarded()) throw Error(ErrorCode::Corrupt, where + " is not valid JSON");
    if (!object.is_object()) throw Error(ErrorCode::Corrupt, where + " is not a JSON object");
    use(line, object, where);
  }
}

}  // namespace

std::string to_json_lines(const std::vector<Action>& actions) {
  std::string first;
  std::string others;
  for (const auto& action : actions) {
    std::string& lines = std::holds_alternative<CommitInfo>(action) ? first : others;
    lines += std::visit([](const auto& a) { return to_json(a); }, action);
    lines += '\n';
  }
  return first + others;
}

std::vector<Action> from_json_lines(std::string_view text, const std::string& file) {
  std::vector<Action> actions;
  for_each_line(text, file,
                [&](std::string_view line, const Json& object, const std::string& where) {
                  if (auto action = action_from(line, object, where))
                    actions.push_back(std::move(*action));
                });
  return actions;
}

std::vector<std::string> sidecars_from_json_lines(std::string_view text, const std::string& file) {
  std::vector<std::string> paths;
  for_each_line(text, file, [&](std::string_view, const Json& object, const std::string& where) {
    const auto sidecar = object.find("sidecar");
    if (sidecar == object.end() || sidecar->is_null()) return;
    paths.push_back(uri_decode(Fields(*sidecar, where + ": sidecar").text("path")));
  });
  return paths;
}

std::optional<std::int64_t> commit_time_ms(const std::vector<Action>& actions) {
  for (const auto& action : actions) {
    const auto* info = std::get_if<CommitInfo>(&action);
    if (info == nullptr) continue;
    const auto json = Json::parse(info->json, nullptr, false);
    if (!json.is_object()) continue;
    for (const char* name : {"inCommitTimestamp", "timestamp"}) {
      const auto it = json.find(name);
      if (it == json.end() || !it->is_number_integer()) continue;
      // Others say when in microseconds: it must fit there too.
      const auto time = it->get<std::int64_t>();
      if (time > -kLastTimeMs && time < kLastTimeMs) return time;
    }
  }
  return std::nullopt;
}

void check_data_path(std::string_view raw, std::string_view path, const std::string& where) {
  const auto fail = [&](ErrorCode code, const char* why) {
    throw Error(code, where + ": path '" + std::string(raw) + "' " + why);
  };
  if (path.empty() || path.find('\0') != std::string_view::npos)
    fail(ErrorCode::Corrupt, "names no file");
  // RFC 2396 section 3.1: a scheme is letters, digits, "+-." before the first ':'.
  const std::size_t colon = raw.find_first_of(":/?#%=");
  if (raw.front() == '/' || (colon != 0 && colon != std::string_view::npos && raw[colon] == ':'))
    fail(ErrorCode::Unsupported, "is absolute; only files below the table are supported");
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (path.substr(begin, end - begin) == "..") fail(ErrorCode::Corrupt, "leaves the table");
    begin = end + 1;
  }
}

}  // namespace pond::delta

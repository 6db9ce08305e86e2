#include "delta/features.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "delta/json_text.h"
#include "pond/error.h"

namespace pond::delta {
namespace {

using Json = nlohmann::json;

enum class Support {
  Full,
  WhileInactive,  // the table may list it as long as nothing in the table uses it
  None,
};

bool is_true(const Metadata& metadata, const std::string& key) {
  const auto it = metadata.configuration.find(key);
  return it != metadata.configuration.end() && it->second == "true";
}

bool has_key_with_prefix(const Metadata& metadata, std::string_view prefix) {
  const auto it = metadata.configuration.lower_bound(std::string(prefix));
  return it != metadata.configuration.end() && it->first.starts_with(prefix);
}

// Whether a column, at whatever depth, has this key in its metadata (PROTOCOL.md#column-metadata).
bool column_has(const Json& node, std::string_view key) {
  if (node.is_array())
    return std::any_of(node.begin(), node.end(), [&](const Json& n) { return column_has(n, key); });
  if (!node.is_object()) return false;
  for (const auto& [name, value] : node.items()) {
    if (name == "metadata") {
      if (value.is_object() && value.contains(key)) return true;
    } else if (column_has(value, key)) {
      return true;
    }
  }
  return false;
}

bool schema_has(const Metadata& metadata, std::string_view key) {
  if (metadata.schema_string.find(key) == std::string::npos) return false;
  if (nests_too_deep(metadata.schema_string))
    throw Error(ErrorCode::Corrupt, "the schema of table " + metadata.id + " nests too deep");
  return column_has(Json::parse(metadata.schema_string, nullptr, false), key);
}

bool column_mapping_active(const Metadata& metadata) {
  const auto it = metadata.configuration.find("delta.columnMapping.mode");
  return it != metadata.configuration.end() && it->second != "none";
}
bool invariants_active(const Metadata& m) {
  return schema_has(m, "delta.invariants");
}
bool constraints_active(const Metadata& m) {
  return has_key_with_prefix(m, "delta.constraints.");
}
bool change_data_active(const Metadata& m) {
  return is_true(m, "delta.enableChangeDataFeed");
}
bool generated_active(const Metadata& m) {
  return schema_has(m, "delta.generationExpression");
}
bool identity_active(const Metadata& m) {
  return schema_has(m, "delta.identity.start");
}
bool defaults_active(const Metadata& m) {
  return schema_has(m, "CURRENT_DEFAULT");
}
struct Feature {
  std::string_view name;
  int reader_version;  // the version that brought it before there were features; 0: features only
  int writer_version;
  Support read;
  Support write;
  bool (*active)(const Metadata&);  // set where the support is WhileInactive
};

using enum Support;

// To support one more feature, implement it and change its line. One that is not here is unknown.
constexpr Feature kFeatures[] = {
    {"appendOnly", 0, 2, Full, Full, nullptr},  // Table::commit refuses removals
    {"invariants", 0, 2, Full, WhileInactive, invariants_active},
    {"checkConstraints", 0, 3, Full, WhileInactive, constraints_active},
    {"changeDataFeed", 0, 4, Full, WhileInactive, change_data_active},
    {"generatedColumns", 0, 4, Full, WhileInactive, generated_active},
    {"columnMapping", 2, 5, Full, WhileInactive, column_mapping_active},
    {"identityColumns", 0, 6, Full, WhileInactive, identity_active},
    {"allowColumnDefaults", 0, 0, Full, WhileInactive, defaults_active},
    {"domainMetadata", 0, 0, Full, Full, nullptr},
    {"timestampNtz", 0, 0, Full, Full, nullptr},
    {"inCommitTimestamp", 0, 0, Full, Full, nullptr},  // Table::commit adds them
    {"deletionVectors", 0, 0, Full, Full, nullptr},    // never made, and kept in removals
    {"v2Checkpoint", 0, 0, Full, Full, nullptr},       // classic checkpoints stay allowed
    {"vacuumProtocolCheck", 0, 0, Full, Full, nullptr},
    {"typeWidening", 0, 0, None, None, nullptr},
    {"variantType", 0, 0, None, None, nullptr},
    {"catalogManaged", 0, 0, None, None, nullptr},
    // Readers need nothing of these; writers would have to keep row ids or a file layout.
    {"rowTracking", 0, 0, Full, None, nullptr},
    {"clustering", 0, 0, Full, None, nullptr},
};

const Feature* find_feature(std::string_view name) {
  const auto* it = std::find_if(std::begin(kFeatures), std::end(kFeatures),
                                [&](const Feature& f) { return f.name == name; });
  return it == std::end(kFeatures) ? nullptr : it;
}

void refuse(const std::string& table, std::string_view role, std::string_view feature) {
  throw Error(ErrorCode::Unsupported, "table " + table + ": " + std::string(role) + " feature '" +
                                          std::string(feature) + "' is not supported");
}

void refuse_version(const std::string& table, std::string_view role, int version) {
  throw Error(ErrorCode::Unsupported, "table " + table + ": " + std::string(role) + " version " +
                                          std::to_string(version) + " is not supported");
}

bool suffices(Support support, const Feature& feature, const Metadata& metadata) {
  return support == Full || (support == WhileInactive && !feature.active(metadata));
}

}  // namespace

void check_readable(const Protocol& protocol, const Metadata& metadata, const std::string& table) {
  const int version = protocol.min_reader_version;
  if (version < 1 || version > 3) refuse_version(table, "reader", version);
  if (version == 3) {
    for (const auto& name : protocol.reader_features) {
      const Feature* feature = find_feature(name);
      if (feature == nullptr || !suffices(feature->read, *feature, metadata))
        refuse(table, "reader", name);
    }
    return;
  }
  for (const auto& feature : kFeatures) {
    if (feature.reader_version == 0 || feature.reader_version > version) continue;
    if (!suffices(feature.read, feature, metadata)) refuse(table, "reader", feature.name);
  }
}

void check_writable(const Protocol& protocol, const Metadata& metadata, const std::string& table) {
  check_readable(protocol, metadata, table);
  const int version = protocol.min_writer_version;
  if (version < 1 || version > 7) refuse_version(table, "writer", version);
  if (version == 7) {
    for (const auto& name : protocol.writer_features) {
      const Feature* feature = find_feature(name);
      if (feature == nullptr || !suffices(feature->write, *feature, metadata))
        refuse(table, "writer", name);
    }
    return;
  }
  for (const auto& feature : kFeatures) {
    if (feature.writer_version == 0 || feature.writer_version > version) continue;
    if (!suffices(feature.write, feature, metadata)) refuse(table, "writer", feature.name);
  }
}

void check_checkpointable(const Protocol& protocol, const Metadata& metadata,
                          const std::string& table) {
  check_readable(protocol, metadata, table);
  const int version = protocol.min_writer_version;
  if (version < 1 || version > 7) refuse_version(table, "writer", version);
  if (version != 7) return;
  for (const auto& name : protocol.writer_features) {
    if (find_feature(name) == nullptr) refuse(table, "writer", name);
  }
}

bool has_in_commit_timestamps(const Metadata& metadata) {
  return is_true(metadata, "delta.enableInCommitTimestamps");
}

bool has_writer_feature(const Protocol& protocol, std::string_view name) {
  if (protocol.min_writer_version == 7) {
    return std::find(protocol.writer_features.begin(), protocol.writer_features.end(), name) !=
           protocol.writer_features.end();
  }
  const Feature* feature = find_feature(name);
  return feature != nullptr && feature->writer_version > 0 &&
         feature->writer_version <= protocol.min_writer_version;
}

}  // namespace pond::delta

#include "collect/hydrovu_series.h"

#include <arrow/api.h>
#include <arrow/util/key_value_metadata.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pond/error.h"
#include "pond/time.h"
#include "pond/tinylogfs.h"

namespace pond::collect::hydrovu {

namespace {

using nlohmann::json;

constexpr const char* kColumnsKey = "hydrovu.columns";

tinylogfs::OpLogFile& stored_file(const tinyfs::Node& node, const std::string& path) {
  tinylogfs::OpLogFile* file = tinylogfs::as_oplog_file(node);
  if (file == nullptr || file->info().kind != tinyfs::Kind::Series) {
    throw Error(ErrorCode::InvalidArgument, path + " is not a stored series",
                "move it away, or give the location another name");
  }
  return *file;
}

// The resume point that a version's attributes hold.
std::optional<std::int64_t> resume_of(const std::string& attributes) {
  const json document = json::parse(attributes, nullptr, false);
  if (!document.is_object()) return std::nullopt;
  const auto resume = document.find("hydrovu");
  if (resume == document.end() || !resume->is_object() || !resume->contains("resume")) {
    return std::nullopt;
  }
  return parse_time(resume->at("resume").get<std::string>());
}

std::string name_of(const std::map<std::string, std::string>& names, const std::string& id,
                    const char* what) {
  const auto found = names.find(id);
  return found != names.end() && !found->second.empty() ? found->second : what + id;
}

std::string number_text(std::optional<double> number) {
  return number ? json(*number).dump() : std::string();
}

}  // namespace

Series::Series(factory::RunContext& context, std::string path, Location location,
               const Names& names)
    : context_(context), path_(std::move(path)), location_(std::move(location)), names_(names) {
  read_state();
}

std::shared_ptr<tinyfs::Node> Series::find() const {
  const auto found = context_.fs.root().find(path_);
  return found ? found->node() : nullptr;
}

void Series::read_state() {
  const auto node = find();
  if (node == nullptr) return;
  const auto& file = stored_file(*node, path_);
  // Later versions know of earlier ones; those that others appended count by their times.
  for (const tinylogfs::VersionDetail& version : file.details()) {
    std::optional<std::int64_t> time = resume_of(version.attributes);
    if (!time && version.max_time_us && *version.max_time_us <= now_us() + kFuture_us) {
      time = version.max_time_us;
    }
    if (time) resume_us_ = std::max(resume_us_.value_or(*time), *time);
  }
  const auto schema = file.schema();
  if (schema == nullptr || schema->metadata() == nullptr) return;
  const auto text = schema->metadata()->Get(kColumnsKey);
  const json columns = json::parse(text.ok() ? *text : "", nullptr, false);
  if (!columns.is_object()) return;
  for (const auto& field : schema->fields()) {
    const auto found = columns.find(field->name());
    if (found == columns.end()) continue;
    const Column column{field->name(), found->value("parameter_id", ""),
                        found->value("parameter", ""), found->value("unit_id", ""),
                        found->value("unit", "")};
    by_ids_[{column.parameter_id, column.unit_id}] = static_cast<std::uint32_t>(columns_.size());
    columns_.push_back(column);
  }
}

std::uint32_t Series::column(const Quantity& quantity) {
  const auto ids = std::make_pair(quantity.parameter_id, quantity.unit_id);
  if (const auto found = by_ids_.find(ids); found != by_ids_.end()) return found->second;
  Column column;
  column.parameter_id = quantity.parameter_id;
  column.parameter = name_of(names_.parameters, quantity.parameter_id, "parameter");
  column.unit_id = quantity.unit_id;
  column.unit = name_of(names_.units, quantity.unit_id, "unit");
  column.name = column.parameter + "." + column.unit;
  // Another quantity may bear this name already: then the ids tell them apart.
  for (const Column& other : columns_) {
    if (other.name == column.name) {
      column.name += ".parameter" + column.parameter_id + ".unit" + column.unit_id;
      break;
    }
  }
  const auto index = static_cast<std::uint32_t>(columns_.size());
  columns_.push_back(column);
  by_ids_[ids] = index;
  return index;
}

std::string Series::metadata_of_columns() const {
  json columns = json::object();
  for (const Column& column : columns_) {
    columns[column.name] = {{"parameter_id", column.parameter_id},
                            {"parameter", column.parameter},
                            {"unit_id", column.unit_id},
                            {"unit", column.unit}};
  }
  return columns.dump();
}

std::uint64_t Series::store(std::vector<Reading>& readings, std::uint64_t limit,
                            std::int64_t now_us, factory::RunReport& report) {
  sort_and_unite(readings);
  std::vector<std::string> names;
  for (const Column& column : columns_)
    names.push_back(column.name);
  if (const auto node = find()) {
    subtract_stored(readings, names, stored_file(*node, path_), context_.session);
  }
  const Rows rows = count_rows(readings, limit);
  readings.resize(rows.readings);
  if (readings.empty()) return 0;

  std::optional<std::int64_t> resume = resume_us_;
  for (auto last = readings.rbegin(); last != readings.rend(); ++last) {
    if (last->time_us > now_us + kFuture_us) continue;
    resume = std::max(resume.value_or(last->time_us), last->time_us);
    break;
  }
  json attributes{{"hydrovu", {{"location", location_.id}}}};
  if (resume) attributes["hydrovu"]["resume"] = format_time(*resume);
  const auto metadata = arrow::key_value_metadata(
      {"hydrovu.location_id", "hydrovu.name", "hydrovu.description", "hydrovu.latitude",
       "hydrovu.longitude", kColumnsKey},
      {location_.id, location_.name, location_.description, number_text(location_.latitude),
       number_text(location_.longitude), metadata_of_columns()});
  const auto table = wide_table(readings, names, metadata);

  tinyfs::Transaction transaction = context_.fs.begin();
  tinyfs::WD root = context_.fs.root();
  if (!root.find(path_)) {
    root.create_directories(tinyfs::normalise_path(path_ + "/.."));
    root.create_file(path_, tinyfs::Kind::Series);
  }
  stored_file(*root.get(path_).node(), path_).append(*table, attributes.dump());
  if (transaction.commit({context_.command})) ++report.commits;
  report.rows += rows.rows;
  resume_us_ = resume;
  readings.clear();
  return rows.rows;
}

}  // namespace pond::collect::hydrovu

#include "collect/hydrovu_tables.h"

#include <arrow/api.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/arrow_result.h"
#include "base/sha256.h"
#include "pond/error.h"
#include "pond/tinylogfs.h"

namespace pond::collect::hydrovu {

namespace {

using nlohmann::json;

// A table as rows of JSON, which is what its hash is made of, and its columns.
struct Content {
  arrow::FieldVector fields;
  json rows = json::array();

  std::string hash() const {
    return Sha256::of(rows.dump(-1, ' ', false, json::error_handler_t::replace));
  }
};

constexpr const char* kWhat = "making a table of names";

std::shared_ptr<arrow::Array> make_column(const Content& content, std::size_t index) {
  if (content.fields[index]->type()->id() == arrow::Type::DOUBLE) {
    arrow::DoubleBuilder builder;
    for (const json& row : content.rows) {
      check(row[index].is_null() ? builder.AppendNull() : builder.Append(row[index].get<double>()),
            kWhat);
    }
    return unwrap(builder.Finish(), kWhat);
  }
  arrow::StringBuilder builder;
  for (const json& row : content.rows)
    check(builder.Append(row[index].get<std::string>()), kWhat);
  return unwrap(builder.Finish(), kWhat);
}

std::shared_ptr<arrow::Table> make_table(const Content& content) {
  arrow::ArrayVector columns;
  for (std::size_t i = 0; i < content.fields.size(); ++i)
    columns.push_back(make_column(content, i));
  return arrow::Table::Make(arrow::schema(content.fields), std::move(columns),
                            static_cast<std::int64_t>(content.rows.size()));
}

Content names_content(const std::map<std::string, std::string>& names) {
  Content content{{arrow::field("id", arrow::utf8()), arrow::field("name", arrow::utf8())}, {}};
  content.rows = json::array();
  for (const auto& [id, name] : names)
    content.rows.push_back({id, name});
  return content;
}

Content locations_content(std::vector<Location> locations) {
  Content content{
      {arrow::field("id", arrow::utf8()), arrow::field("name", arrow::utf8()),
       arrow::field("description", arrow::utf8()), arrow::field("latitude", arrow::float64()),
       arrow::field("longitude", arrow::float64())},
      {}};
  content.rows = json::array();
  std::sort(locations.begin(), locations.end(),
            [](const Location& a, const Location& b) { return a.id < b.id; });
  for (const Location& location : locations) {
    json row = json::array({location.id, location.name, location.description});
    row.push_back(location.latitude ? json(*location.latitude) : json());
    row.push_back(location.longitude ? json(*location.longitude) : json());
    content.rows.push_back(std::move(row));
  }
  return content;
}

std::string stored_hash(tinyfs::WD& root, const std::string& path) {
  const auto found = root.find(path);
  if (!found) return {};
  const tinylogfs::OpLogFile* file = tinylogfs::as_oplog_file(*found->node());
  if (file == nullptr || file->info().kind != tinyfs::Kind::Table) {
    throw Error(ErrorCode::InvalidArgument, path + " is not a stored table", "move it away");
  }
  const auto versions = file->details();
  if (versions.empty()) return {};
  const json attributes = json::parse(versions.back().attributes, nullptr, false);
  if (!attributes.is_object() || !attributes.contains("hydrovu")) return {};
  return attributes["hydrovu"].value("sha256", "");
}

}  // namespace

void store_tables(factory::RunContext& context, const std::string& pond_path, const Names& names,
                  std::vector<Location> locations, factory::RunReport& report) {
  const std::pair<const char*, Content> tables[] = {
      {"locations", locations_content(std::move(locations))},
      {"parameters", names_content(names.parameters)},
      {"units", names_content(names.units)},
  };
  tinyfs::WD root = context.fs.root();
  std::optional<tinyfs::Transaction> transaction;
  for (const auto& [name, content] : tables) {
    const std::string path = tinyfs::normalise_path(name, pond_path);
    const std::string hash = content.hash();
    if (stored_hash(root, path) == hash) continue;
    if (!transaction) {
      transaction.emplace(context.fs.begin());
      root = context.fs.root();
      root.create_directories(pond_path);
    }
    if (!root.find(path)) root.create_file(path, tinyfs::Kind::Table);
    tinylogfs::as_oplog_file(*root.get(path).node())
        ->append(*make_table(content), json{{"hydrovu", {{"sha256", hash}}}}.dump());
    report.lines.push_back(path + ": " + std::to_string(content.rows.size()) + " rows");
  }
  if (transaction && transaction->commit({context.command})) ++report.commits;
}

}  // namespace pond::collect::hydrovu

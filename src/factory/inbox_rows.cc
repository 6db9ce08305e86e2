#include "factory/inbox_rows.h"

#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>

#include "factory/input_files.h"
#include "pond/error.h"

namespace pond::factory {
namespace {

using query::quote_identifier;
using query::quote_literal;

constexpr const char* kFileTable = "pond_inbox_file";
constexpr const char* kNewTable = "pond_inbox_new";

// The columns of two schemas by name, NULL where `of` lacks one.
std::string aligned(const std::vector<std::string>& names, const arrow::Schema& of) {
  std::string columns;
  for (const auto& name : names) {
    columns += columns.empty() ? "" : ", ";
    if (of.GetFieldByName(name) == nullptr) columns += "NULL AS ";
    columns += quote_identifier(name);
  }
  return columns;
}

// The file's rows with its times in UTC, as a SELECT.
std::string file_sql(query::Session& session, const InboxConfig& config,
                     const std::string& relation, const std::string& shown) {
  const auto schema = columns_of(session, relation);
  const auto time = schema->GetFieldByName(config.time_column);
  if (time == nullptr || config.time_zone.empty()) {
    require_time_column(*schema, config.time_column, shown);
    const std::string column = quote_identifier(config.time_column);
    return "SELECT * REPLACE (" + column + "::TIMESTAMPTZ AS " + column + ") FROM " + relation;
  }
  if (time->type()->id() == arrow::Type::TIMESTAMP &&
      !static_cast<const arrow::TimestampType&>(*time->type()).timezone().empty())
    throw Error(ErrorCode::InvalidArgument,
                shown + ": the times of '" + config.time_column + "' say their offset from UTC",
                "take time_zone out of the inbox's configuration");
  std::vector<std::string> texts;
  for (const auto& field : schema->fields())
    if (field->name() != config.time_column && field->type()->id() == arrow::Type::STRING)
      texts.push_back(field->name());
  return zoned_sql(relation, config.time_column, config.time_zone, texts);
}

}  // namespace

std::string zoned_sql(const std::string& relation, const std::string& time_column,
                      const std::string& time_zone, const std::vector<std::string>& texts) {
  const std::string time = quote_identifier(time_column);
  const std::string zone = quote_literal(time_zone);
  // The time as if the clocks stood as they do a day before or after: both are right where an hour
  // comes twice, one everywhere else, none in an hour that is left out.
  const auto as_of = [&](const char* other_day) {
    const std::string there = "timezone(" + zone + ", pond_utc" + other_day + ")";
    return "make_timestamptz(epoch_us(pond_local) - (epoch_us(" + there + ") - epoch_us(pond_utc" +
           other_day + ")))";
  };
  std::string group = "pond_local";
  for (const auto& name : texts)
    group += ", " + quote_identifier(name);
  const std::string local = "SELECT *, " + time +
                            "::TIMESTAMP AS pond_local, row_number() OVER () "
                            "AS pond_row FROM " +
                            relation;
  const std::string guess =
      "SELECT *, timezone(" + zone + ", pond_local) AS pond_utc FROM (" + local + ")";
  const std::string both = "SELECT *, " + as_of(" - INTERVAL 1 DAY") + " AS pond_before, " +
                           as_of(" + INTERVAL 1 DAY") + " AS pond_after FROM (" + guess + ")";
  const std::string passes =
      "SELECT *, pond_before < pond_after AND timezone(" + zone +
      ", pond_before) = pond_local AND timezone(" + zone +
      ", pond_after) = pond_local AS pond_twice, row_number() OVER (PARTITION BY " + group +
      " ORDER BY pond_row) AS pond_pass FROM (" + both + ")";
  return "SELECT * EXCLUDE (pond_local, pond_row, pond_utc, pond_before, pond_after, pond_twice, "
         "pond_pass) REPLACE (CASE WHEN NOT pond_twice THEN pond_utc WHEN pond_pass = 1 THEN "
         "pond_before ELSE pond_after END AS " +
         time + ") FROM (" + passes + ") ORDER BY pond_row";
}

NewRows::NewRows(query::Session& session, const InboxConfig& config, const std::string& relation,
                 const std::string& shown, const tinylogfs::OpLogFile* stored)
    : session_(session) {
  const std::string time = quote_identifier(config.time_column);
  session.execute("CREATE OR REPLACE TEMP TABLE " + std::string(kFileTable) + " AS " +
                  file_sql(session, config, relation, shown));
  const auto file = columns_of(session, kFileTable);
  const auto known = stored == nullptr ? nullptr : stored->schema();
  std::vector<std::string> names = file->field_names();
  order_ = " ORDER BY " + time;
  std::string rows = "SELECT * FROM " + std::string(kFileTable);
  if (known != nullptr) {
    for (const auto& name : known->field_names())
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    for (const auto& name : names)
      if (name != config.time_column) order_ += ", " + quote_identifier(name);
    const std::string limits = "FROM " + std::string(kFileTable);
    rows = "SELECT " + aligned(names, *file) + " FROM " + kFileTable + " EXCEPT ALL SELECT " +
           aligned(names, *known) + " FROM " + session.relation(stored->segments()) + " WHERE " +
           time + " >= (SELECT min(" + time + ") " + limits + ") AND " + time + " <= (SELECT max(" +
           time + ") " + limits + ")";
  }
  session.execute("CREATE OR REPLACE TEMP TABLE " + std::string(kNewTable) + " AS " + rows);

  std::string counts = "SELECT count(*)::VARCHAR";
  for (const auto& name : names)
    counts += " || ',' || count(" + quote_identifier(name) + ")";
  const std::string found = query_texts(session, counts + " FROM " + kNewTable).at(0);
  count_ = std::stoull(found);
  std::size_t at = 0;
  for (const auto& name : names) {
    at = found.find(',', at) + 1;
    if (name != config.time_column && found.compare(at, 2, "0,") != 0 && found.substr(at) != "0")
      columns_ += ", " + quote_identifier(name);
  }
  columns_ = time + columns_;
}

NewRows::~NewRows() {
  for (const char* table : {kFileTable, kNewTable}) {
    try {
      session_.execute(std::string("DROP TABLE IF EXISTS ") + table);
    } catch (const Error&) {
      // It goes with the session then.
    }
  }
}

std::shared_ptr<arrow::RecordBatchReader> NewRows::read() {
  return session_.query("SELECT " + columns_ + " FROM " + kNewTable + order_);
}

}  // namespace pond::factory

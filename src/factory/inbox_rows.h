// The rows of a host file that a series does not have yet.
#pragma once

#include <cstdint>
#include <string>

#include "factory/inbox_config.h"
#include "pond/query.h"
#include "pond/tinylogfs.h"

namespace pond::factory {

// Those rows, in a temporary table of a session until this goes.
class NewRows {
 public:
  // Reads `relation`, the file, and keeps what `stored` (null: nothing yet) lacks. Equal rows
  // count: of a row that the file has three times and the series once, two are new. InvalidArgument
  // when the file has no time column, naming it `shown`.
  NewRows(query::Session& session, const InboxConfig& config, const std::string& relation,
          const std::string& shown, const tinylogfs::OpLogFile* stored);
  ~NewRows();
  NewRows(const NewRows&) = delete;
  NewRows& operator=(const NewRows&) = delete;

  std::uint64_t count() const { return count_; }
  // In order of time; without columns that have nothing but nulls, which need not be stored.
  std::shared_ptr<arrow::RecordBatchReader> read();

 private:
  query::Session& session_;
  std::string order_;
  std::string columns_;
  std::uint64_t count_ = 0;
};

// The rows of `relation` with `time_column`, local time of a zone, turned into UTC. Where the
// clocks are put back, an hour comes twice: of rows that agree in all their texts (a row of a long
// form names its instrument and quantity), the first one of such a time is in the first pass, and
// further ones are in the second.
std::string zoned_sql(const std::string& relation, const std::string& time_column,
                      const std::string& time_zone, const std::vector<std::string>& texts);

}  // namespace pond::factory

#include "collect/readings.h"

#include <arrow/api.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/arrow_result.h"
#include "pond/query.h"
#include "pond/time.h"
#include "pond/tinylogfs.h"

namespace pond::collect {

namespace {

bool earlier(const Reading& a, const Reading& b) {
  return std::tie(a.time_us, a.column) < std::tie(b.time_us, b.column);
}

bool same_place(const Reading& a, const Reading& b) {
  return a.time_us == b.time_us && a.column == b.column;
}

// Calls `each(row, first, last)` for every row in turn: with one of the readings' positions a
// column. Returns the number of rows made and the readings in them, both within `limit` rows.
template <class Each>
Rows for_each_row(const std::vector<Reading>& readings, std::uint64_t limit, const Each& each) {
  Rows made;
  std::size_t begin = 0;
  while (begin < readings.size()) {
    std::size_t end = begin;
    std::size_t rows = 0;  // of this time: the most values that a column has
    for (std::size_t run = begin;
         end < readings.size() && readings[end].time_us == readings[begin].time_us; ++end) {
      if (!same_place(readings[run], readings[end])) run = end;
      rows = std::max(rows, end - run + 1);
    }
    if (made.rows + rows > limit && made.rows > 0) break;
    for (std::size_t i = begin, run = begin; i < end; ++i) {
      if (!same_place(readings[run], readings[i])) run = i;
      each(made.rows + (i - run), readings[i]);
    }
    made.rows += rows;
    made.readings = begin = end;
  }
  return made;
}

// The readings of a stored batch (columns: the time in µs, then `positions[i]` in column i + 1).
void append_stored(const arrow::RecordBatch& batch, const std::vector<std::uint32_t>& positions,
                   std::vector<Reading>& out) {
  const auto& times = static_cast<const arrow::Int64Array&>(*batch.column(0));
  for (std::size_t c = 0; c < positions.size(); ++c) {
    const auto& values =
        static_cast<const arrow::DoubleArray&>(*batch.column(static_cast<int>(c) + 1));
    for (std::int64_t i = 0; i < batch.num_rows(); ++i) {
      if (!values.IsNull(i)) out.push_back({times.Value(i), positions[c], values.Value(i)});
    }
  }
}

}  // namespace

void sort_and_unite(std::vector<Reading>& readings) {
  if (!std::is_sorted(readings.begin(), readings.end(), earlier)) {
    std::stable_sort(readings.begin(), readings.end(), earlier);
  }
  auto kept = readings.begin();
  auto run = readings.begin();  // the first kept one of this time and column
  for (const Reading& reading : readings) {
    if (run != kept && !same_place(*run, reading)) run = kept;
    if (std::find(run, kept, reading) == kept) *kept++ = reading;
  }
  readings.erase(kept, readings.end());
}

void subtract_stored(std::vector<Reading>& readings, const std::vector<std::string>& columns,
                     const tinylogfs::OpLogFile& series, query::Session& session) {
  const auto schema = series.schema();
  if (readings.empty() || schema == nullptr) return;
  const std::int64_t first = readings.front().time_us;
  const std::int64_t last = readings.back().time_us;
  auto segments = series.segments();
  std::erase_if(segments, [&](const tinylogfs::Segment& segment) {
    return segment.max_time_us.value_or(last) < first || segment.min_time_us.value_or(first) > last;
  });
  std::vector<std::uint32_t> positions;
  std::string selected;
  for (std::uint32_t i = 0; i < columns.size(); ++i) {
    if (schema->GetFieldIndex(columns[i]) < 0) continue;
    positions.push_back(i);
    selected += ", CAST(" + query::quote_identifier(columns[i]) + " AS DOUBLE)";
  }
  if (segments.empty() || positions.empty()) return;

  const std::string time = query::quote_identifier(series.time_column());
  const auto literal = [](std::int64_t time_us) {
    return "TIMESTAMPTZ " + query::quote_literal(format_time(time_us));
  };
  const auto reader = session.query("SELECT epoch_us(" + time + ")" + selected + " FROM " +
                                    session.relation(segments) + " WHERE " + time + " BETWEEN " +
                                    literal(first) + " AND " + literal(last));
  std::vector<bool> stored(readings.size(), false);
  std::vector<Reading> found;
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    check(reader->ReadNext(&batch), "reading what is stored", ErrorCode::Io);
    if (batch == nullptr) break;
    found.clear();
    append_stored(*batch, positions, found);
    for (const Reading& reading : found) {
      const auto [from, to] = std::equal_range(readings.begin(), readings.end(), reading, earlier);
      const auto at = std::find(from, to, reading);
      if (at != to) stored[static_cast<std::size_t>(at - readings.begin())] = true;
    }
  }
  std::size_t i = 0;
  std::erase_if(readings, [&](const Reading&) { return stored[i++]; });
}

Rows count_rows(const std::vector<Reading>& readings, std::uint64_t limit) {
  return for_each_row(readings, limit, [](std::uint64_t, const Reading&) {});
}

std::shared_ptr<arrow::Table> wide_table(
    const std::vector<Reading>& readings, const std::vector<std::string>& columns,
    const std::shared_ptr<const arrow::KeyValueMetadata>& metadata) {
  const std::uint64_t rows = count_rows(readings, UINT64_MAX).rows;
  std::vector<std::int64_t> times(rows);
  struct Column {
    std::vector<double> values;
    std::vector<std::uint8_t> valid;
  };
  std::vector<Column> wide(columns.size());
  for_each_row(readings, UINT64_MAX, [&](std::uint64_t row, const Reading& reading) {
    Column& column = wide[reading.column];
    if (column.values.empty()) {
      column.values.resize(rows);
      column.valid.resize(rows);
    }
    times[row] = reading.time_us;
    column.values[row] = reading.value;
    column.valid[row] = 1;
  });

  const std::string what = "making a table of readings";
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  const auto time_type = arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
  arrow::TimestampBuilder time_builder(time_type, arrow::default_memory_pool());
  check(time_builder.AppendValues(times), what);
  fields.push_back(arrow::field("timestamp", time_type, false));
  arrays.push_back(unwrap(time_builder.Finish(), what));
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (wide[c].values.empty()) continue;
    arrow::DoubleBuilder builder;
    check(builder.AppendValues(wide[c].values.data(), static_cast<std::int64_t>(rows),
                               wide[c].valid.data()),
          what);
    fields.push_back(arrow::field(columns[c], arrow::float64()));
    arrays.push_back(unwrap(builder.Finish(), what));
  }
  return arrow::Table::Make(arrow::schema(std::move(fields), metadata), std::move(arrays),
                            static_cast<std::int64_t>(rows));
}

}  // namespace pond::collect
